"""What is said to members, in the language in which each reads Discord.

The English text is the key of a message. `bot/locale/` has a gettext catalogue for each other language;
what a catalogue lacks is said in English.
"""

import gettext
from pathlib import Path

import discord
from discord import app_commands

LOCALE_DIRECTORY = Path(__file__).parent / "locale"
DOMAIN = "tigerbrush"


class Words:
    """One language. Calling it gives a text; the names in braces are filled in from `values`."""

    def __init__(self, translations: gettext.NullTranslations) -> None:
        self._translations = translations

    def __call__(self, text: str, /, **values: object) -> str:
        said = self._translations.gettext(text)
        return said.format(**values) if values else said

    def plural(self, one: str, many: str, count: int, /, **values: object) -> str:
        return self._translations.ngettext(one, many, count).format(count=count, **values)


ENGLISH = Words(gettext.NullTranslations())


class Languages:
    """All catalogues, read once."""

    def __init__(self, directory: Path = LOCALE_DIRECTORY) -> None:
        self._words = {
            path.parts[-3]: Words(gettext.translation(DOMAIN, directory, [path.parts[-3]]))
            for path in directory.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")
        }

    def of(self, locale: str) -> Words:
        """For a locale as Discord names it, such as `de` or `pt-BR`."""
        return self._words.get(locale) or self._words.get(locale.split("-")[0]) or ENGLISH


class Translator(app_commands.Translator):
    """Gives Discord the commands' names and descriptions in each language."""

    def __init__(self, languages: Languages) -> None:
        self._languages = languages

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        said = self._languages.of(locale.value)(string.message)
        return said if said != string.message else None
