/** Emoji: as text, but for the application's own ones in text. */

import { h } from "./dom.js";

export const PALETTE = [
  { name: "📥", label: "inbox tray" },
  { name: "⬇️", label: "arrow down" },
  { name: "👍", label: "thumbs up" },
  { name: "❤️", label: "heart" },
  { name: "🎨", label: "palette" },
  { name: "😂", label: "tears of joy" },
  { name: "😮", label: "astonished" },
  { name: "🔥", label: "fire" },
  { name: "✨", label: "sparkles" },
  { name: "👀", label: "eyes" },
  { name: "🙏", label: "thanks" },
  { name: "👎", label: "thumbs down" },
];

export function emojiText(emoji) {
  return emoji.id ? `:${emoji.name}:` : emoji.name;
}

/** One that is not there any more is its name. */
export function customEmoji({ name, id }) {
  const text = `:${name}:`;
  const image = h("img", { class: "emoji", src: `/emojis/${id}`, alt: text, title: text, draggable: "false" });
  image.addEventListener("error", () => image.replaceWith(text));
  return image;
}
