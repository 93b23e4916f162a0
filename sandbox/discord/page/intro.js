/** The beginning of a channel, with a hint for those who see it for the first time. */

import { nameOf } from "./directory.js";
import { h, icon } from "./dom.js";

const EXAMPLE = "/imagine a red fox in the snow";

export function intro({ channel, title, directory }, isEmpty) {
  const isDirect = channel.type !== 0;
  const beginning = isDirect
    ? `This is the beginning of your direct messages with ${title}.`
    : `This is the beginning of ${title}.`;
  return h(
    "div",
    { class: "intro" },
    h("span", { class: "intro-icon" }, icon(isDirect ? "at" : "hash")),
    h("h3", {}, isDirect ? title : `Welcome to ${title}`),
    h("p", {}, beginning),
    isEmpty ? hint(channel, directory) : null,
  );
}

function hint(channel, directory) {
  if (channel.guild_id !== null && !directory.hasBot) {
    return h("p", { class: "hint" }, `${nameOf(directory.bot)} is not in this server yet.`);
  }
  if (!channel.can_use_commands) return h("p", { class: "hint" }, "Nothing was painted here yet.");
  return h(
    "p",
    { class: "hint" },
    icon("brush"),
    h("span", {}, "Type ", h("code", {}, EXAMPLE), " and press Enter."),
  );
}
