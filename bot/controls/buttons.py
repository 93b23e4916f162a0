"""The buttons under orders and pictures. Their custom ids say what they are for, so they outlive every process.

What a press does registers itself in PRESSES: messages have buttons, and presses make messages.
"""

import re
from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Any, ClassVar, Self, TypeAlias

import discord
from discord import ui

from ops.logs import about_job

Say: TypeAlias = Callable[[str], str]  # from the English text to the one that is shown
Press: TypeAlias = Callable[..., Coroutine[Any, Any, None]]

PRESSES: dict[str, Press] = {}
"""By an Action, or by the name of another control. A press gets the interaction and the id of its target."""


class Action(StrEnum):
    CANCEL = "cancel"
    DROP = "drop"  # cancel, in the list of a member's queue
    AGAIN = "again"
    EDIT = "edit"
    PROMPT = "prompt"  # the whole of one that a card has no room for
    REOPEN = "reopen"  # edit, with what was typed and refused
    VARY = "vary"
    MORE = "more"
    OPEN = "open"  # the same, of a picture that it is made from
    SETTINGS = "settings"
    ORIGIN = "origin"
    LINK = "link"
    FAVOURITE = "favourite"
    REPORT = "report"
    DELETE = "delete"
    ERASE = "erase"
    KEEP = "keep"
    RESTORE = "restore"  # keep it, where the question stands in the picture's own place


ORDER_ACTIONS = (
    Action.CANCEL, Action.DROP, Action.AGAIN, Action.EDIT, Action.PROMPT, Action.REOPEN,
)  # fmt: skip

LOOKS = {
    Action.CANCEL: ("🚫", "Cancel"),
    Action.DROP: ("🚫", "Cancel"),
    Action.AGAIN: ("🔁", "Again"),
    Action.EDIT: ("✏️", "Edit"),
    Action.PROMPT: ("📜", "Whole prompt"),
    Action.REOPEN: ("✏️", "Open it again"),
    Action.VARY: ("🎲", "Vary"),
    Action.MORE: ("🧰", "More"),
    Action.OPEN: ("↗️", "Open"),
    Action.SETTINGS: ("📝", "Settings"),
    Action.ORIGIN: ("🔏", "Origin"),
    Action.LINK: ("📋", "Link"),
    Action.FAVOURITE: ("⭐", "Favourite"),
    Action.REPORT: ("🚩", "Report"),
    Action.DELETE: ("🗑️", "Delete"),
    Action.ERASE: ("🗑️", "Delete it for good"),
    Action.RESTORE: ("↩️", "Keep it"),
    Action.KEEP: ("↩️", "Keep it"),
}


class _Button(ui.DynamicItem[ui.Button[Any]], template="-"):
    target: ClassVar[str]

    def __init__(self, action: Action, target_id: int, say: Say = str, *, number: int | None = None) -> None:
        """`number` is all that it says where its target has one."""
        emoji, label = LOOKS[action]
        style = discord.ButtonStyle.danger if action is Action.ERASE else discord.ButtonStyle.secondary
        custom_id = f"{self.target}:{action}:{target_id}"
        button: ui.Button[Any] = ui.Button(style=style, label=say(label), emoji=emoji, custom_id=custom_id)
        if number is not None:
            button.label, button.emoji = str(number), None
        super().__init__(button)
        self._action = action
        self._target_id = target_id

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(Action(match["action"]), int(match["id"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        with about_job(self._target_id):
            await PRESSES[self._action](interaction, self._target_id)


def _template(target: str, *, of_orders: bool) -> str:
    actions = "|".join(action for action in Action if (action in ORDER_ACTIONS) is of_orders)
    return rf"{target}:(?P<action>{actions}):(?P<id>[0-9]{{1,18}})"


class OrderButton(_Button, template=_template("order", of_orders=True)):
    target = "order"


class PictureButton(_Button, template=_template("picture", of_orders=False)):
    target = "picture"
