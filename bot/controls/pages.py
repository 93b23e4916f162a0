"""The controls of a panel: one message with pages that is edited in place. Custom ids are `PANEL:CONTROL[:ARGUMENT]`,
and say all that a press needs, so a panel outlives every process.

What a control does is registered as `PANEL:CONTROL`, and gets the interaction, the argument and what was chosen; what
a form does as `form PANEL:CONTROL`, and gets what was filled in by the names of the fields.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self, cast

import discord
from discord import ui

from bot.controls.buttons import PRESSES
from bot.controls.edit_modal import fields_of
from bot.controls.modal import new_modal

PANELS = ("settings", "owner", "me", "report", "queue")
CUSTOM_ID = re.compile(
    rf"(?P<name>(?:{'|'.join(PANELS)}):[a-z-]{{1,30}})(?::(?P<argument>.{{0,90}}))?", re.DOTALL
)
OUTDATED = "outdated"
"""What a press does for which nothing is registered: its panel was made by another version."""

OPTIONS_MAX = 25
_ID = re.compile("[1-9][0-9]{0,18}")
_ID_MAX = 2**63 - 1  # the largest number that Postgres takes

_ROLE, _CHANNEL = discord.SelectDefaultValueType.role, discord.SelectDefaultValueType.channel

Typed = Mapping[str, Sequence[str]]
"""By the custom ids of a form's fields; of a text input the one text."""


class Control(ui.DynamicItem[ui.Item[Any]], template=CUSTOM_ID):
    """A button, or a menu of any kind. discord.py knows one class a template, so that all of them are of this one."""

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: ui.Item[Any], _match: re.Match[str], /
    ) -> Self:
        return cls(item)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        match = CUSTOM_ID.fullmatch(self.custom_id)
        if match is None:
            raise AssertionError("it is made with an id that fits")
        handle = PRESSES.get(match["name"]) or PRESSES[OUTDATED]
        await handle(
            interaction, match["argument"] or "", fields_of(interaction.data).get(self.custom_id, ())
        )


async def submitted(interaction: discord.Interaction[Any], match: re.Match[str]) -> None:
    """What a form with a custom id that matches does."""
    handle = PRESSES.get(f"form {match['name']}") or PRESSES[OUTDATED]
    await handle(interaction, match["argument"] or "", fields_of(interaction.data))


def ids(values: Iterable[str]) -> list[int]:
    """Those of what was chosen that are ids: whoever forges a press may send any text."""
    return [int(value) for value in values if _ID.fullmatch(value) and int(value) <= _ID_MAX]


def button(
    custom_id: str,
    label: str | None = None,
    emoji: str | None = None,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    *,
    disabled: bool = False,
) -> Control:
    return Control(ui.Button(custom_id=custom_id, label=label, emoji=emoji, style=style, disabled=disabled))


def select(
    custom_id: str,
    placeholder: str,
    options: Sequence[discord.SelectOption],
    *,
    least: int = 1,
    most: int = 1,
) -> Control:
    """At most 25 options."""
    return Control(
        ui.Select(
            custom_id=custom_id,
            placeholder=placeholder,
            options=list(options),
            min_values=least,
            max_values=min(most, len(options)),
        )
    )


def role_select(
    custom_id: str, placeholder: str, chosen: Iterable[int] = (), *, least: int = 1, most: int = 1
) -> Control:
    """`chosen` are ids; Discord refuses those of roles that are gone."""
    return Control(
        ui.RoleSelect(
            custom_id=custom_id,
            placeholder=placeholder,
            default_values=_defaults(_ROLE, chosen),
            min_values=least,
            max_values=most,
        )
    )


def _defaults(kind: discord.SelectDefaultValueType, ids: Iterable[int]) -> list[discord.SelectDefaultValue]:
    # discord.py sends it as it gets it, and an id is a string to Discord.
    return [discord.SelectDefaultValue(id=cast("int", str(one)), type=kind) for one in ids]


def channel_select(
    custom_id: str,
    placeholder: str,
    chosen: Iterable[int] = (),
    kinds: Sequence[discord.ChannelType] = (),
    *,
    least: int = 1,
    most: int = 1,
) -> Control:
    """As `role_select`; `kinds` are the types of the channels that are offered, none meaning all."""
    return Control(
        ui.ChannelSelect(
            custom_id=custom_id,
            placeholder=placeholder,
            channel_types=list(kinds),
            default_values=_defaults(_CHANNEL, chosen),
            min_values=least,
            max_values=most,
        )
    )


def user_select(custom_id: str, placeholder: str, *, least: int = 1, most: int = 1) -> Control:
    return Control(
        ui.UserSelect(custom_id=custom_id, placeholder=placeholder, min_values=least, max_values=most)
    )


def rows(*controls: Control) -> list[ui.ActionRow[Any]]:
    """Each in a row of its own, as menus have to be."""
    return [ui.ActionRow(one) for one in controls]


def form(custom_id: str, title: str, *labels: ui.Label[Any]) -> ui.Modal:
    """Discord takes 1 to 5 labels."""
    modal = new_modal(custom_id, title)
    for label in labels:
        modal.add_item(label)
    return modal
