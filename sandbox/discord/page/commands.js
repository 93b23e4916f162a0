/** The bot's commands as the member reads them, and what is typed read as one of them. */

import { localised } from "./locale.js";

const CHAT_INPUT = 1;

/** Adds to each command, option and choice the `shown` name in the member's language. */
export function readCommands(registered) {
  return registered.filter((command) => (command.type ?? CHAT_INPUT) === CHAT_INPUT).map(withShown);
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
    .sort((a, b) => Number(b.required) - Number(a.required));
  return { ...shown, options, choices: named.choices?.map(withShown) };
}

/** Those whose name has what was typed, and first those that begin with it. */
export function matching(commands, typed) {
  const found = commands.filter((command) => command.shown.includes(typed));
  return found.sort((a, b) => Number(b.shown.startsWith(typed)) - Number(a.shown.startsWith(typed)));
}

/** The command that `text` uses, or undefined. */
export function commandIn(text, commands) {
  const name = /^\/(\S+)/.exec(text)?.[1];
  return commands.find((command) => command.shown === name || command.name === name);
}

/**
 * The options in `text` as `{option, text, start, end}`, and as `loose` the text that belongs to none.
 *
 * Text before the first `name:` is for the first required option, strings before others.
 */
export function optionsIn(text, command) {
  const head = /^\/\S+\s*/.exec(text)[0].length;
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
  const required = command.options.filter((option) => option.required);
  return required.find((option) => option.type === 3) ?? required[0] ?? command.options[0];
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
