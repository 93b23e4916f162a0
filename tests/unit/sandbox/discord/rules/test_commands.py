from typing import Any

import pytest

from sandbox.discord.rules.commands import read_command
from sandbox.discord.rules.form import Form, Node
from tests.unit.sandbox.discord.refusals import wrong

SUBCOMMAND, GROUP = 1, 2
STRING, INTEGER, BOOLEAN, NUMBER, ATTACHMENT = 3, 4, 5, 10, 11


def command(*options: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": "imagine", "description": "Paints", "options": list(options), **fields}


def option(kind: int = STRING, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "name": "prompt", "description": "What to paint", **fields}


def choices(*values: Any) -> list[dict[str, Any]]:
    return [{"name": f"choice {n}", "value": value} for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": "x" * 32}, []),
        ({"name": "x" * 33}, ["name: APPLICATION_COMMAND_INVALID_NAME", "name: BASE_TYPE_BAD_LENGTH"]),
        ({"name": "bild_malen-2"}, []),
        ({"name": "Imagine"}, ["name: APPLICATION_COMMAND_INVALID_NAME"]),
        ({"name": "im agine"}, ["name: APPLICATION_COMMAND_INVALID_NAME"]),
        ({"description": "x" * 100}, []),
        ({"description": "x" * 101}, ["description: BASE_TYPE_BAD_LENGTH"]),
        ({"description": None}, ["description: BASE_TYPE_REQUIRED"]),
        ({"name_localizations": {"de": "malen", "sv-SE": "måla"}}, []),
        ({"name_localizations": {"german": "malen"}}, ["name_localizations.german: ENUM_TYPE_COERCE"]),
        (
            {"description_localizations": {"de": "x" * 101}},
            ["description_localizations.de: BASE_TYPE_BAD_LENGTH"],
        ),
        ({"contexts": [0, 1, 2]}, []),
        ({"contexts": [3]}, ["contexts.0: BASE_TYPE_CHOICES"]),
        ({"default_member_permissions": "many"}, ["default_member_permissions: NUMBER_TYPE_COERCE"]),
        ({"type": 2}, ["type: BASE_TYPE_CHOICES"]),
        ({"descripton": "x"}, ["descripton: UNKNOWN_FIELD"]),
    ],
)
def test_a_command(fields: dict[str, Any], expected: list[str]) -> None:
    assert wrong(read_command, command(**fields)) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([option(name=f"o{n}") for n in range(25)], []),
        ([option(name=f"o{n}") for n in range(26)], ["options: BASE_TYPE_MAX_LENGTH"]),
        ([option(), option()], ["options.1.name: APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED"]),
        ([option(required=True), option(name="b")], []),
        (
            [option(), option(name="b", required=True)],
            ["options.1: APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"],
        ),
        ([option(type=12)], ["options.0.type: BASE_TYPE_CHOICES"]),
        ([option(ATTACHMENT, required=True)], []),
        ([option(description="")], ["options.0.description: BASE_TYPE_REQUIRED"]),
        ([option(choices=choices(*map(str, range(25))))], []),
        ([option(choices=choices(*map(str, range(26))))], ["options.0.choices: BASE_TYPE_MAX_LENGTH"]),
        ([option(choices=choices("x" * 100))], []),
        ([option(choices=choices("x" * 101))], ["options.0.choices.0.value: BASE_TYPE_BAD_LENGTH"]),
        ([option(choices=choices(1))], ["options.0.choices.0.value: BASE_TYPE_BAD_LENGTH"]),
        ([option(choices=[{"value": "x"}])], ["options.0.choices.0.name: BASE_TYPE_REQUIRED"]),
        ([option(choices=[{"name": "x"}])], ["options.0.choices.0.value: BASE_TYPE_BAD_LENGTH"]),
        ([option(INTEGER, choices=choices(1, -2))], []),
        ([option(INTEGER, choices=choices(1.5))], ["options.0.choices.0.value: BASE_TYPE_BAD_LENGTH"]),
        ([option(INTEGER, choices=choices(True))], ["options.0.choices.0.value: BASE_TYPE_BAD_LENGTH"]),
        ([option(NUMBER, choices=choices(1, 1.5))], []),
        ([option(choice=[])], ["options.0.choice: UNKNOWN_FIELD"]),
        (
            [option(choices=[{"name": "x", "value": "x", "label": "x"}])],
            ["options.0.choices.0.label: UNKNOWN_FIELD"],
        ),
        ([option(autocomplete=True)], []),
        (
            [option(autocomplete=True, choices=choices("x"))],
            ["options.0: APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID"],
        ),
        (
            [option(BOOLEAN, autocomplete=True)],
            ["options.0: APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID"],
        ),
        ([option(max_length=6000)], []),
        ([option(max_length=6001)], ["options.0.max_length: NUMBER_TYPE_MAX"]),
    ],
)
def test_its_options(options: list[dict[str, Any]], expected: list[str]) -> None:
    assert wrong(read_command, command(*options)) == expected


