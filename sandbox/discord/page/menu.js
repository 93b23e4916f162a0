/** A menu beside what was pressed; some of its rows open more rows in the place of them. */

import { h, icon } from "./dom.js";
import { openPopover, place } from "./popover.js";

/** Items are `{label, icon, danger, disabled, pick}`, or have `submenu` in place of `pick`: it resolves to items. */
export function openMenu(items, { anchor, label }) {
  const panel = h("div", { class: "menu-panel", role: "menu", "aria-label": label });
  panel.addEventListener("keydown", (event) => takeKey(event, panel));

  const show = (shown, title = null) => {
    const back = { label: title, isBack: true, pick: () => show(items) };
    const rows = (title ? [back, ...shown] : shown).map((item) => row(item, pick));
    panel.replaceChildren(...rows);
    place(panel, anchor.getBoundingClientRect());
    (panel.querySelector("button:enabled:not(.back)") ?? rows[0]).focus();
  };
  const pick = async (item) => {
    if (item.submenu) {
      const inner = await item.submenu();
      show(inner.length ? inner : [{ label: "Nothing here", disabled: true }], item.label);
      return;
    }
    if (!item.isBack) panel.hidePopover();
    item.pick();
  };
  openPopover(panel, { anchor });
  show(items);
}

function row(item, pick) {
  const drawing = item.submenu ? "next" : item.icon;
  return h(
    "button",
    {
      type: "button",
      class: `menu-row ${item.danger ? "danger" : ""} ${item.isBack ? "back" : ""}`,
      role: "menuitem",
      "aria-haspopup": item.submenu ? "menu" : null,
      "aria-label": item.isBack ? `Back from ${item.label}` : null,
      disabled: item.disabled,
      onclick: () => pick(item),
    },
    item.isBack ? icon("back") : null,
    h("span", {}, item.label),
    drawing ? icon(drawing) : null,
  );
}

function takeKey(event, panel) {
  const rows = [...panel.querySelectorAll("button:enabled")];
  const at = rows.indexOf(document.activeElement);
  const moves = {
    ArrowDown: rows[(at + 1) % rows.length],
    ArrowUp: rows[(at - 1 + rows.length) % rows.length],
    Home: rows[0],
    End: rows.at(-1),
  };
  if (event.key in moves) moves[event.key]?.focus();
  else if (event.key === "ArrowRight") rows[at]?.matches("[aria-haspopup]") && rows[at].click();
  else if (event.key === "ArrowLeft") panel.querySelector(".back")?.click();
  else return;
  event.preventDefault();
}

/** A place to open at where no element is. */
export function pointOf(event) {
  return { getBoundingClientRect: () => new DOMRect(event.clientX, event.clientY, 0, 0) };
}
