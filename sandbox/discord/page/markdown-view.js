/** The tree that markdown.js reads, as elements. */

import { nameOf } from "./directory.js";
import { h } from "./dom.js";
import { customEmoji } from "./emoji.js";
import { parse } from "./markdown.js";
import { timestamp } from "./timestamps.js";

const VIEWS = {
  text: (node) => node.text,
  strong: (node, inner) => h("strong", {}, inner),
  emphasis: (node, inner) => h("em", {}, inner),
  underline: (node, inner) => h("u", {}, inner),
  strike: (node, inner) => h("s", {}, inner),
  code: (node) => h("code", {}, node.text),
  codeBlock: (node) => h("pre", {}, h("code", { "data-language": node.language }, node.text)),
  quote: (node, inner) => h("blockquote", {}, h("div", {}, inner)),
  // The page's own headings are levels 1 and 2.
  heading: (node, inner) => h(`h${node.level + 2}`, {}, inner),
  subtext: (node, inner) => h("small", {}, inner),
  spoiler: (node, inner) => spoiler(inner),
  link: (node, inner) => h("a", { href: node.url, target: "_blank", rel: "noopener noreferrer" }, inner),
  emoji: customEmoji,
  timestamp: (node) => timestamp(node.unix, node.style),
  mention: (node) => mention(node.text),
  user: (node, inner, directory) => {
    const user = directory.user(node.id);
    return mention(user ? `@${nameOf(user)}` : "@unknown-user");
  },
  role: (node, inner, directory) => {
    const name = directory.role(node.id)?.name ?? "unknown-role";
    return mention(name === "@everyone" ? name : `@${name}`);
  },
  channel: (node, inner, directory) => mention(`#${directory.textChannel(node.id)?.name ?? "unknown"}`),
  lists: (node, inner) => h("div", { class: "lists" }, inner),
  list: (node, inner, directory) => {
    const items = node.items.map((item) => h("li", {}, views(item, directory)));
    return node.ordered ? h("ol", { start: node.start }, items) : h("ul", {}, items);
  },
};

export function markdown(source, directory, className = "") {
  return h("div", { class: `markdown ${className}` }, views(parse(source), directory));
}

function views(nodes, directory) {
  return nodes.map((node) => VIEWS[node.type](node, views(node.children ?? [], directory), directory));
}

function mention(text) {
  return h("span", { class: "mention" }, text);
}

function spoiler(inner) {
  const element = h(
    "span",
    { class: "spoiler", role: "button", tabindex: 0, "aria-label": "Spoiler: press to reveal" },
    h("span", { class: "spoiler-text" }, inner),
  );
  const reveal = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    if (element.classList.contains("revealed")) return;
    // The first press only reveals; a link below it is for the second.
    event.preventDefault();
    element.classList.add("revealed");
    for (const name of ["role", "tabindex", "aria-label"]) element.removeAttribute(name);
  };
  element.addEventListener("click", reveal);
  element.addEventListener("keydown", reveal);
  return element;
}
