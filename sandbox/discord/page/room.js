/** One member in one channel: what can be seen and done there. */

import { COMMAND, COMPONENT, InteractionFailed, MODAL_SUBMIT } from "./interactions.js";

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

  say(content) {
    return this.#api.say(this.channel.id, content);
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
    const body = { type: COMMAND, data: { name: command.name, options } };
    const modal = await this.#interactions.send(this.channel.id, body);
    if (modal) this.#onModal(modal);
  }

  complete(command, options) {
    return this.#interactions.complete(this.channel.id, { name: command.name, options });
  }

  submit(modal, components) {
    const data = { custom_id: modal.custom_id, components };
    return this.#interactions.send(modal.channel_id, { type: MODAL_SUBMIT, data });
  }

  /** Uses a button or a select; how that goes is seen in `pressOn`. */
  async press(message, component, values) {
    this.#setPress(message, { customId: component.custom_id, failure: null });
    const data = { custom_id: component.custom_id, component_type: component.type, values };
    const body = { type: COMPONENT, message_id: message.id, data };
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
