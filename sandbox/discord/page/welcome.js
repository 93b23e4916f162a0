/** A first evening: who paints here, and prompts to click, as long as the channel has few messages. */

import { h, icon } from "./dom.js";

const MESSAGES_MAX = 4;

export class Welcome {
  #element;
  #onPrompt;

  constructor(element, { onPrompt }) {
    this.#element = element;
    this.#onPrompt = onPrompt;
  }

  /** `welcome` is `{note, prompts}`, or null where nothing is to be shown. */
  show(welcome, { channel, directory }, count) {
    const isShown = welcome && channel.can_use_commands && directory.hasBot && count < MESSAGES_MAX;
    this.#element.hidden = !isShown;
    if (!isShown || this.#element.childElementCount) return;
    const chips = welcome.prompts.map((prompt) =>
      h("button", { type: "button", class: "chip", onclick: () => this.#onPrompt(prompt) }, icon("brush"), prompt),
    );
    this.#element.append(h("div", { class: "chips" }, chips), h("p", {}, welcome.note));
  }
}
