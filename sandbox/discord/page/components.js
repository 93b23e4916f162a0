/** Components of messages: buttons and selects, and what Components V2 adds. */

import { h, icon } from "./dom.js";
import { hex } from "./embeds.js";
import { emojiText } from "./emoji.js";
import { markdown } from "./markdown-view.js";
import { fileBox, gallery, picture, veiled } from "./media.js";
import { SelectMenu } from "./select.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" };

const RENDERERS = {
  1: (row, message, room) =>
    h("div", { class: "action-row" }, renderComponents(row.components, message, room)),
  2: button,
  3: select,
  5: select,
  6: select,
  7: select,
  8: select,
  9: (section, message, room) =>
    h(
      "div",
      { class: "section" },
      h("div", {}, renderComponents(section.components, message, room)),
      renderComponents([section.accessory], message, room),
    ),
  10: (text, message, room) => markdown(text.content, room.directory),
  11: (thumbnail) => h("div", { class: "thumbnail" }, picture(mediaOf(thumbnail), { fit: false })),
  12: (component) => gallery(component.items.map(mediaOf)),
  13: (component) => fileBox({ ...component, url: component.file.url }),
  14: (separator) =>
    h("div", {
      class: `separator ${separator.divider ? "line" : ""} ${separator.spacing === 2 ? "wide" : ""}`,
    }),
  17: container,
};

export function renderComponents(components, message, room) {
  return components.map((component) => {
    const render = RENDERERS[component.type];
    return render
      ? render(component, message, room)
      : h("p", { class: "unknown" }, `Component ${component.type}`);
  });
}

function mediaOf({ media, description, spoiler }) {
  return { ...media, description, spoiler };
}

function container(component, message, room) {
  const card = h("div", { class: "container" }, renderComponents(component.components, message, room));
  if (component.accent_color !== undefined && component.accent_color !== null) {
    card.classList.add("accented");
    card.style.setProperty("--accent", hex(component.accent_color));
  }
  return component.spoiler ? veiled(card) : card;
}

function button(component, message, room) {
  const face = [
    component.emoji ? h("span", { class: "button-emoji" }, emojiText(component.emoji)) : null,
    component.label ? h("span", {}, component.label) : null,
  ];
  const className = `button ${STYLES[component.style] ?? "secondary"}`;
  if (component.url && !component.disabled) {
    const attributes = {
      class: className,
      href: component.url,
      target: "_blank",
      rel: "noopener noreferrer",
    };
    return h("a", attributes, ...face, icon("external"));
  }
  const busy = room.pressOn(message).customId === component.custom_id && !component.url;
  return h(
    "button",
    {
      type: "button",
      class: className,
      "data-custom-id": component.custom_id,
      disabled: component.disabled,
      "aria-busy": busy ? "true" : null,
      onclick: () => busy || room.press(message, component),
    },
    ...face,
    component.url ? icon("external") : null,
  );
}

function select(component, message, room) {
  const busy = room.pressOn(message).customId === component.custom_id;
  const onChoose = (values) => room.press(message, component, values);
  return new SelectMenu(component, room.directory, { busy, onChoose }).element;
}
