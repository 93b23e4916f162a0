"""What became of each order: who asked and for what is known to Discord, how it ended to the log of the bot."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.discord.interactions import COMMAND, COMPONENT
from sandbox.discord.state import Interaction, World

_CAME = re.compile(r"order (?P<order>\d+): it came by interaction (?P<interaction>\d+)")
_ENDED = re.compile(
    r"order (?P<order>\d+): reply updated to revision \d+ "
    r"\((?P<state>done|failed|cancelled)\); pictures: (?P<pictures>\d+) of (?P<jobs>\d+), credits: (?P<credits>[\d.]+)$"
)
_LOGGERS = re.compile(r"\bbot\.(orders|replies\.reconciler): ")
"""The lines are believed of these alone."""


@dataclass(frozen=True, slots=True)
class _Asked:
    interaction_id: str
    at: float


class Orders:
    """`ended` is called with a member's name, what they asked for, how it ended, and whether well."""

    def __init__(self, world: World, ended: Callable[[str, str, str, bool], None]) -> None:
        self._world = world
        self._ended = ended
        self._asked: dict[str, _Asked] = {}
        self._waiting: dict[str, asyncio.Event] = {}

    def read(self, line: str) -> None:
        """A line of the bot's log."""
        if not _LOGGERS.search(line):
            return
        if came := _CAME.search(line):
            self._asked[came["order"]] = _Asked(came["interaction"], time.monotonic())
        elif (found := _ENDED.search(line)) and (asked := self._asked.pop(found["order"], None)):
            self._tell(asked, found)

    async def until_ended(self, interaction_id: str) -> None:
        await self._waiting.setdefault(interaction_id, asyncio.Event()).wait()

    def _tell(self, asked: _Asked, found: re.Match[str]) -> None:
        interaction = self._world.interactions.get(asked.interaction_id)
        if interaction is not None:
            user = self._world.users[interaction.user_id]
            result = ", ".join(_result(found, time.monotonic() - asked.at))
            name = user.global_name or user.username
            self._ended(name, self._what(interaction), result, found["state"] == "done")
        self._waiting.setdefault(asked.interaction_id, asyncio.Event()).set()

    def _what(self, interaction: Interaction) -> str:
        """Its words, or the button or command that needs none."""
        words = next(_values(interaction.data, "prompt"), "")
        if words:
            return words
        if interaction.type == COMMAND:
            return f"/{interaction.data['name']}"
        if interaction.type == COMPONENT:
            message = self._world.messages[interaction.channel_id].get(interaction.message_id or "")
            labels = _values(message.components if message else [], interaction.data["custom_id"], "label")
            return next(labels, "a press")
        return "a form"


def _result(found: re.Match[str], seconds: float) -> Iterator[str]:
    if found["state"] != "done":
        yield found["state"]
    elif found["pictures"] != found["jobs"]:
        yield f"{found['pictures']} of {found['jobs']} pictures"
    elif found["jobs"] != "1":
        yield f"{found['jobs']} pictures"
    yield f"{seconds:.1f} s"
    if found["credits"] != "0":
        yield "1 credit" if found["credits"] == "1" else f"{found['credits']} credits"


def _values(data: Any, name: str, field: str = "value") -> Iterator[str]:
    """The fields of whatever is called so, however deep in it: an option, a field of a form, a button."""
    if isinstance(data, list):
        for one in data:
            yield from _values(one, name, field)
    elif isinstance(data, dict):
        if name in (data.get("name"), data.get("custom_id")) and isinstance(data.get(field), str):
            yield data[field]
        for one in data.values():
            yield from _values(one, name, field)
