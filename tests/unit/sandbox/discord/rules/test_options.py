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
        ({"prompt": "x", "image": "7"}, ["options.1.value: BASE_TYPE_CHOICES"]),
    ],
)
def test_what_a_member_fills_in(options: dict[str, Any], expected: list[str]) -> None:
    assert refused(lambda: read_options(COMMAND, given(**options), complete=True)) == expected


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
