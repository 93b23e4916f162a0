/** Rows to pick from. The focus stays with `owner`, which tells a screen reader the active row. */

import { h, newId } from "./dom.js";

export class Listbox {
  #rows = [];
  #active = -1;

  constructor(owner, label, { multiple = false } = {}) {
    this.owner = owner;
    this.element = h("div", {
      class: "listbox",
      role: "listbox",
      id: newId("listbox"),
      "aria-label": label,
      "aria-multiselectable": multiple ? "true" : null,
    });
    // The owner is not to lose the focus to a press on a row.
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
  }

  get hasActive() {
    return this.#active >= 0;
  }

  /** Rows are `{content, pick, selected, disabled, className}`. */
  show(rows, { active = -1 } = {}) {
    this.#rows = rows;
    this.element.replaceChildren(...rows.map((row, index) => this.#render(row, index)));
    this.#activate(rows.length ? Math.min(active, rows.length - 1) : -1);
  }

  /** What is shown stays, with its active row; what picking one does is as these say. */
  renew(rows) {
    this.#rows = rows;
  }

  move(step) {
    const count = this.#rows.length;
    if (count === 0) return;
    const from = this.#active < 0 && step < 0 ? 0 : this.#active;
    this.#activate((from + step + count) % count);
  }

  pick(index = this.#active) {
    const row = this.#rows[index];
    if (row && !row.disabled) row.pick();
  }

  get activeIndex() {
    return this.#active;
  }

  #render(row, index) {
    return h(
      "div",
      {
        class: `row ${row.className ?? ""}`,
        role: "option",
        id: newId("row"),
        "aria-selected": String(Boolean(row.selected)),
        "aria-disabled": row.disabled ? "true" : null,
        onclick: () => this.pick(index),
      },
      row.content,
    );
  }

  #activate(index) {
    this.#active = index;
    const elements = [...this.element.children];
    elements.forEach((element, at) => element.classList.toggle("active", at === index));
    if (index < 0) {
      this.owner.removeAttribute("aria-activedescendant");
      return;
    }
    this.owner.setAttribute("aria-activedescendant", elements[index].id);
    elements[index].scrollIntoView({ block: "nearest" });
  }
}
