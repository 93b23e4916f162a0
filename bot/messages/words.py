"""What is said to members, in the language in which each reads Discord.

The English text is the key of a message in the gettext catalogues of `locale/`; what these lack is said in English.
"""

import gettext
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import discord
from discord import app_commands

from bot.emoji.signs import Signs
from core.errors import Term

LOCALE_DIRECTORY = Path(__file__).parent / "locale"
DOMAIN = "tigerbrush"

_GROUPED_FROM, _GROUPED_UP_TO = 10_000, 10**12
"""Numbers that are written in groups of three digits; ids are larger."""

_MARKS: Mapping[str, Mapping[int, str]] = {"de": {ord("."): ",", ord(","): "."}}
"""The decimal and the group mark of languages in which they are not English, by the Unicode CLDR."""


class Words:
    """One language. Calling it gives a text; the names in braces are filled in from `values`.

    Numbers are written as the language writes them; a Decimal with the decimals that it has. What is to be typed
    again, like a seed, is given as a text.
    """

    def __init__(
        self, translations: gettext.NullTranslations, marks: Mapping[int, str], signs: Signs | None = None
    ) -> None:
        self._translations = translations
        self._marks = marks
        self.signs = signs or Signs()

    def __call__(self, text: str, /, **values: object) -> str:
        said = self._translations.gettext(text)
        return self._fill_in(said, values) if values else said

    def plural(self, one: str, many: str, count: int, /, **values: object) -> str:
        return self._fill_in(self._translations.ngettext(one, many, count), {"count": count, **values})

    def _fill_in(self, text: str, values: dict[str, object]) -> str:
        return text.format(**{name: self._written(value) for name, value in values.items()})

    def _written(self, value: object) -> object:
        if isinstance(value, Term):
            return self(value)
        if not isinstance(value, int | Decimal):
            return value
        is_long = _GROUPED_FROM <= max(value, -value) < _GROUPED_UP_TO
        if isinstance(value, int) and not is_long:
            return value
        return (f"{value:,}" if is_long else f"{value:f}").translate(self._marks)


def rounded(value: float, decimals: int) -> Decimal:
    return Decimal(f"{value:.{decimals}f}")


def amount(credits: Decimal) -> tuple[int, Decimal]:
    """What chooses the form of the word, and the number as it is written."""
    return 1 if credits == 1 else 2, Decimal(f"{credits.normalize():f}")


ENGLISH = Words(gettext.NullTranslations(), {})


class Languages:
    """All catalogues, read once. They share the signs."""

    def __init__(self, directory: Path = LOCALE_DIRECTORY) -> None:
        self.signs = Signs()
        self._english = Words(gettext.NullTranslations(), {}, self.signs)
        languages = [path.parts[-3] for path in directory.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")]
        self._words = {
            one: Words(gettext.translation(DOMAIN, directory, [one]), _MARKS.get(one, {}), self.signs)
            for one in languages
        }

    @property
    def names(self) -> dict[str, str]:
        """Of each language, as it calls itself, by Discord's name for it."""
        return {"en-US": "English"} | {one: say("English") for one, say in sorted(self._words.items())}

    def of(self, locale: str) -> Words:
        """For a locale as Discord names it, such as `de` or `pt-BR`."""
        return self._words.get(locale) or self._words.get(locale.split("-")[0]) or self._english


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
