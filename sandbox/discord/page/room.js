/** One member in one channel: what can be seen and done there. */

import { dataOf, readMessageCommands } from "./commands.js";
import { COMMAND, COMPONENT, InteractionFailed, MODAL_SUBMIT } from "./interactions.js";
import { ATTACHMENT } from "./options.js";

export class Room {
  #api;
  #interactions;
  #presses = new Map();
  #onPress;
  #onModal;
  #onProblem;

  /** `onPress` is called with a message's id when something on it was pressed or answered. */
  constructor({ directory, me, channel, api, interactions, onPress, onModal, onProblem }) {
    this.directory = directory;
    this.me = me;
    this.channel = channel;
    this.#api = api;
    this.#interactions = interactions;
    this.#onPress = onPress;
    this.#onModal = onModal;
    this.#onProblem = onProblem;
  }

  get title() {
    return this.directory.title(this.channel);
  }

  mayRemove(message) {
    return this.channel.can_manage_messages || message.author.id === this.me.id || isEphemeral(message);
  }

  messages(page) {
    return this.#api.messages(this.channel.id, page);
  }

  commands() {
    return this.#api.commands(this.channel.id);
  }

  async messageCommands() {
    return readMessageCommands(await this.commands());
  }

  async say(content, files) {
    return this.#api.say(this.channel.id, content, await this.#api.upload(this.channel.id, files));
  }

  async remove(message) {
    await this.#api.remove(message).catch((error) => this.#onProblem(error.message));
  }

  async toggleReaction(message, emoji) {
    const own = message.reactions?.some((one) => one.me && sameEmoji(one.emoji, emoji));
    const toggled = own ? this.#api.unreact(message, emoji) : this.#api.react(message, emoji);
    await toggled.catch((error) => this.#onProblem(error.message));
  }

  async use(command, options) {
    const files = options.filter((one) => one.type === ATTACHMENT).map((one) => one.value);
    const named = options.map((one) => (one.type === ATTACHMENT ? { ...one, value: files.indexOf(one.value) } : one));
    const attachments = await this.#api.upload(this.channel.id, files);
    const body = { type: COMMAND, data: { ...dataOf(command, named), attachments } };
    const modal = await this.#interactions.send(this.channel.id, body);
    if (modal) this.#onModal(modal);
  }

  complete(command, options) {
    return this.#interactions.complete(this.channel.id, dataOf(command, options));
  }

  /** `files` are those that the components name by their places. */
  async submit(modal, components, files) {
    const attachments = await this.#api.upload(modal.channel_id, files);
    const data = { custom_id: modal.custom_id, components, attachments };
    return this.#interactions.send(modal.channel_id, { type: MODAL_SUBMIT, data });
  }

  /** Uses a command from the menu of a message; how that goes is seen in `pressOn`. */
  async useOn(message, command) {
    const data = { type: command.type, name: command.name, target_id: message.id };
    await this.#wait(message, { type: COMMAND, data }, null);
  }

  /** Uses a button or a select; how that goes is seen in `pressOn`. */
  async press(message, component, values) {
    const data = { custom_id: component.custom_id, component_type: component.type, values };
    await this.#wait(message, { type: COMPONENT, message_id: message.id, data }, component.custom_id);
  }

  async #wait(message, body, customId) {
    this.#setPress(message, { customId, failure: null });
    try {
      const modal = await this.#interactions.send(this.channel.id, body);
      this.#setPress(message, null);
      if (modal) this.#onModal(modal);
    } catch (error) {
      const text = error instanceof InteractionFailed ? "This interaction failed" : error.message;
      this.#setPress(message, { customId: null, failure: text });
    }
  }

  /** `{customId, failure}` of what was pressed last, if it waits for the bot or failed. */
  pressOn(message) {
    return this.#presses.get(message.id) ?? { customId: null, failure: null };
  }

  #setPress(message, press) {
    if (press === null) this.#presses.delete(message.id);
    else this.#presses.set(message.id, press);
    this.#onPress(message.id);
  }
}

export function isEphemeral(message) {
  return Boolean(message.flags & (1 << 6));
}

export function sameEmoji(a, b) {
  return a.id || b.id ? a.id === b.id : a.name === b.name;
}
