/** The member's language, as one of those that Discord has. */

const LOCALES = (
  "id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th " +
  "zh-CN ja zh-TW ko"
).split(" ");

function discordLocale(tag) {
  if (LOCALES.includes(tag)) return tag;
  const language = tag.split("-")[0];
  if (language === "en") return "en-US";
  return LOCALES.find((known) => known.split("-")[0] === language) ?? "en-US";
}

export const locale = discordLocale(navigator.language || "en-US");

/** What `localizations` has for the member, or else the text that is meant for everyone. */
export function localised(text, localizations) {
  return localizations?.[locale] ?? text;
}
