"""One line for what came of an order, of what the bot's log and Discord know."""

import time
from typing import Any

import pytest

from sandbox.discord.interactions import COMMAND, COMPONENT, MODAL_SUBMIT
from sandbox.discord.seed import seed
from sandbox.discord.state import GUILD_TEXT, Interaction, Message
from sandbox.orders import Orders

BUTTON = {"type": 1, "components": [{"type": 2, "custom_id": "again:1", "label": "Again"}]}
CAME = "INFO    bot.orders: order 7: it came by interaction 5"


def ended(state: str, pictures: str, credits: str) -> str:
    revision = f"reply updated to revision 3 ({state}); pictures: {pictures}, credits: {credits}"
    return f"INFO    bot.replies.reconciler: order 7: {revision}"


def told(kind: int, data: dict[str, Any], *lines: str) -> list[tuple[str, str, str, bool]]:
    found: list[tuple[str, str, str, bool]] = []
    world = seed(time.time)
    channel = next(one for one in world.channels.values() if one.type == GUILD_TEXT)
    asked = Interaction("5", "t", kind, world.guild.owner_id, channel.id, data, 0.0, "en-US", message_id="6")
    world.interactions["5"] = asked
    world.messages[channel.id] = {"6": Message("6", channel.id, world.bot_id, "", components=[BUTTON])}
    orders = Orders(world, lambda *one: found.append(one))
    for line in lines:
        orders.read(line)
    return found


IMAGINE = {"name": "imagine", "options": [{"name": "prompt", "type": 3, "value": "a fox"}]}


@pytest.mark.parametrize(
    ("kind", "data", "what"),
    [
        (COMMAND, IMAGINE, "a fox"),
        (COMMAND, {"name": "Vary"}, "/Vary"),
        (COMPONENT, {"custom_id": "again:1"}, "Again"),
        (COMPONENT, {"custom_id": "gone:1"}, "a press"),
        (MODAL_SUBMIT, {"components": [{"component": {"custom_id": "prompt", "value": "an owl"}}]}, "an owl"),
        (MODAL_SUBMIT, {"components": []}, "a form"),
    ],
)
def test_it_says_who_asked_for_what(kind: int, data: dict[str, Any], what: str) -> None:
    ((name, said, result, is_good),) = told(kind, data, CAME, ended("done", "1 of 1", "3"))
    assert (name, said, result, is_good) == ("Ada", what, "0.0 s, 3 credits", True)


@pytest.mark.parametrize(
    ("line", "result", "is_good"),
    [
        (ended("done", "4 of 4", "12"), "4 pictures, 0.0 s, 12 credits", True),
        (ended("done", "3 of 4", "6.5"), "3 of 4 pictures, 0.0 s, 6.5 credits", True),
        (ended("done", "1 of 1", "1"), "0.0 s, 1 credit", True),
        (ended("failed", "0 of 1", "0"), "failed, 0.0 s", False),
    ],
)
def test_it_says_how_it_ended(line: str, result: str, is_good: bool) -> None:
    assert told(COMMAND, IMAGINE, CAME, line, line) == [("Ada", "a fox", result, is_good)]


def test_what_has_not_ended_or_is_not_known_is_not_told() -> None:
    assert told(COMMAND, IMAGINE, CAME, ended("running", "0 of 1", "0")) == []
    assert told(COMMAND, IMAGINE, ended("done", "1 of 1", "3")) == []
