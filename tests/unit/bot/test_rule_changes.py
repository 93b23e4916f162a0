"""Whatever stands in the audit can be read: also what the owner of the bot did, and what nobody here knows."""

from typing import Any

import pytest

from bot.messages.rules import change_lines
from bot.messages.words import ENGLISH


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        ({"blocked": ["17", "spam", None]}, ["<@17> is blocked for good (spam)"]),
        ({"lifted": "17"}, ["<@17> is not blocked any more"]),
        (
            {"is_allowed": [None, True], "shut_reason": ["a*b", None]},
            ["Let in by the owner of this bot: no → yes", "Reason: a\\*b → none"],
        ),
        (
            {"locale": [None, "de"]},
            ["Language of what everybody sees: as the server has it with Discord → Deutsch"],
        ),
        ({"spoilers": [None, "roles"]}, ["Pictures as spoilers: never, unless asked for → for some roles"]),
        ({"defaults.shape": ["tall", "gone"]}, ["Shape: Tall, 864 × 1536 → gone"]),
        ({"roles.5": [None, {}]}, ["<@&5>: as everybody else → no limit"]),
        ({"moods": [1, "calm"], "odd": 3}, ["moods: 1 → calm", "odd"]),
    ],
)
def test_it_is_said(change: dict[str, Any], lines: list[str]) -> None:
    assert change_lines(change, ENGLISH, {"de": "Deutsch"}) == lines
