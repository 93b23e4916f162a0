/** The values that can be picked for an option. */

import { nameOf } from "./directory.js";
import { ATTACHMENT, BOOLEAN, CHANNEL, USER, readValue } from "./options.js";

const DEBOUNCE_MILLISECONDS = 250;

export class Proposals {
  #room;
  #onAnswer;
  #answers = new Map();
  #timer = null;

  /** `onAnswer` is called when the bot has proposed something. */
  constructor(room, files, onAnswer) {
    this.#room = room;
    this.#onAnswer = onAnswer;
    this.known = { directory: room.directory, files, choices: (option) => this.#proposed(option) };
  }

  /** Whether the value must be one of those that are proposed. */
  static isClosed(option) {
    return Boolean(option.choices) || [BOOLEAN, USER, CHANNEL, ATTACHMENT].includes(option.type);
  }

  static has(option) {
    return Proposals.isClosed(option) || option.autocomplete;
  }

  /** Labels and details for what was typed; `note` in their place while there are none. */
  for(command, spans, { option, text }) {
    if (option.autocomplete) return this.#fromBot(command, spans, { option, text });
    const all = this.#all(option);
    const typed = text.toLowerCase();
    // Someone who has picked one already may want another.
    const exact = all.some((one) => one.label.toLowerCase() === typed);
    const found = exact ? all : all.filter((one) => one.label.toLowerCase().includes(typed));
    return found.length ? { proposals: found } : { proposals: [], note: `Nothing is called ${text}` };
  }

  #all(option) {
    if (option.choices) return option.choices.map((choice) => ({ label: choice.shown }));
    if (option.type === BOOLEAN) return [{ label: "True" }, { label: "False" }];
    if (option.type === ATTACHMENT) return this.known.files.names.map((name) => ({ label: name }));
    if (option.type === USER) {
      return this.#room.directory.users.map((user) => ({ label: `@${nameOf(user)}`, detail: user.username }));
    }
    return this.#room.directory.textChannels.map((one) => ({ label: `#${one.name}`, detail: one.topic }));
  }

  #proposed(option) {
    const answers = [...this.#answers.values()].filter((answer) => answer.option === option);
    return answers.flatMap((answer) => answer.choices ?? []);
  }

  #fromBot(command, spans, { option, text }) {
    const key = [command.name, option.name, text].join("\n");
    const answer = this.#answers.get(key);
    clearTimeout(this.#timer);
    if (answer === undefined) {
      this.#timer = setTimeout(() => this.#ask(key, command, spans, { option, text }), DEBOUNCE_MILLISECONDS);
      return { proposals: [], note: "Looking for options…" };
    }
    if (answer.choices === null) return { proposals: [], note: "Loading options failed" };
    const proposals = answer.choices.map((choice) => ({ label: choice.name }));
    return proposals.length ? { proposals } : { proposals, note: "No options match your search" };
  }

  async #ask(key, command, spans, { option, text }) {
    const others = spans
      .filter((span) => span.option !== option && span.option.type !== ATTACHMENT)
      .flatMap((span) => {
        const { value, problem } = readValue(span.option, span.text, this.known);
        return problem ? [] : [{ name: span.option.name, type: span.option.type, value }];
      });
    const focused = { name: option.name, type: option.type, value: text, focused: true };
    const choices = await this.#room.complete(command, [...others, focused]).catch(() => null);
    this.#answers.set(key, { option, choices });
    this.#onAnswer();
  }
}
