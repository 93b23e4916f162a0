/** Who and what the ids in messages stand for, as one server has them. */

const ADMINISTRATOR = 1n << 3n;
export const MANAGE_GUILD = 1n << 5n;
export const MANAGE_ROLES = 1n << 28n;

export class Directory {
  #everybody;
  #channels;

  /** `guildId` is of the server that is looked at, `seen` are the channels that the member sees. */
  constructor(world, guildId, seen) {
    this.bot = world.bot;
    this.guilds = world.guilds;
    this.guild = world.guilds.find((one) => one.id === guildId) ?? world.guilds[0];
    this.hasBot = this.guild.has_bot;
    this.#everybody = [...world.members.map((member) => member.user), this.bot];
    this.#channels = world.channels;
    this.members = this.guild.members
      .filter((member) => member.user_id !== this.bot.id)
      .map((member) => ({ ...member, user: this.user(member.user_id) }));
    this.channels = seen.filter((channel) => channel.guild_id === this.guild.id);
    this.textChannels = this.channels.filter((channel) => channel.type === 0);
  }

  /** Those who can be named in the server. */
  get users() {
    return [...this.members.map((member) => member.user), ...(this.hasBot ? [this.bot] : [])];
  }

  user(id) {
    return this.#everybody.find((user) => user.id === id);
  }

  /** From the highest down, with @everyone at the end. */
  get roles() {
    return this.guild.roles.toSorted((a, b) => b.position - a.position);
  }

  role(id) {
    return this.guild.roles.find((role) => role.id === id);
  }

  rolesOf(userId) {
    const { roles } = this.guild.members.find((member) => member.user_id === userId) ?? { roles: [] };
    return this.roles.filter((role) => roles.includes(role.id));
  }

  /** Whether a member may do it in the server as a whole. */
  may(userId, permission) {
    if (userId === this.guild.owner_id) return true;
    const roles = [...this.rolesOf(userId), this.role(this.guild.id)];
    return roles.some((role) => BigInt(role.permissions) & (permission | ADMINISTRATOR));
  }

  textChannel(id) {
    return this.#channels.find((channel) => channel.id === id);
  }

  channelsOf(guildId) {
    return this.#channels.filter((channel) => channel.guild_id === guildId);
  }

  /** `#paintings`, or for direct messages the name of the bot. */
  title(channel) {
    return channel.type === 0 ? `#${channel.name}` : `@${nameOf(this.bot)}`;
  }
}

export function nameOf(user) {
  return user.global_name ?? user.username;
}
