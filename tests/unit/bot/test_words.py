"""Every language says all that there is to say, and fills in what is to be filled in."""

import ast
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.numbers import format_decimal
from discord import app_commands

from bot.client import commands
from bot.messages.words import ENGLISH, Languages
from core.operations import MODELS
from tests.catalogue import ROOT, messages, read, translations

LANGUAGES = sorted(translations().items())


def test_there_is_a_language_besides_english() -> None:
    assert [language for language, _file in LANGUAGES] == ["de"]


@pytest.mark.parametrize(("language", "file"), LANGUAGES)
def test_a_language_is_complete_and_has_nothing_that_is_no_longer_said(language: str, file: Path) -> None:
    said = {message.id for message in messages() if message.id}
    translated = {message.id: message for message in read(language, file) if message.id}
    assert {id_ for id_ in said if not _is_filled_in(translated.get(id_))} == set()
    assert translated.keys() - said == set(), "run python -m tests.catalogue"


def test_what_is_said_in_the_midst_of_a_text_is_gathered_too() -> None:
    """What gathers the texts does not look into an f-string."""
    said = {text for message in messages() for text in _forms(message.id)}
    for file in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            name = node.func if isinstance(node, ast.Call) else None
            if isinstance(name, ast.Attribute | ast.Name) and isinstance(node, ast.Call) and node.args:
                first = node.args[0]
                is_said = (name.attr if isinstance(name, ast.Attribute) else name.id) in ("say", "plural")
                if is_said and isinstance(first, ast.Constant):
                    assert first.value in said, file.name


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


def _forms(text: Any) -> list[str]:
    return [str(form) for form in (text if isinstance(text, list | tuple) else [text])]


def _pairs(language: str, file: Path) -> Iterator[tuple[list[str], list[str]]]:
    """What is said in English, and how in this language; of a plural, all forms."""
    for message in read(language, file):
        if message.id:
            yield _forms(message.id), _forms(message.string)


def _names() -> dict[str, set[str]]:
    """What members type: the commands, and the options of any."""
    leaves = [
        leaf
        for command in commands()
        for leaf in (command.walk_commands() if isinstance(command, app_commands.Group) else [command])
    ]
    options = {
        option.name for leaf in leaves if isinstance(leaf, app_commands.Command) for option in leaf.parameters
    }
    return {"/": {command.name for command in commands()}, ":": options}


@pytest.mark.parametrize(("language", "file"), LANGUAGES)
def test_commands_and_options_are_named_as_the_member_sees_them(language: str, file: Path) -> None:
    say, named = Languages().of(language), _names()
    said = 0
    for ids, texts in _pairs(language, file):
        for before, names in named.items():
            pattern = r"/([\w-]+)" if before == "/" else r"(\w+): "
            english = {
                n for id_ in ids for code in re.findall("`([^`]+)`", id_) for n in re.findall(pattern, code)
            }
            wanted = {say(name) for name in english & names}
            found = {
                n
                for text in texts
                for code in re.findall("`([^`]+)`", text)
                for n in re.findall(pattern, code)
            }
            assert wanted <= found, ids
            assert not (found & names) - wanted, ids
            said += len(wanted)
    assert said >= 4


@pytest.mark.parametrize(("language", "file"), LANGUAGES)
def test_numbers_in_a_translation_are_written_in_its_way(language: str, file: Path) -> None:
    mark = Locale.parse(language).number_symbols["latn"]["decimal"]
    for _ids, texts in _pairs(language, file):
        for text in texts:
            plain = re.sub("|".join(re.escape(model.title) for model in MODELS.values()), "", text)
            assert {found[1] for found in re.finditer(r"\d([.,])\d", plain)} <= {mark}, text


@pytest.mark.parametrize("language", ["en", *(language for language, _file in LANGUAGES)])
@pytest.mark.parametrize(
    "text", ["0.5", "2.50", "9999", "12345", "1234567", "10000.5", "123456.78", "-12345"]
)
def test_a_number_is_written_as_the_unicode_consortium_says(language: str, text: str) -> None:
    number: Decimal | int = Decimal(text) if "." in text else int(text)
    places = len(text.partition(".")[2])
    pattern = ("#,##0" if max(number, -number) >= 10_000 else "0") + (f".{'0' * places}" if places else "")
    wanted = format_decimal(number, format=pattern, locale=language)
    say = Languages().of(language)
    assert say("{n}", n=number) == wanted
    if isinstance(number, int):
        assert say.plural("{count}", "{count}", number) == wanted


def test_what_is_no_number_to_be_read_stays_as_it_is() -> None:
    german = Languages().of("de")
    assert german("{id} {seed} {on}", id=1575673803659280389, seed="4294967295", on=True) == (
        "1575673803659280389 4294967295 True"
    )


def test_a_region_gets_its_language_and_an_unknown_one_english() -> None:
    languages = Languages()
    assert languages.of("de")("Cancel") == "Abbrechen"
    assert languages.of("de-AT")("Cancel") == "Abbrechen"
    assert languages.of("pt-BR")("Cancel") == "Cancel"
    assert languages.of("pt-BR").signs is languages.of("de").signs is languages.signs


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
