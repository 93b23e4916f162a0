from typing import Any

import pytest

from sandbox.discord.rules.options import read_options
from tests.unit.sandbox.discord.refusals import refused

COMMAND: dict[str, Any] = {
    "options": [
        {"type": 3, "name": "prompt", "required": True, "max_length": 5},
        {"type": 3, "name": "style", "required": False, "choices": [{"name": "Oil", "value": "oil"}]},
        {"type": 4, "name": "count", "required": False, "min_value": 1, "max_value": 4},
        {"type": 10, "name": "scale", "required": False},
        {"type": 5, "name": "private", "required": False},
        {"type": 6, "name": "for", "required": False},
        {"type": 11, "name": "image", "required": False},
    ]
}

FILES = {"0": "4242"}
NESTED: dict[str, Any] = {
    "options": [
        {"type": 1, "name": "vary", **COMMAND},
        {"type": 2, "name": "upscale", "options": [{"type": 1, "name": "fast"}]},
    ]
}


def given(**options: Any) -> dict[str, Any]:
    return {"options": [{"name": name, "value": value} for name, value in options.items()]}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"prompt": "x" * 5}, []),
        ({"prompt": "x" * 6}, ["options.0.value: BASE_TYPE_BAD_LENGTH"]),
        ({"prompt": ""}, ["options.0.value: BASE_TYPE_BAD_LENGTH"]),
        ({"prompt": 5}, ["options.0.value: APPLICATION_COMMAND_OPTIONS_VALUE_INVALID"]),
        ({}, ["options.prompt: BASE_TYPE_REQUIRED"]),
        ({"prompt": "x", "size": 1}, ["options.1.name: APPLICATION_COMMAND_OPTIONS_UNKNOWN"]),
        ({"prompt": "x", "style": "oil"}, []),
        ({"prompt": "x", "style": "Oil"}, ["options.1.value: BASE_TYPE_CHOICES"]),
        ({"prompt": "x", "count": 1}, []),
        ({"prompt": "x", "count": 0}, ["options.1.value: NUMBER_TYPE_MIN"]),
        ({"prompt": "x", "count": 4}, []),
        ({"prompt": "x", "count": 5}, ["options.1.value: NUMBER_TYPE_MAX"]),
        ({"prompt": "x", "count": 1.5}, ["options.1.value: APPLICATION_COMMAND_OPTIONS_VALUE_INVALID"]),
        ({"prompt": "x", "count": True}, ["options.1.value: APPLICATION_COMMAND_OPTIONS_VALUE_INVALID"]),
        ({"prompt": "x", "scale": 2**53}, []),
        ({"prompt": "x", "scale": 1.5}, []),
        ({"prompt": "x", "scale": 2**53 + 2}, ["options.1.value: NUMBER_TYPE_MAX"]),
        ({"prompt": "x", "private": True}, []),
        ({"prompt": "x", "private": 1}, ["options.1.value: APPLICATION_COMMAND_OPTIONS_VALUE_INVALID"]),
        ({"prompt": "x", "for": 7}, ["options.1.value: APPLICATION_COMMAND_OPTIONS_VALUE_INVALID"]),
        ({"prompt": "x", "image": "0"}, []),
        ({"prompt": "x", "image": "1"}, ["options.1.value: APPLICATION_COMMAND_OPTIONS_VALUE_INVALID"]),
    ],
)
def test_what_a_member_fills_in(options: dict[str, Any], expected: list[str]) -> None:
    assert refused(lambda: read_options(COMMAND, given(**options), complete=True, files=FILES)) == expected


def test_an_option_has_no_other_fields() -> None:
    sent = {"options": [{"name": "prompt", "value": "x", "values": ["x"]}]}
    refusal = refused(lambda: read_options(COMMAND, sent, complete=True))
    assert refusal == ["options.0.values: UNKNOWN_FIELD"]


def test_the_bot_gets_the_types_from_the_command() -> None:
    assert read_options(COMMAND, given(prompt="x", count=2), complete=True) == [
        {"type": 3, "name": "prompt", "value": "x"},
        {"type": 4, "name": "count", "value": 2},
    ]


def test_while_typing_options_may_be_missing_or_half_written() -> None:
    typing = {"options": [{"name": "style", "value": "o", "focused": True}, {"name": "count", "value": ""}]}
    assert read_options(COMMAND, typing, complete=False) == [
        {"type": 3, "name": "style", "value": "o", "focused": True},
        {"type": 4, "name": "count", "value": ""},
    ]


def test_a_focus_is_no_way_around_the_checks_of_a_command() -> None:
    sent = {"options": [{"name": "prompt", "value": "x" * 6, "focused": True}]}
    refusal = refused(lambda: read_options(COMMAND, sent, complete=True))
    assert refusal == ["options.0.value: BASE_TYPE_BAD_LENGTH"]


def nested(*path: str, **options: Any) -> dict[str, Any]:
    found = given(**options)
    for name in reversed(path):
        found = {"options": [{"name": name, **found}]}
    return found


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (nested("vary", prompt="x"), []),
        (nested("upscale", "fast"), []),
        (nested("vary"), ["options.0.options.prompt: BASE_TYPE_REQUIRED"]),
        (nested("vary", prompt="x" * 6), ["options.0.options.0.value: BASE_TYPE_BAD_LENGTH"]),
        (nested("upscale"), ["options.0.options: BASE_TYPE_BAD_LENGTH"]),
        (nested("extend"), ["options.0.name: APPLICATION_COMMAND_OPTIONS_UNKNOWN"]),
        (given(), ["options: BASE_TYPE_BAD_LENGTH"]),
        ({"options": [{"name": "vary"}] * 2}, ["options: BASE_TYPE_BAD_LENGTH"]),
        (
            given(prompt="x"),
            ["options.0.name: APPLICATION_COMMAND_OPTIONS_UNKNOWN", "options.0.value: UNKNOWN_FIELD"],
        ),
    ],
)
def test_one_subcommand_is_used_with_its_options(sent: dict[str, Any], expected: list[str]) -> None:
    assert refused(lambda: read_options(NESTED, sent, complete=True)) == expected


def test_the_bot_gets_the_options_where_they_stand() -> None:
    told = read_options(NESTED, nested("vary", prompt="x", image=0), complete=True, files=FILES)
    assert told == [
        {
            "type": 1,
            "name": "vary",
            "options": [
                {"type": 3, "name": "prompt", "value": "x"},
                {"type": 11, "name": "image", "value": "4242"},
            ],
        }
    ]
    told = read_options(NESTED, nested("upscale", "fast"), complete=True)
    assert told == [{"type": 2, "name": "upscale", "options": [{"type": 1, "name": "fast", "options": []}]}]
