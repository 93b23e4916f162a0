/** The messages of the open channel, oldest first, kept as the events say. */

import { h } from "./dom.js";
import { intro } from "./intro.js";
import { isGrouped, renderMessage, startsDay } from "./message.js";
import { changedReactions } from "./reactions.js";
import { Scroll } from "./scroll.js";
import { compareIds } from "./snowflake.js";

const PAGE = 50;

export class MessageLog {
  #element;
  #list = h("div", { class: "messages" });
  #head = h("div", { class: "log-head" });
  #scroll;
  #room = null;
  #entries = [];
  #waiting = null;
  #hasOlder = false;
  #onCount;

  /** `onCount` is called with how many messages there are. */
  constructor(element, jump, { onCount }) {
    this.#element = element;
    this.#onCount = onCount;
    const content = h("div", { class: "log-content" }, this.#head, this.#list);
    element.append(content);
    this.#scroll = new Scroll(element, content, jump, { onTop: () => this.#loadOlder() });
  }

  /** What is shown stays, and nothing on it can be pressed until a room is opened. */
  close() {
    this.#element.inert = true;
  }

  /** Shows a room's newest messages. Events that come meanwhile are not lost. */
  async open(room) {
    const sameChannel = this.#room?.channel.id === room.channel.id;
    this.#room = room;
    this.#waiting = [];
    this.#element.inert = false;
    this.#element.setAttribute("aria-busy", "true");
    this.#element.setAttribute("aria-label", `Messages in ${room.title}`);
    if (!sameChannel) this.#show([]);
    const messages = await room.messages({ limit: PAGE });
    if (this.#room !== room) return;
    this.#hasOlder = messages.length === PAGE;
    this.#show(messages);
    this.#scroll.toBottom();
    const waited = this.#waiting;
    this.#waiting = null;
    for (const event of waited) this.take(event);
    this.#element.removeAttribute("aria-busy");
  }

  take(event) {
    if (this.#waiting) {
      this.#waiting.push(event);
      return;
    }
    const { t: type, d: data } = event;
    if (type === "MESSAGE_CREATE") this.#put(data);
    else if (type === "MESSAGE_UPDATE") this.#change(data.id, () => data);
    else if (type === "MESSAGE_DELETE") this.#remove(data.id);
    else this.#change(data.message_id, (message) => this.#withReaction(message, event));
  }

  /** Draws a message anew, as when something on it was pressed. */
  refresh(id) {
    this.#change(id, (message) => message);
  }

  #withReaction(message, event) {
    const isMine = event.d.user_id === this.#room.me.id;
    return { ...message, reactions: changedReactions(message.reactions, event, isMine) };
  }

  #show(messages) {
    this.#entries = messages.map((message) => this.#entry(message));
    this.#list.replaceChildren(...this.#entries.map((entry) => entry.element));
    this.#entries.forEach((_, index) => this.#arrange(index));
    this.#showHead();
  }

  #showHead() {
    this.#head.replaceChildren(...(this.#hasOlder ? [] : [intro(this.#room, this.#entries.length === 0)]));
    this.#onCount(this.#entries.length);
  }

  #put(message) {
    if (this.#find(message.id) >= 0) {
      this.#change(message.id, () => message);
      return;
    }
    const after = this.#entries.findIndex((entry) => compareIds(entry.message.id, message.id) > 0);
    const index = after < 0 ? this.#entries.length : after;
    const entry = this.#entry(message);
    this.#entries.splice(index, 0, entry);
    this.#list.insertBefore(entry.element, this.#list.children[index] ?? null);
    this.#arrange(index);
    this.#arrange(index + 1);
    this.#showHead();
    this.#scroll.added({ mine: isFrom(message, this.#room.me) });
  }

  #change(id, changed) {
    const index = this.#find(id);
    if (index < 0) return;
    const old = this.#entries[index];
    const focused = old.element.contains(document.activeElement)
      ? document.activeElement.dataset.customId
      : null;
    const entry = this.#entry(changed(old.message));
    this.#entries[index] = entry;
    old.element.replaceWith(entry.element);
    this.#arrange(index);
    // Whoever works by keyboard stays on the button that was pressed.
    if (focused)
      entry.element.querySelector(`[data-custom-id="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    this.#scroll.settle();
  }

  #remove(id) {
    const index = this.#find(id);
    if (index < 0) return;
    this.#entries[index].element.remove();
    this.#entries.splice(index, 1);
    this.#arrange(index);
    this.#showHead();
    this.#scroll.settle();
  }

  async #loadOlder() {
    if (!this.#hasOlder || this.#waiting) return;
    const room = this.#room;
    this.#hasOlder = false;
    const older = await room.messages({ limit: PAGE, before: this.#entries[0]?.message.id });
    if (this.#room !== room) return;
    this.#hasOlder = older.length === PAGE;
    const entries = older.map((message) => this.#entry(message));
    this.#scroll.keep(() => {
      this.#list.prepend(...entries.map((entry) => entry.element));
      this.#entries.unshift(...entries);
      for (let index = 0; index <= entries.length; index += 1) this.#arrange(index);
      this.#showHead();
    });
  }

  #entry(message) {
    return { message, element: renderMessage(message, this.#room) };
  }

  #find(id) {
    return this.#entries.findIndex((entry) => entry.message.id === id);
  }

  /** Decides what the message at `index` shows of its author and day, which depends on the one above. */
  #arrange(index) {
    const entry = this.#entries[index];
    if (entry === undefined) return;
    const previous = this.#entries[index - 1]?.message ?? null;
    entry.element.classList.toggle("grouped", isGrouped(previous, entry.message));
    entry.element.classList.toggle("new-day", startsDay(previous, entry.message));
  }
}

/** Whether the member wrote it, or asked for it by a command or a press. */
function isFrom({ author, interaction_metadata: asked }, me) {
  return (asked?.user ?? author).id === me.id;
}
