/** Makes elements. Text always becomes a text node, so nothing that a member wrote is read as HTML. */

const SVG = "http://www.w3.org/2000/svg";

/** An attribute that is null, undefined or false is left out; one that starts with "on" is a listener. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** One of the drawings in index.html. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

export function iconButton(name, label, onclick, className = "") {
  const attributes = { type: "button", class: `icon-button ${className}`, "aria-label": label, title: label };
  return h("button", { ...attributes, onclick }, icon(name));
}

let lastId = 0;

/** An id for what ARIA has to point at. */
export function newId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}
