/** Reactions beneath a message, and the palette to add one. */

import { h, icon } from "./dom.js";
import { PALETTE, emojiText } from "./emoji.js";
import { openPopover } from "./popover.js";
import { sameEmoji } from "./room.js";

export function renderReactions(message, room) {
  if (!message.reactions?.length) return null;
  const buttons = message.reactions.map((reaction) =>
    h(
      "button",
      {
        type: "button",
        class: "reaction",
        "aria-pressed": String(reaction.me),
        "aria-label": `${emojiText(reaction.emoji)}, ${reaction.count}`,
        disabled: !room.channel.can_react && !reaction.me,
        onclick: () => room.toggleReaction(message, reaction.emoji),
      },
      h("span", { class: "reaction-emoji" }, emojiText(reaction.emoji)),
      h("span", {}, String(reaction.count)),
    ),
  );
  return h("div", { class: "reactions" }, buttons, room.channel.can_react ? addButton(message, room) : null);
}

export function addButton(message, room, className = "reaction") {
  const open = (event) => openPalette(event.currentTarget, message, room);
  const attributes = {
    type: "button",
    class: className,
    "aria-label": "Add reaction",
    title: "Add reaction",
  };
  return h("button", { ...attributes, onclick: open }, icon("react"));
}

function openPalette(anchor, message, room) {
  const pick = (emoji) => {
    palette.hidePopover();
    room.toggleReaction(message, emoji);
  };
  const buttons = PALETTE.map((emoji, index) =>
    h(
      "button",
      {
        type: "button",
        "aria-label": emoji.label,
        autofocus: index === 0,
        onclick: () => pick({ id: null, name: emoji.name }),
      },
      emoji.name,
    ),
  );
  const palette = h("div", { class: "palette", role: "group", "aria-label": "Add reaction" }, buttons);
  openPopover(palette, { anchor });
}

/** The reactions of a message after an event; whose it was decides about the highlight. */
export function changedReactions(reactions = [], event, isMine) {
  const step = event.t === "MESSAGE_REACTION_ADD" ? 1 : -1;
  const emoji = event.d.emoji;
  const known = reactions.some((one) => sameEmoji(one.emoji, emoji));
  const all = known ? reactions : [...reactions, { emoji, count: 0, me: false }];
  return all
    .map((one) =>
      sameEmoji(one.emoji, emoji) ? { ...one, count: one.count + step, me: isMine ? step > 0 : one.me } : one,
    )
    .filter((one) => one.count > 0);
}
