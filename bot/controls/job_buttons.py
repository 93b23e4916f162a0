"""The buttons under a job's message. What each is for is in its custom id, so they outlive every process."""

import re
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, Self

import discord
from discord import ui

from bot.messages.words import ENGLISH, Words
from bot.services import Interaction, services_of
from core.operations import Kind
from db.orders import Job
from ops.logs import about_job


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


Press = Callable[[Interaction, Action, int], Awaitable[None]]

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


class JobButton(
    ui.DynamicItem[ui.Button[Any]], template=rf"job:(?P<action>{'|'.join(Action)}):(?P<id>[0-9]{{1,18}})"
):
    def __init__(self, action: Action, job_id: int, say: Words = ENGLISH) -> None:
        emoji, label, style = LOOKS[action]
        super().__init__(
            ui.Button(style=style, label=say(label), emoji=emoji, custom_id=f"job:{action}:{job_id}")
        )
        self._action = action
        self._job_id = job_id

    @classmethod
    async def from_custom_id(
        cls, _interaction: Interaction, _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(Action(match["action"]), int(match["id"]))

    async def callback(self, interaction: Interaction) -> None:
        with about_job(self._job_id):
            await services_of(interaction).press(interaction, self._action, self._job_id)


def row(job_id: int, say: Words, *actions: Action) -> ui.ActionRow[Any]:
    return ui.ActionRow(*(JobButton(action, job_id, say) for action in actions))


def actions_of(job: Job) -> tuple[Action, ...]:
    """What can be done with a finished picture, beside looking at it."""
    makes_more = (Action.AGAIN, Action.EDIT) if job.kind is Kind.IMAGINE else ()
    larger = (Action.UPSCALE,) if makes_more and not job.is_expired else ()
    return (*makes_more, *larger, Action.FAVOURITE, Action.DELETE)
