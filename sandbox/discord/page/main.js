/** The page: a member and a channel, both named in its address (`#member/channel`), and what goes on. */

import { MemberApi, fetchWorld } from "./api.js";
import { Composer } from "./composer.js";
import { Directory, nameOf } from "./directory.js";
import { Interactions } from "./interactions.js";
import { MessageLog } from "./log.js";
import { openModal } from "./modal.js";
import { Room } from "./room.js";
import { Sidebar } from "./sidebar.js";
import { Stream } from "./stream.js";
import { keepCurrent } from "./timestamps.js";
import { Welcome } from "./welcome.js";

const find = (selector) => document.querySelector(selector);

class Page {
  #world;
  #directory;
  #me = null;
  #api = null;
  #interactions = null;
  #stream = null;
  #channels = [];
  #room = null;
  #unread = new Map();
  #botOnline = false;
  #log = new MessageLog(find(".log"), find(".jump"), {
    onCount: (count) => this.#welcome.show(this.#world.welcome, this.#room, count),
  });
  #composer = new Composer(find(".composer"));
  #welcome = new Welcome(find(".welcome"), {
    onPrompt: (prompt) => this.#composer.use(`/imagine prompt: ${prompt}`),
  });
  #sidebar = new Sidebar({
    element: find(".sidebar"),
    toggle: find(".menu"),
    backdrop: find(".backdrop"),
    onGo: (hash) => this.#go(hash),
  });

  constructor(world) {
    this.#world = world;
    this.#directory = new Directory(world, null, []);
    addEventListener("hashchange", () => this.follow());
    keepCurrent(find(".log"));
  }

  /** At once: the event comes later, and keys that are pressed meanwhile would be for the former channel. */
  #go(hash) {
    location.hash = hash;
    this.follow();
  }

  /** Goes where the address says. */
  follow() {
    const { members } = this.#world;
    const [memberId] = location.hash.slice(1).split("/");
    const { user } = members.find((member) => member.user.id === memberId) ?? members[0];
    if (user.id !== this.#me?.id) this.#become(user);
    else this.#openChannel();
  }

  #become(user) {
    this.#stream?.close();
    // Until a channel is open for them, whatever is done would be done by whoever was looked at before.
    this.#log.close();
    this.#composer.close();
    this.#me = user;
    this.#channels = [];
    this.#unread.clear();
    this.#api = new MemberApi(user.id);
    this.#interactions = new Interactions(this.#api);
    this.#stream = new Stream(this.#api.eventsUrl, {
      onEvent: (event) => this.#take(event),
      onLost: () => (find(".banner").hidden = false),
    });
  }

  #take(event) {
    const { t: type, d: data } = event;
    if (type === "READY") this.#ready(data);
    else if (type === "BOT_PRESENCE") this.#showPresence(data.online);
    else if (type === "COMMANDS_UPDATE") this.#composer.loadCommands();
    else if (type === "WORLD_UPDATE") this.#lookAgain();
    else if (type.startsWith("INTERACTION_")) this.#interactions.take(type, data);
    else if (data.channel_id === this.#room?.channel.id) this.#log.take(event);
    else if (type === "MESSAGE_CREATE") this.#countUnread(data);
  }

  /** A stream has begun, or begun anew: whatever was missed is asked for. */
  #ready({ bot_online: botOnline }) {
    find(".banner").hidden = true;
    this.#botOnline = botOnline;
    return this.#lookAgain();
  }

  /** Servers, their roles and channels, or who is in them may be others now. */
  async #lookAgain() {
    const api = this.#api;
    const [world, channels] = await Promise.all([fetchWorld(), api.channels()]);
    if (this.#api !== api) return;
    this.#world = world;
    this.#channels = channels;
    this.#openChannel({ again: true });
  }

  #openChannel({ again = false } = {}) {
    const id = location.hash.split("/")[1];
    const here = this.#channels.find((one) => one.guild_id === this.#directory.guild.id);
    const channel = this.#channels.find((one) => one.id === id) ?? here ?? this.#channels[0];
    if (!channel || (!again && channel.id === this.#room?.channel.id)) return;
    // Direct messages are read beside the server that was open, if they are whose it is.
    const guildId = channel.guild_id ?? this.#guildBeside();
    this.#directory = new Directory(this.#world, guildId, this.#channels);
    history.replaceState(null, "", `#${this.#me.id}/${channel.id}`);
    this.#room = new Room({
      directory: this.#directory,
      me: this.#me,
      channel,
      api: this.#api,
      interactions: this.#interactions,
      onPress: (messageId) => this.#log.refresh(messageId),
      onModal: (modal) => openModal(modal, this.#room),
      onProblem: (text) => this.#composer.tell(text),
    });
    this.#unread.delete(channel.id);
    this.#show();
    this.#log.open(this.#room);
    this.#composer.open(this.#room);
  }

  #guildBeside() {
    const mine = this.#world.guilds.filter((guild) => guild.members.some((one) => one.user_id === this.#me.id));
    return (mine.find((guild) => guild.id === this.#directory.guild.id) ?? mine[0])?.id;
  }

  /** What the member does to the server that is open. */
  get #manage() {
    const { id } = this.#directory.guild;
    const told = (call) => call.catch((error) => this.#composer.tell(error.message));
    return {
      inviteBot: () => told(this.#api.inviteBot(id)),
      removeBot: () => told(this.#api.removeBot(id)),
      giveRole: (userId, roleId) => told(this.#api.giveRole(id, userId, roleId)),
      takeRole: (userId, roleId) => told(this.#api.takeRole(id, userId, roleId)),
    };
  }

  #countUnread(message) {
    if (message.author.id === this.#me.id) return;
    this.#unread.set(message.channel_id, (this.#unread.get(message.channel_id) ?? 0) + 1);
    this.#show();
  }

  #showPresence(online) {
    this.#botOnline = online;
    this.#show();
  }

  #show() {
    // What comes before the first channel is open is shown with it.
    if (!this.#room) return;
    const { channel, title } = this.#room;
    const unread = [...this.#unread.values()].reduce((sum, count) => sum + count, 0);
    document.title = `${unread ? `(${unread}) ` : ""}${title} · ${this.#directory.guild.name}`;
    find(".channel-header").dataset.kind = channel.type === 0 ? "text" : "direct";
    find(".channel-title").textContent = channel.type === 0 ? channel.name : nameOf(this.#directory.bot);
    find(".topic").textContent = channel.topic ?? "";
    find(".bot-status").classList.toggle("online", this.#botOnline);
    find(".bot-status span").textContent =
      `${nameOf(this.#directory.bot)} is ${this.#botOnline ? "online" : "offline"}`;
    this.#sidebar.show({
      directory: this.#directory,
      channels: this.#channels,
      open: channel,
      me: this.#me,
      unread: this.#unread,
      botOnline: this.#botOnline,
      manage: this.#manage,
    });
  }
}

new Page(await fetchWorld()).follow();
