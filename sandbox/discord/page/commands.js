/** The bot's commands as the member reads them, and what is typed read as one of them. */

import { localised } from "./locale.js";

const CHAT_INPUT = 1;
const MESSAGE = 3;
const ATTACHMENT = 11;
const NESTED = [1, 2];

/**
 * Adds to each command, option and choice the `shown` name in the member's language.
 *
 * A subcommand is an entry of its own, by the name that is typed; `path` leads to it from the command `root`.
 */
export function readCommands(registered) {
  const typed = registered.filter((command) => command.type === CHAT_INPUT).map(withShown);
  return typed.flatMap((command) => entriesOf({ ...command, root: command.name, path: [] }));
}

/** Those that stand in the menu of a message. */
export function readMessageCommands(registered) {
  return registered.filter((command) => command.type === MESSAGE).map(withShown);
}

function entriesOf(entry) {
  if (!entry.options.some((option) => NESTED.includes(option.type))) return [entry];
  return entry.options.flatMap((option) =>
    entriesOf({
      ...option,
      name: `${entry.name} ${option.name}`,
      shown: `${entry.shown} ${option.shown}`,
      root: entry.root,
      path: [...entry.path, { type: option.type, name: option.name }],
    }),
  );
}

/** The data of a command as Discord's client sends it: the options inside of the subcommand. */
export function dataOf(entry, options) {
  const nested = entry.path.reduceRight((inner, one) => [{ ...one, options: inner }], options);
  return { type: CHAT_INPUT, name: entry.root, options: nested };
}

function withShown(named) {
  const shown = {
    ...named,
    shown: localised(named.name, named.name_localizations),
    about: localised(named.description, named.description_localizations),
  };
  // Required ones first, as Discord has it.
  const options = (named.options ?? [])
    .map(withShown)
    .sort((a, b) => Number(b.required ?? false) - Number(a.required ?? false));
  return { ...shown, options, choices: named.choices?.map(withShown) };
}

/** Those whose name has what was typed, and first those that begin with it. */
export function matching(commands, typed) {
  const found = commands.filter((command) => command.shown.includes(typed));
  return found.sort((a, b) => Number(b.shown.startsWith(typed)) - Number(a.shown.startsWith(typed)));
}

/** The command that `text` uses, or undefined. */
export function commandIn(text, commands) {
  return commands.find((command) => nameIn(text, command) !== undefined);
}

function nameIn(text, command) {
  return [command.shown, command.name].find(
    (name) => text.startsWith(`/${name}`) && /^(\s|$)/.test(text.slice(name.length + 1)),
  );
}

/** What was typed of a command's name, or null where something else is typed. */
export function typedName(text, commands) {
  if (!text.startsWith("/")) return null;
  const typed = text.slice(1);
  const begun = (command) => command.shown.startsWith(typed) || command.name.startsWith(typed);
  return /^\S*$/.test(typed) || commands.some(begun) ? typed : null;
}

/**
 * The options in `text` as `{option, text, start, end}`, and as `loose` the text that belongs to none.
 *
 * Text before the first `name:` is for the first required option, strings before others.
 */
export function optionsIn(text, command) {
  const name = `/${nameIn(text, command)}`;
  const head = name.length + /^\s*/.exec(text.slice(name.length))[0].length;
  const marks = marksIn(text, head, command);
  const before = text.slice(head, marks[0]?.start ?? text.length);
  const main = mainOption(command);
  const spans = [];
  if (before.trim() && main) {
    const repeated = marks.findIndex((mark) => mark.option === main);
    // Its value was given without its name, so the name later on is only a word.
    if (repeated >= 0) marks.splice(repeated, 1);
    spans.push(spanOf(text, main, head, marks[0]?.start ?? text.length));
  }
  marks.forEach((mark, index) => {
    spans.push(spanOf(text, mark.option, mark.end, marks[index + 1]?.start ?? text.length));
  });
  return { spans, loose: main ? "" : before.trim() };
}

function mainOption(command) {
  // A file is chosen, not typed.
  const typed = command.options.filter((option) => option.type !== ATTACHMENT);
  const required = typed.filter((option) => option.required);
  return required.find((option) => option.type === 3) ?? required[0] ?? typed[0];
}

/** Where `name:` of an option stands, each the first time only. */
function marksIn(text, head, command) {
  const marks = [];
  for (const match of text.slice(head).matchAll(/(?<=^|\s)([^\s:]+):/g)) {
    const option = command.options.find((one) => one.shown === match[1] || one.name === match[1]);
    if (option && !marks.some((mark) => mark.option === option)) {
      const start = head + match.index;
      marks.push({ option, start, end: start + match[0].length });
    }
  }
  return marks;
}

function spanOf(text, option, start, end) {
  return { option, text: text.slice(start, end).trim(), start, end };
}
