/** What opens above the composer after `/`: commands, then the options of one and their values. */

import { commandIn, matching, optionsIn, typedName } from "./commands.js";
import { h, icon } from "./dom.js";
import { Listbox } from "./listbox.js";
import { ATTACHMENT, readValue, typeOf } from "./options.js";
import { Proposals } from "./proposals.js";

export class Picker {
  #input;
  #panel;
  #title = h("h3");
  #note = h("p", { class: "picker-note", role: "status" });
  #listbox;
  #commands = [];
  #dismissed = null;
  #complete = () => false;
  #tray;
  #choose;

  /** `choose` has the member choose a file, and calls back with the name that it has in the tray. */
  constructor(input, panel, { tray, choose }) {
    this.#input = input;
    this.#panel = panel;
    this.#tray = tray;
    this.#choose = choose;
    this.#listbox = new Listbox(input, "Commands");
    panel.append(this.#title, this.#listbox.element, this.#note);
    input.setAttribute("aria-controls", this.#listbox.element.id);
    for (const name of ["input", "click", "keyup", "focus"])
      input.addEventListener(name, () => this.update());
    input.addEventListener("blur", () => this.#hide());
  }

  use(room, commands) {
    this.#commands = commands;
    this.proposals = new Proposals(room, this.#tray, () => this.update());
    this.update();
  }

  /** Whether the key was for the picker. */
  takeKey(event) {
    if (this.#panel.hidden) return false;
    const pick = () => this.#listbox.hasActive && (this.#listbox.pick(), true);
    const keys = {
      ArrowDown: () => (this.#listbox.move(1), true),
      ArrowUp: () => (this.#listbox.move(-1), true),
      Escape: () => this.#dismiss(),
      Enter: () => !event.shiftKey && pick(),
      Tab: () => !event.shiftKey && (pick() || this.#complete()),
    };
    const taken = !event.isComposing && Boolean(keys[event.key]?.());
    if (taken) event.preventDefault();
    return taken;
  }

  update() {
    const text = this.#input.value;
    const key = this.#keyOf(text);
    if (key !== this.#dismissed) this.#dismissed = null;
    const isIdle = document.activeElement !== this.#input || this.#input.disabled || this.#dismissed !== null;
    const typed = typedName(text, this.#commands);
    if (key === null || isIdle) this.#hide();
    else if (typed !== null) this.#showCommands(typed);
    else this.#showCommand(commandIn(text, this.#commands), text);
  }

  /** What Escape closes it for: the list of commands, or one of them. */
  #keyOf(text) {
    if (typedName(text, this.#commands) !== null) return "/";
    return commandIn(text, this.#commands)?.name ?? null;
  }

  #dismiss() {
    this.#dismissed = this.#keyOf(this.#input.value);
    this.#hide();
    return true;
  }

  #hide() {
    this.#panel.hidden = true;
    this.#listbox.show([]);
  }

  #show(title, rows, { active = -1, note = "" } = {}) {
    // Redrawing while nothing has changed would lose the row that the arrow keys have reached.
    const signature = JSON.stringify([title, note, rows.map((row) => row.key)]);
    if (!this.#panel.hidden && this.#panel.dataset.shown === signature) return this.#listbox.renew(rows);
    this.#panel.dataset.shown = signature;
    this.#panel.hidden = false;
    this.#title.textContent = title;
    this.#note.textContent = note;
    this.#note.hidden = !note;
    this.#listbox.show(rows, { active });
  }

  #showCommands(typed) {
    const rows = matching(this.#commands, typed).map((command) => ({
      key: command.name,
      content: [
        h("span", { class: "row-text" }, h("strong", {}, `/${command.shown}`), h("span", {}, command.about)),
        h(
          "span",
          { class: "row-side" },
          command.options.filter((one) => one.required).map((one) => pill(one)),
        ),
      ],
      pick: () => this.#pickCommand(command),
    }));
    this.#complete = () => false;
    this.#show("Commands", rows, { active: 0, note: rows.length ? "" : `There is no command /${typed}` });
  }

  #pickCommand(command) {
    const first = command.options.find((option) => option.required);
    this.#write(`/${command.shown} ${first ? `${first.shown}: ` : ""}`);
  }

  #showCommand(command, text) {
    const { spans } = optionsIn(text, command);
    const caret = this.#input.selectionStart;
    const span = spans.find((one) => one.start <= caret && caret <= one.end);
    this.#complete = () => this.#insertMissing(command, spans);
    if (span && Proposals.has(span.option) && !isFinished(span, text, caret))
      this.#showValues(command, spans, span);
    else this.#showOptions(command, spans, span);
  }

  #showValues(command, spans, span) {
    const { proposals, note = "" } = this.proposals.for(command, spans, span);
    const rows = proposals.map(({ label, detail }) => ({
      key: label,
      content: [
        h("span", { class: "row-text" }, h("strong", {}, label), detail ? h("span", {}, detail) : null),
      ],
      pick: () => this.#replace(span, label),
    }));
    if (span.option.type === ATTACHMENT) {
      const pick = () => this.#choose((name) => this.#replace(span, name));
      rows.push({ key: "\n", content: [icon("plus"), h("span", { class: "row-text" }, "Choose a file…")], pick });
    }
    const isChosen = proposals.some((one) => one.label === span.text);
    this.#complete = () => rows.length > 0 && !isChosen && (rows[0].pick(), true);
    const active = Proposals.isClosed(span.option) && !isChosen ? 0 : -1;
    this.#show(`${span.option.shown}: ${span.option.about}`, rows, { active, note: rows.length ? "" : note });
  }

  #showOptions(command, spans, current) {
    const rows = command.options.map((option) => {
      const span = spans.find((one) => one.option === option);
      const problem = span?.text ? readValue(option, span.text, this.proposals.known).problem : undefined;
      const state = problem ? "wrong" : span?.text ? "filled" : "";
      return {
        key: [option.name, state, problem, current === span].join(),
        className: `${state} ${span && current === span ? "current" : ""}`,
        content: optionRow(option, problem, state),
        pick: () => (span ? this.#input.setSelectionRange(span.end, span.end) : this.#insert(option)),
      };
    });
    this.#show(`/${command.shown}: ${command.about}`, rows);
  }

  /** Gives a file to the first option of the command that has none; false if all have one. */
  fill(command, name) {
    const text = this.#input.value;
    const { spans } = optionsIn(text, command);
    const spanOf = (option) => spans.find((span) => span.option === option);
    const option = command.options.find((one) => one.type === ATTACHMENT && !spanOf(one)?.text);
    if (option && spanOf(option)) this.#replace(spanOf(option), name);
    else if (option) this.#write(`${text.trimEnd()} ${option.shown}: ${name} `);
    return option !== undefined;
  }

  /** Takes an option away whose file is gone. */
  forget(name) {
    const text = this.#input.value;
    const command = commandIn(text, this.#commands);
    const spans = command ? optionsIn(text, command).spans : [];
    const span = spans.find((one) => one.option.type === ATTACHMENT && one.text === name);
    if (span) this.#write(text.slice(0, span.start).replace(/\S+:$/, ""), text.slice(span.end));
  }

  #insertMissing(command, spans) {
    const missing = command.options.find((one) => one.required && !spans.some((span) => span.option === one));
    if (missing) this.#insert(missing);
    return missing !== undefined;
  }

  #insert(option) {
    this.#write(`${this.#input.value.trimEnd()} ${option.shown}: `);
  }

  #replace(span, label) {
    const text = this.#input.value;
    const before = text.slice(0, span.start).replace(/:$/, ": ");
    this.#write(`${before}${label} `, text.slice(span.end));
  }

  /** Leaves the caret between the two. */
  #write(before, after = "") {
    this.#input.value = before + after;
    this.#input.setSelectionRange(before.length, before.length);
    this.#input.focus();
    this.#input.dispatchEvent(new Event("input"));
  }
}

/** A space after a value that was picked says that the next thing is something else. */
function isFinished(span, text, caret) {
  return span.text !== "" && /\s$/.test(text.slice(span.start, caret));
}

function pill(option) {
  return h("span", { class: `pill ${option.required ? "required" : ""}` }, option.shown);
}

function optionRow(option, problem, state) {
  return [
    pill(option),
    h(
      "span",
      { class: "row-text" },
      h("span", {}, option.about),
      h("span", { class: "row-details" }, problem ?? `${option.required ? "required" : "optional"} · ${typeOf(option)}`),
    ),
    state === "filled" ? icon("check") : null,
  ].filter(Boolean);
}
