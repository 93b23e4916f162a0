/** What a member typed for an option, turned into its value or into what is wrong with it. */

import { nameOf } from "./directory.js";

const STRING = 3;
const INTEGER = 4;
export const BOOLEAN = 5;
export const USER = 6;
export const CHANNEL = 7;
const NUMBER = 10;
export const ATTACHMENT = 11;

const NUMBER_MAX = 2 ** 53;

const TYPE_NAMES = {
  [STRING]: "text",
  [INTEGER]: "whole number",
  [BOOLEAN]: "true or false",
  [USER]: "member",
  [CHANNEL]: "channel",
  [NUMBER]: "number",
  [ATTACHMENT]: "file",
};

class Problem extends Error {}

/** `{options}` as Discord's client sends them, or `{problem, option}` for the first thing that is wrong. */
export function readValues(command, spans, known) {
  const options = [];
  for (const span of spans) {
    const { value, problem } = readValue(span.option, span.text, known);
    if (problem) return { problem, option: span.option };
    options.push({ name: span.option.name, type: span.option.type, value });
  }
  const missing = command.options.find((one) => one.required && !spans.some((span) => span.option === one));
  return missing ? { problem: `${missing.shown} is required`, option: missing } : { options };
}

/**
 * `known` is `{directory, choices, files}`, where `choices(option)` are those that the bot proposed; the value of a
 * file is the file itself.
 */
export function readValue(option, text, known) {
  try {
    if (!text) throw new Problem(`${option.shown} needs a value`);
    return { value: convert(option, text, known) };
  } catch (error) {
    if (error instanceof Problem) return { problem: error.message };
    throw error;
  }
}

export function typeOf(option) {
  return option.choices ? "choice" : (TYPE_NAMES[option.type] ?? "unknown");
}

function convert(option, text, { directory, choices, files }) {
  const offered = option.choices ?? choices(option);
  const chosen = offered.find((one) => (one.shown ?? one.name) === text || String(one.value) === text);
  if (chosen) return chosen.value;
  if (option.choices)
    throw new Problem(`${option.shown} must be one of ${option.choices.map((one) => one.shown).join(", ")}`);
  switch (option.type) {
    case STRING:
      return checkLength(option, text);
    case INTEGER:
    case NUMBER:
      return checkNumber(option, text);
    case BOOLEAN:
      return readBoolean(option, text);
    case USER:
      return idOf(option, text, "@", directory.users, (user) => [nameOf(user), user.username]);
    case CHANNEL:
      return idOf(option, text, "#", directory.textChannels, (channel) => [channel.name]);
    case ATTACHMENT:
      return fileOf(option, text, files);
    default:
      throw new Problem(`${option.shown} is of a kind that this page cannot fill in`);
  }
}

function fileOf(option, text, files) {
  const file = files.get(text);
  if (!file) throw new Problem(`${option.shown}: choose a file`);
  return file;
}

function checkLength(option, text) {
  const { shown, min_length: low = 0, max_length: high = Infinity } = option;
  const length = [...text].length;
  if (length < low) throw new Problem(`${shown} must have at least ${low} characters`);
  if (length > high) throw new Problem(`${shown} must have at most ${high} characters`);
  return text;
}

function checkNumber(option, text) {
  const { shown, min_value: low = -NUMBER_MAX, max_value: high = NUMBER_MAX } = option;
  const pattern = option.type === INTEGER ? /^[+-]?\d+$/ : /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  if (!pattern.test(text)) throw new Problem(`${shown} must be a ${typeOf(option)}`);
  const value = Number(text);
  if (value < low) throw new Problem(`${shown} must be at least ${low}`);
  if (value > high) throw new Problem(`${shown} must be at most ${high}`);
  return value;
}

function readBoolean(option, text) {
  const word = text.toLowerCase();
  if (word !== "true" && word !== "false") throw new Problem(`${option.shown} must be True or False`);
  return word === "true";
}

function idOf(option, text, sign, all, namesOf) {
  const id = /^<[@#]!?(\d+)>$/.exec(text)?.[1] ?? text;
  const name = text.startsWith(sign) ? text.slice(1) : text;
  const found = all.find(
    (one) => one.id === id || namesOf(one).some((known) => known.toLowerCase() === name.toLowerCase()),
  );
  if (!found) throw new Problem(`${option.shown}: there is no ${typeOf(option)} called ${name}`);
  return found.id;
}
