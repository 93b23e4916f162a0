/** One message. */

import { avatar } from "./avatar.js";
import { renderComponents } from "./components.js";
import { confirmed } from "./confirm.js";
import { nameOf } from "./directory.js";
import { h, icon, iconButton } from "./dom.js";
import { renderEmbed } from "./embeds.js";
import { markdown } from "./markdown-view.js";
import { renderAttachments } from "./media.js";
import { openMenu, pointOf } from "./menu.js";
import { addButton, renderReactions } from "./reactions.js";
import { isEphemeral } from "./room.js";
import { clockOf, dayOf, sentAt } from "./timestamps.js";

const THINKING = 1 << 7;
const GROUP_MILLISECONDS = 7 * 60 * 1000;

export function renderMessage(message, room) {
  const classes = ["message"];
  if (isEphemeral(message)) classes.push("ephemeral");
  if (message.mention_everyone || message.mentions?.some((user) => user.id === room.me.id))
    classes.push("mentioned");
  return h(
    "article",
    {
      class: classes.join(" "),
      "data-id": message.id,
      "aria-label": `${nameOf(message.author)}, ${clockOf(message)}`,
      oncontextmenu: (event) => onContextMenu(event, message, room),
    },
    h("div", { class: "day" }, h("span", {}, dayOf(message))),
    contextOf(message, room),
    avatar(message.author),
    h("span", { class: "gutter-time", "aria-hidden": "true" }, clockOf(message)),
    h(
      "header",
      {},
      h("span", { class: "author" }, nameOf(message.author)),
      message.author.bot ? h("span", { class: "app-badge" }, "APP") : null,
      sentAt(message),
    ),
    h("div", { class: "body" }, bodyOf(message, room)),
    toolbarOf(message, room),
  );
}

/** Whether `message` needs no header of its own below `previous`. */
export function isGrouped(previous, message) {
  return (
    previous !== null &&
    previous.author.id === message.author.id &&
    !message.interaction_metadata?.name &&
    message.referenced_message === undefined &&
    isEphemeral(previous) === isEphemeral(message) &&
    dayOf(previous) === dayOf(message) &&
    new Date(message.timestamp) - new Date(previous.timestamp) < GROUP_MILLISECONDS
  );
}

export function startsDay(previous, message) {
  return previous === null || dayOf(previous) !== dayOf(message);
}

/** What the message answers: a command or another message. */
function contextOf(message, room) {
  const used = message.interaction_metadata;
  if (used?.name) {
    const user = room.directory.user(used.user.id) ?? used.user;
    const isOnMessage = used.target_message_id !== undefined;
    const command = h("span", { class: "mention" }, isOnMessage ? used.name : `/${used.name}`);
    return contextLine(avatar(user, "tiny"), h("strong", {}, nameOf(user)), " used ", command);
  }
  if (message.referenced_message === undefined) return null;
  const original = message.referenced_message;
  if (original === null) return contextLine(h("em", {}, "Original message was deleted"));
  const [firstLine] = original.content.split("\n");
  return contextLine(
    avatar(original.author, "tiny"),
    h("strong", {}, `@${nameOf(original.author)}`),
    " ",
    firstLine ? markdown(firstLine, room.directory, "excerpt") : h("em", {}, "A message without text"),
  );
}

function contextLine(...parts) {
  return h("div", { class: "context" }, icon("reply"), parts);
}

function bodyOf(message, room) {
  if (message.flags & THINKING) return [thinking(message), ephemeralNote(message, room)];
  const { failure } = room.pressOn(message);
  // Every reply to a command is edited sooner or later, so Discord does not say so.
  const isEdited = message.edited_timestamp && !message.interaction_metadata;
  return [
    message.content ? markdown(message.content, room.directory) : null,
    ...renderAttachments(message.attachments ?? []),
    ...(message.embeds ?? []).map((embed) => renderEmbed(embed, room.directory)),
    ...renderComponents(message.components ?? [], message, room),
    isEdited ? h("span", { class: "edited" }, "(edited)") : null,
    renderReactions(message, room),
    failure ? h("p", { class: "failure", role: "alert" }, icon("warning"), failure) : null,
    ephemeralNote(message, room),
  ];
}

function thinking(message) {
  const dots = h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
  return h("p", { class: "thinking" }, dots, `${nameOf(message.author)} is thinking…`);
}

function ephemeralNote(message, room) {
  if (!isEphemeral(message)) return null;
  const dismiss = h(
    "button",
    { type: "button", class: "link", onclick: () => room.remove(message) },
    "Dismiss message",
  );
  return h("p", { class: "ephemeral-note" }, icon("eye"), "Only you can see this · ", dismiss);
}

function toolbarOf(message, room) {
  if (isEphemeral(message)) return null;
  const open = (event) => openMessageMenu(message, room, event.currentTarget);
  const more = iconButton("more", "More", open);
  more.setAttribute("aria-haspopup", "menu");
  const buttons = [
    room.channel.can_react ? addButton(message, room, "icon-button") : null,
    room.mayRemove(message)
      ? iconButton("trash", "Delete message", () => removeIfSure(message, room), "danger")
      : null,
    itemsOf(message, room).length ? more : null,
  ].filter(Boolean);
  return buttons.length
    ? h("div", { class: "toolbar", role: "group", "aria-label": "Message actions" }, buttons)
    : null;
}

async function removeIfSure(message, room) {
  const sure = await confirmed("Delete message", "Are you sure you want to delete this message?", "Delete");
  if (sure) room.remove(message);
}

/** The page's own menu, but for a link or for text that was selected, which the browser knows better. */
function onContextMenu(event, message, room) {
  // A long press selects the word under it.
  const isSelected = event.pointerType !== "touch" && !getSelection().isCollapsed;
  const isBrowsers = event.target.closest("a, input, textarea") || isSelected;
  if (isBrowsers || isEphemeral(message) || !itemsOf(message, room).length) return;
  event.preventDefault();
  openMessageMenu(message, room, pointOf(event));
}

function openMessageMenu(message, room, anchor) {
  openMenu(itemsOf(message, room), { anchor, label: "Message actions" });
}

function itemsOf(message, room) {
  const apps = async () => {
    const commands = await room.messageCommands();
    return commands.map((one) => ({ label: one.shown, pick: () => room.useOn(message, one) }));
  };
  const copy = () => navigator.clipboard.writeText(message.content);
  return [
    room.channel.can_use_commands ? { label: "Apps", submenu: apps } : null,
    message.content ? { label: "Copy text", icon: "copy", pick: copy } : null,
    room.mayRemove(message)
      ? { label: "Delete message", icon: "trash", danger: true, pick: () => removeIfSure(message, room) }
      : null,
  ].filter(Boolean);
}
