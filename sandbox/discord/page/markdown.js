/** Discord's markdown, read into a tree of plain objects: `{type, ...}`, with `children` where it nests. */

const DEPTH_MAX = 12;

const BLOCK_RULES = [
  [
    /```(?:([\w+#.-]+)\n|\n?)([\s\S]*?)\n?```\n?/y,
    ([, language, text]) => ({ type: "codeBlock", language, text }),
  ],
];

// These start a line.
const LINE_RULES = [
  [
    />>> ([\s\S]*)/y,
    ([, text], nested) => ({ type: "quote", children: nested(text, { quote: true }) }),
    "quote",
  ],
  [/(?:> [^\n]*(?:\n|$))+/y, readQuote, "quote"],
  [
    /(#{1,3}) +([^\n]+)(?:\n|$)/y,
    ([, marks, text], nested) => ({
      type: "heading",
      level: marks.length,
      children: nested(text, { line: true }),
    }),
  ],
  [
    /-# +([^\n]+)(?:\n|$)/y,
    ([, text], nested) => ({ type: "subtext", children: nested(text, { line: true }) }),
  ],
  [/(?: *(?:[-*]|\d{1,9}\.) +[^\n]+(?:\n|$))+/y, readList],
];

const INLINE_RULES = [
  [/\\([^\p{L}\p{N}\s])/uy, ([, text]) => ({ type: "text", text })],
  [/(`+)([\s\S]*?[^`])\1(?!`)/y, ([, , text]) => ({ type: "code", text: trimCode(text) })],
  [/<@!?(\d+)>/y, ([, id]) => ({ type: "user", id })],
  [/<@&(\d+)>/y, ([, id]) => ({ type: "role", id })],
  [/<#(\d+)>/y, ([, id]) => ({ type: "channel", id })],
  [/<\/([^:<>]+):\d+>/y, ([, name]) => ({ type: "mention", text: `/${name}` })],
  [/@(?:everyone|here)\b/y, ([text]) => ({ type: "mention", text })],
  [/<a?:(\w+):(\d+)>/y, ([, name, id]) => ({ type: "emoji", name, id })],
  [
    /<t:(-?\d{1,13})(?::([tTdDfFR]))?>/y,
    ([, unix, style = "f"]) => ({ type: "timestamp", unix: Number(unix), style }),
  ],
  [
    /<(https?:\/\/[^\s<>]+)>/y,
    ([, url]) => ({ type: "link", url, children: [{ type: "text", text: url }] }),
    "link",
  ],
  [
    /\[((?:\\.|[^\]\\\n])+)\]\(\s*<?(https?:\/\/(?:\([^\s()]*\)|[^\s()<>])+)>?(?:\s+"[^"]*")?\s*\)/y,
    ([, text, url], nested) => ({ type: "link", url, children: nested(text, { link: true, line: true }) }),
    "link",
  ],
  [/https?:\/\/(?:\([^\s<()]*\)|[^\s<()])*[^\s<().,:;"'\]]\)?/y, readUrl, "link"],
  [/\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/y, wrap("strong")],
  [/__((?:\\[\s\S]|[^\\])+?)__(?!_)/y, wrap("underline")],
  [/\b_((?:__|\\[\s\S]|[^\\_])+?)_\b/y, wrap("emphasis")],
  [/\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)/y, wrap("emphasis")],
  [/~~((?:\\[\s\S]|[^\\])+?)~~/y, wrap("strike")],
  [/\|\|((?:\\[\s\S]|[^\\])+?)\|\|/y, wrap("spoiler")],
  // Up to whatever could begin something else.
  [/[\s\S](?:(?!https?:\/\/)[\p{L}\p{N} ,.;!?'"])*/uy, ([text]) => ({ type: "text", text })],
];

/** `inside` holds what may not nest in itself: `quote`, `link`, and `line` for what is one line already. */
export function parse(source, inside = {}, depth = 0) {
  if (depth > DEPTH_MAX) return [{ type: "text", text: source }];
  const nested = (text, more = {}) => parse(text, { ...inside, ...more }, depth + 1);
  const nodes = [];
  for (let position = 0; position < source.length; ) {
    const [node, length] = next(source, position, inside, nested);
    append(nodes, node);
    position += length;
  }
  return nodes;
}

function next(source, position, inside, nested) {
  const startsLine = position === 0 || source[position - 1] === "\n";
  const blocks = inside.line ? [] : [...BLOCK_RULES, ...(startsLine ? LINE_RULES : [])];
  for (const [pattern, read, once] of [...blocks, ...INLINE_RULES]) {
    if (once !== undefined && inside[once]) continue;
    pattern.lastIndex = position;
    const match = pattern.exec(source);
    const node = match && read(match, nested);
    if (node) return [node, node.length ?? match[0].length];
  }
  throw new Error("the last rule takes any character");
}

function append(nodes, node) {
  const last = nodes.at(-1);
  if (node.type === "text" && last?.type === "text") last.text += node.text;
  else nodes.push(node);
}

function wrap(type) {
  return ([, text], nested) => ({ type, children: nested(text, { line: true }) });
}

/** One space on each side belongs to the backticks where the code itself begins or ends with one. */
function trimCode(text) {
  return text.replace(/^ (?=`)|(?<=`) $/g, "");
}

function readUrl([match]) {
  // A bracket that was not opened inside the address closes something around it.
  const url = match.endsWith(")") && !match.includes("(") ? match.slice(0, -1) : match;
  return { type: "link", url, children: [{ type: "text", text: url }], length: url.length };
}

function readQuote([lines], nested) {
  const text = lines.replace(/^> /gm, "").replace(/\n$/, "");
  return { type: "quote", children: nested(text, { quote: true }) };
}

function readList([text], nested) {
  const lines = text.replace(/\n$/, "").split("\n");
  const items = lines.map((line) => /^( *)([-*]|\d+\.) +(.*)$/.exec(line));
  return {
    type: "lists",
    children: listsOf(
      items.map(([, indent, mark, words]) => ({
        indent: indent.length,
        ordered: mark.endsWith("."),
        start: parseInt(mark, 10),
        children: nested(words, { line: true }),
      })),
    ),
  };
}

/** Whatever is indented deeper than an item belongs to it; another kind of mark begins another list. */
function listsOf(items) {
  const lists = [];
  for (let index = 0; index < items.length; ) {
    const { indent, ordered, start, children } = items[index];
    let end = index + 1;
    while (end < items.length && items[end].indent > indent) end += 1;
    if (lists.at(-1)?.ordered !== ordered) lists.push({ type: "list", ordered, start, items: [] });
    lists.at(-1).items.push([...children, ...listsOf(items.slice(index + 1, end))]);
    index = end;
  }
  return lists;
}
