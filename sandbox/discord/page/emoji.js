/** Emoji as text: the page has no pictures of a server's own ones. */

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
