/** Who and what the ids in messages stand for. */

export class Directory {
  constructor(world) {
    this.bot = world.bot;
    this.guild = world.guild;
    this.members = world.members;
    this.textChannels = world.channels.filter((channel) => channel.type === 0);
  }

  get users() {
    return [...this.members.map((member) => member.user), this.bot];
  }

  user(id) {
    return this.users.find((user) => user.id === id);
  }

  textChannel(id) {
    return this.textChannels.find((channel) => channel.id === id);
  }

  /** `#paintings`, or for direct messages the name of the bot. */
  title(channel) {
    return channel.type === 0 ? `#${channel.name}` : `@${nameOf(this.bot)}`;
  }
}

export function nameOf(user) {
  return user.global_name ?? user.username;
}
