/** Points in time as Discord writes them. */

import { locale } from "./locale.js";

const REFRESH_MILLISECONDS = 3000;

const FORMATS = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};

const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

function format(date, options) {
  return new Intl.DateTimeFormat(locale, options).format(date);
}

function relative(date) {
  const seconds = Math.round((date - Date.now()) / 1000);
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(locale).format(Math.trunc(seconds / size), unit);
}

/** `<t:unix:style>` as an element; the relative ones are kept up to date by `keepCurrent`. */
export function timestamp(unixSeconds, style) {
  const date = new Date(unixSeconds * 1000);
  const element = document.createElement("time");
  element.className = "timestamp";
  if (Number.isNaN(date.getTime())) {
    element.textContent = "Invalid date";
    return element;
  }
  element.dateTime = date.toISOString();
  element.title = format(date, FORMATS.F);
  element.textContent = style === "R" ? relative(date) : format(date, FORMATS[style]);
  if (style === "R") {
    element.dataset.relative = "";
    // A screen reader is not to read each second aloud.
    element.setAttribute("aria-live", "off");
  }
  return element;
}

export function keepCurrent(root) {
  setInterval(() => {
    for (const element of root.querySelectorAll("time[data-relative]")) {
      const text = relative(new Date(element.dateTime));
      if (element.textContent !== text) element.textContent = text;
    }
  }, REFRESH_MILLISECONDS);
}

export function dayOf(message) {
  return format(new Date(message.timestamp), FORMATS.D);
}

export function clockOf(message) {
  return format(new Date(message.timestamp), FORMATS.t);
}

/** As it stands beside an author: without the day if that is today. */
export function sentAt(message) {
  const date = new Date(message.timestamp);
  const element = document.createElement("time");
  const isToday = date.toDateString() === new Date().toDateString();
  element.dateTime = date.toISOString();
  element.title = format(date, FORMATS.F);
  element.textContent = isToday
    ? format(date, FORMATS.t)
    : format(date, { dateStyle: "short", timeStyle: "short" });
  return element;
}