def texts(count: int, *, of: int) -> list[dict[str, Any]]:
    return [option(name=f"o{n}", description="x" * (of - 2)) for n in range(count)]


def sub(*options: dict[str, Any], kind: int = SUBCOMMAND, name: str = "vary") -> dict[str, Any]:
    return option(kind, name=name, options=list(options))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([sub(), sub(option(), name="extend"), sub(sub(), kind=GROUP, name="upscale")], []),
        ([sub(), option()], ["options: APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"]),
        ([sub(sub())], ["options.0.options.0.type: BASE_TYPE_CHOICES"]),
        ([sub(option(), kind=GROUP)], ["options.0.options.0.type: BASE_TYPE_CHOICES"]),
        ([sub(sub(sub(), kind=GROUP), kind=GROUP)], ["options.0.options.0.type: BASE_TYPE_CHOICES"]),
        ([sub(kind=GROUP)], ["options.0.options: BASE_TYPE_REQUIRED"]),
        ([sub(*(option(name=f"o{n}") for n in range(26)))], ["options.0.options: BASE_TYPE_MAX_LENGTH"]),
        ([sub(name=f"o{n}") for n in range(26)], ["options: BASE_TYPE_MAX_LENGTH"]),
        (
            [sub(option(), option(name="b", required=True))],
            ["options.0.options.1: APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"],
        ),
        ([sub(), sub()], ["options.1.name: APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED"]),
        ([sub(name="Vary it")], ["options.0.name: APPLICATION_COMMAND_INVALID_NAME"]),
        # The texts of all levels count: 13 of the command, 15 of each subcommand, and what is in it.
        ([sub(*texts(3, of=100), name=f"s{n}") for n in range(25)], []),
        ([sub(*texts(4, of=100), name=f"s{n}") for n in range(25)], [": APPLICATION_COMMAND_TOO_LARGE"]),
    ],
)
def test_its_subcommands(options: list[dict[str, Any]], expected: list[str]) -> None:
    assert wrong(read_command, command(*options)) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": "Change this picture"}, []),
        ({"name": "x" * 33}, ["name: BASE_TYPE_BAD_LENGTH"]),
        ({"name": "x", "description": "x"}, ["description: APPLICATION_COMMAND_FIELD_FORBIDDEN"]),
        ({"name": "x", "options": [option()]}, ["options: APPLICATION_COMMAND_FIELD_FORBIDDEN"]),
    ],
)
def test_a_command_on_a_message(fields: dict[str, Any], expected: list[str]) -> None:
    assert wrong(read_command, {"type": 3, **fields}) == expected
    if not expected:
        assert read_command(Node({"type": 3, **fields}, Form()))["description"] == ""


@pytest.mark.parametrize(("more", "expected"), [(0, []), (1, [": APPLICATION_COMMAND_TOO_LARGE"])])
def test_all_of_its_texts_have_8000_characters(more: int, expected: list[str]) -> None:
    named = {"name": "n" * 10, "description": "d" * 90}
    # 100 of the command, and 100 + 25 * 2 * 77 of each of two options.
    full = [{"name": "c" * 77, "value": "v" * 77} for _ in range(25)]
    options = [{**option(choices=full), **named, "name": f"{n}" * 10} for n in range(2)]
    options[0]["description"] += "d" * more
    assert wrong(read_command, command(*options, **named)) == expected


def test_what_was_left_out_is_filled_in_as_discord_does() -> None:
    sent = {"name": "imagine", "description": "Paints", "default_member_permissions": 32}
    assert read_command(Node(sent, Form())) == {
        "type": 1,
        "name": "imagine",
        "description": "Paints",
        # Sent as a number, answered as a string.
        "default_member_permissions": "32",
        "dm_permission": True,
        "contexts": None,
        "integration_types": [0],
        "nsfw": False,
    }
