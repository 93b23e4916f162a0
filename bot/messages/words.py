"""What is said to members, in the language in which each reads Discord.

The English text is the key of a message. `locale/` has a gettext catalogue for each other language; what a
catalogue lacks is said in English.
"""

import gettext
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import discord
from discord import app_commands

LOCALE_DIRECTORY = Path(__file__).parent / "locale"
DOMAIN = "tigerbrush"


GROUPED_FROM, GROUPED_UP_TO = 10_000, 10**12
"""Whole numbers that are written in groups of three; the ids of members and messages are larger."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a language writes in a number: before the decimals, and between groups of three digits."""

    decimal: str = "."
    group: str = ","


_MARKS = {"de": Marks(",", ".")}
"""Of each language that does not write them as English does; as the Unicode CLDR has them."""


class Words:
    """One language. Calling it gives a text; the names in braces are filled in from `values`.

    Numbers are written as the language writes them: what is no whole number is given as a Decimal, with as
    many decimals as it is to have. What is to be typed again, such as a seed, is given as a text.
    """

    def __init__(self, translations: gettext.NullTranslations, marks: Marks = Marks()) -> None:
        self._translations = translations
        self._marks = marks

    def __call__(self, text: str, /, **values: object) -> str:
        said = self._translations.gettext(text)
        return said.format(**self._written(values)) if values else said

    def plural(self, one: str, many: str, count: int, /, **values: object) -> str:
        said = self._translations.ngettext(one, many, count)
        return said.format(**self._written({"count": count, **values}))

    def _written(self, values: dict[str, object]) -> dict[str, object]:
        return {name: self._number(value) for name, value in values.items()}

    def _number(self, value: object) -> object:
        if not isinstance(value, int | Decimal):
            return value
        is_long = GROUPED_FROM <= max(value, -value) < GROUPED_UP_TO
        if isinstance(value, int) and not is_long:
            return value
        written = f"{value:,}" if is_long else f"{value:f}"
        marks = {ord("."): self._marks.decimal, ord(","): self._marks.group}
        return written.translate(marks)


def rounded(value: float, decimals: int) -> Decimal:
    """A number to be said, with so many decimals."""
    return Decimal(f"{value:.{decimals}f}")


ENGLISH = Words(gettext.NullTranslations())


class Languages:
    """All catalogues, read once."""

    def __init__(self, directory: Path = LOCALE_DIRECTORY) -> None:
        self._words = {
            path.parts[-3]: Words(
                gettext.translation(DOMAIN, directory, [path.parts[-3]]), _MARKS.get(path.parts[-3], Marks())
            )
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
