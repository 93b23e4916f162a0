"""Every language says all that there is to say, and fills in what is to be filled in."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo

from bot.words import ENGLISH, Languages
from tests.catalogue import messages, read, translations

LANGUAGES = sorted(translations().items())


def test_there_is_a_language_besides_english() -> None:
    assert [language for language, _file in LANGUAGES] == ["de"]


@pytest.mark.parametrize(("language", "file"), LANGUAGES)
def test_a_language_is_complete_and_has_nothing_that_is_no_longer_said(language: str, file: Path) -> None:
    said = {message.id for message in messages() if message.id}
    translated = {message.id: message for message in read(language, file) if message.id}
    assert {id_ for id_ in said if not _is_filled_in(translated.get(id_))} == set()
    assert translated.keys() - said == set(), "run python -m tests.catalogue"


@pytest.mark.parametrize(("language", "file"), LANGUAGES)
def test_a_translation_fills_in_the_same(language: str, file: Path) -> None:
    for message in read(language, file):
        if message.id:
            wanted = set(re.findall(r"{(\w+)}", str(message.id)))
            assert set(re.findall(r"{(\w+)}", str(message.string))) == wanted, message.id


@pytest.mark.parametrize(("language", "file"), LANGUAGES)
def test_what_is_read_at_run_time_is_the_newest(language: str, file: Path) -> None:
    with file.with_suffix(".mo").open("rb") as compiled:
        current = _strings(read_mo(compiled))
    assert current == _strings(read(language, file)), "run python -m tests.catalogue"


def test_a_region_gets_its_language_and_an_unknown_one_english() -> None:
    languages = Languages()
    assert languages.of("de")("Cancel") == "Abbrechen"
    assert languages.of("de-AT")("Cancel") == "Abbrechen"
    assert languages.of("pt-BR")("Cancel") == "Cancel"
    assert languages.of("pt-BR") is ENGLISH


def test_a_member_cannot_put_a_field_into_a_text() -> None:
    assert ENGLISH("style {style}", style="{seed}") == "style {seed}"
    assert ENGLISH.plural("and {count} more", "and {count} more", 2) == "and 2 more"


def _strings(catalogue: Catalog) -> dict[str, str]:
    """A compiled catalogue has lists where the other has tuples."""
    return {_plain(message.id): _plain(message.string) for message in catalogue if message.id}


def _plain(text: object) -> str:
    return "|".join(text) if isinstance(text, list | tuple) else str(text)


def _is_filled_in(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(strings)
