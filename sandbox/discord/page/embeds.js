/** Embeds: the cards that bots put below their text. */

import { h } from "./dom.js";
import { markdown } from "./markdown-view.js";
import { picture } from "./media.js";
import { sentAt } from "./timestamps.js";

export function renderEmbed(embed, directory) {
  const card = h(
    "section",
    { class: "embed" },
    h(
      "div",
      { class: "embed-main" },
      embed.author ? authorOf(embed.author) : null,
      embed.title ? titleOf(embed, directory) : null,
      embed.description ? markdown(embed.description, directory) : null,
      embed.fields?.length ? fieldsOf(embed.fields, directory) : null,
    ),
    embed.thumbnail ? h("div", { class: "embed-thumbnail" }, picture(embed.thumbnail, { fit: false })) : null,
    embed.image ? h("div", { class: "embed-image" }, picture(embed.image)) : null,
    embed.footer || embed.timestamp ? footerOf(embed) : null,
  );
  if (embed.color !== undefined && embed.color !== null) card.style.setProperty("--accent", hex(embed.color));
  return card;
}

export function hex(colour) {
  return `#${colour.toString(16).padStart(6, "0")}`;
}

function smallImage(url) {
  return url ? h("img", { src: url, alt: "", class: "embed-icon" }) : null;
}

function linked(content, url) {
  return url ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, content) : content;
}

function authorOf(author) {
  return h("div", { class: "embed-author" }, smallImage(author.icon_url), linked(author.name, author.url));
}

function titleOf(embed, directory) {
  return h("h3", { class: "embed-title" }, linked(markdown(embed.title, directory), embed.url));
}

function fieldsOf(fields, directory) {
  return h(
    "div",
    { class: "embed-fields" },
    fields.map((field) =>
      h(
        "div",
        { class: field.inline ? "inline" : "" },
        h("h4", {}, markdown(field.name, directory)),
        markdown(field.value, directory),
      ),
    ),
  );
}

function footerOf(embed) {
  const dot = embed.footer && embed.timestamp ? " · " : null;
  return h(
    "footer",
    {},
    smallImage(embed.footer?.icon_url),
    h("span", {}, embed.footer?.text, dot, embed.timestamp ? sentAt(embed) : null),
  );
}
