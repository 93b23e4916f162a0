"""The buttons under orders and pictures. What each is for is in its custom id, so they outlive every process.

What a press does is registered by whoever does it: messages have buttons, and presses make messages.
"""

import re
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, ClassVar, Self, TypeAlias

import discord
from discord import ui

from ops.logs import about_job

Say: TypeAlias = Callable[[str], str]
"""From the English text to the one that is shown."""

Press: TypeAlias = Callable[[discord.Interaction[Any], int], Awaitable[None]]
"""What a press does; it is given the id of the order or of the picture."""


class Action(StrEnum):
    CANCEL = "cancel"
    DROP = "drop"
    """Cancel, in the list of a member's queue."""

    AGAIN = "again"
    EDIT = "edit"
    UPSCALE = "upscale"
    LINK = "link"
    FAVOURITE = "favourite"
    DELETE = "delete"
    ERASE = "erase"
    KEEP = "keep"
    RESTORE = "restore"
    """Keep it, where the question stands in the picture's own place."""


ORDER_ACTIONS = (Action.CANCEL, Action.DROP, Action.AGAIN, Action.EDIT)
PICTURE_ACTIONS = tuple(action for action in Action if action not in ORDER_ACTIONS)

LOOKS: dict[Action, tuple[str, str, discord.ButtonStyle]] = {
    Action.CANCEL: ("🚫", "Cancel", discord.ButtonStyle.secondary),
    Action.DROP: ("🚫", "Cancel", discord.ButtonStyle.secondary),
    Action.AGAIN: ("🔁", "Again", discord.ButtonStyle.secondary),
    Action.EDIT: ("✏️", "Edit", discord.ButtonStyle.secondary),
    Action.UPSCALE: ("🔍", "Upscale", discord.ButtonStyle.secondary),
    Action.LINK: ("📋", "Link", discord.ButtonStyle.secondary),
    Action.FAVOURITE: ("⭐", "Favourite", discord.ButtonStyle.secondary),
    Action.DELETE: ("🗑️", "Delete", discord.ButtonStyle.secondary),
    Action.ERASE: ("🗑️", "Delete it for good", discord.ButtonStyle.danger),
    Action.RESTORE: ("↩️", "Keep it", discord.ButtonStyle.secondary),
    Action.KEEP: ("↩️", "Keep it", discord.ButtonStyle.secondary),
}

_PRESSES: dict[Action, Press] = {}


def on(action: Action) -> Callable[[Press], Press]:
    """Registers what a press of this button does."""

    def register(press: Press) -> Press:
        _PRESSES[action] = press
        return press

    return register


class _Button(ui.DynamicItem[ui.Button[Any]], template="-"):
    of: ClassVar[str]

    def __init__(self, action: Action, target_id: int, say: Say = str) -> None:
        emoji, label, style = LOOKS[action]
        custom_id = f"{self.of}:{action}:{target_id}"
        super().__init__(ui.Button(style=style, label=say(label), emoji=emoji, custom_id=custom_id))
        self._action = action
        self._target_id = target_id

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(Action(match["action"]), int(match["id"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        with about_job(self._target_id):
            await _PRESSES[self._action](interaction, self._target_id)


def _template(of: str, actions: tuple[Action, ...]) -> str:
    return rf"{of}:(?P<action>{'|'.join(actions)}):(?P<id>[0-9]{{1,18}})"


class OrderButton(_Button, template=_template("order", ORDER_ACTIONS)):
    of = "order"


class PictureButton(_Button, template=_template("picture", PICTURE_ACTIONS)):
    of = "picture"
