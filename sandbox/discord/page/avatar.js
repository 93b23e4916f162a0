/** A face for everyone, made from the name. */

import { nameOf } from "./directory.js";
import { h } from "./dom.js";

const HUES = [26, 205, 330, 152, 265, 48, 180];

/** The bot's is always the first hue, which is the tiger's orange. */
function hueOf(user) {
  if (user.bot) return HUES[0];
  let sum = 0;
  for (const char of user.username) sum += char.codePointAt(0);
  return HUES[1 + (sum % (HUES.length - 1))];
}

export function initials(name) {
  const words = name.split(/\s+/).filter(Boolean).slice(0, 2);
  return words.map((word) => [...word][0].toUpperCase()).join("");
}

export function avatar(user, className = "") {
  const element = h("span", { class: `avatar ${className}`, "aria-hidden": "true" }, initials(nameOf(user)));
  element.style.setProperty("--hue", hueOf(user));
  return element;
}
