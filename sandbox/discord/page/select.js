/** A select menu, as it stands in messages and in modals. */

import { nameOf } from "./directory.js";
import { h, icon, newId } from "./dom.js";
import { emojiText } from "./emoji.js";
import { Listbox } from "./listbox.js";
import { openPopover } from "./popover.js";

const STRING_SELECT = 3;
const USER_SELECT = 5;
const ROLE_SELECT = 6;
const MENTIONABLE_SELECT = 7;
const CHANNEL_SELECT = 8;

export function isSelect(component) {
  return (
    component.type === STRING_SELECT || (component.type >= USER_SELECT && component.type <= CHANNEL_SELECT)
  );
}

/** What can be chosen: the component's own options, or what the server has. */
function choicesOf(component, directory) {
  const { type, channel_types: types = [] } = component;
  if (type === STRING_SELECT) return component.options;
  if (type === CHANNEL_SELECT) {
    return directory.channels
      .filter((channel) => types.length === 0 || types.includes(channel.type))
      .map((channel) => ({ label: `#${channel.name}`, value: channel.id }));
  }
  const people = type === ROLE_SELECT ? [] : directory.users;
  const roles = type === USER_SELECT ? [] : directory.roles;
  return [
    ...people.map((user) => ({ label: nameOf(user), value: user.id, description: user.username })),
    ...roles.map((role) => ({
      label: role.name,
      value: role.id,
      description: type === MENTIONABLE_SELECT ? "Role" : null,
    })),
  ];
}

export class SelectMenu {
  #component;
  #choices;
  #onChoose;
  #popover = null;

  /** `onChoose` gets the values when the menu closes with others than it was opened with. */
  constructor(component, directory, { busy = false, labelledBy = null, onChoose = () => {} } = {}) {
    this.#component = component;
    this.#choices = choicesOf(component, directory);
    this.#onChoose = onChoose;
    this.min = component.min_values ?? 1;
    this.max = component.max_values ?? 1;
    const defaults = new Set((component.default_values ?? []).map((one) => one.id));
    this.values = this.#choices
      .filter((one) => one.default || defaults.has(one.value))
      .map((one) => one.value);
    this.button = h("button", {
      type: "button",
      class: "select",
      "aria-haspopup": "listbox",
      "aria-expanded": "false",
      "aria-busy": busy ? "true" : null,
      "data-custom-id": component.custom_id,
      disabled: component.disabled,
      onclick: () => busy || this.#open(),
      onkeydown: (event) => {
        if (event.key !== "ArrowDown" || busy) return;
        event.preventDefault();
        this.#open();
      },
    });
    // Its name is what it is for and what is chosen.
    this.button.id = newId("select");
    if (labelledBy) this.button.setAttribute("aria-labelledby", `${labelledBy} ${this.button.id}`);
    this.element = h("div", { class: "select-menu" }, this.button);
    this.#showValues();
  }

  #showValues() {
    const chosen = this.#choices.filter((one) => this.values.includes(one.value)).map((one) => one.label);
    const text = chosen.join(", ") || this.#component.placeholder || "Make a selection";
    this.button.replaceChildren(
      h("span", { class: chosen.length ? "" : "placeholder" }, text),
      icon("chevron"),
    );
  }

  #open() {
    const before = this.values;
    const panel = h("div", { class: "select-panel", tabindex: -1, autofocus: true });
    const listbox = new Listbox(panel, this.#component.placeholder ?? "Choices", { multiple: this.max > 1 });
    panel.append(listbox.element);
    panel.addEventListener("keydown", (event) => this.#onKey(event, listbox));
    panel.style.setProperty("--anchor-width", `${this.button.offsetWidth}px`);
    this.button.setAttribute("aria-expanded", "true");
    this.#showRows(
      listbox,
      Math.max(
        0,
        this.#choices.findIndex((one) => before.includes(one.value)),
      ),
    );
    // In a modal, what is outside of it cannot be pressed.
    this.#popover = openPopover(panel, {
      anchor: this.button,
      parent: this.element,
      onClose: () => this.#closed(before),
    });
    panel.focus();
  }

  #showRows(listbox, active) {
    const rows = this.#choices.map((choice) => {
      const selected = this.values.includes(choice.value);
      return {
        selected,
        disabled: !selected && this.max > 1 && this.values.length >= this.max,
        content: rowOf(choice, selected),
        pick: () => this.#toggle(choice.value, listbox),
      };
    });
    listbox.show(rows, { active });
  }

  #toggle(value, listbox) {
    if (this.max === 1) {
      this.values = [value];
      this.#popover.hidePopover();
      return;
    }
    const has = this.values.includes(value);
    this.values = has ? this.values.filter((one) => one !== value) : [...this.values, value];
    this.#showRows(listbox, listbox.activeIndex);
  }

  #onKey(event, listbox) {
    const keys = {
      ArrowDown: () => listbox.move(1),
      ArrowUp: () => listbox.move(-1),
      Enter: () => listbox.pick(),
      " ": () => listbox.pick(),
      Tab: () => this.#popover.hidePopover(),
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  }

  #closed(before) {
    this.button.setAttribute("aria-expanded", "false");
    this.button.focus();
    if (this.values.length < this.min) this.values = before;
    this.#showValues();
    if (this.values.join() !== before.join()) this.#onChoose(this.values);
  }
}

function rowOf(choice, selected) {
  return [
    choice.emoji ? h("span", { class: "row-emoji" }, emojiText(choice.emoji)) : null,
    h(
      "span",
      { class: "row-text" },
      h("strong", {}, choice.label),
      choice.description ? h("span", {}, choice.description) : null,
    ),
    selected ? icon("check") : null,
  ].filter(Boolean);
}
