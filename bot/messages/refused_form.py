"""What Edit was refused for, with what was typed. The button that opens the form again reads it back from the message
itself, which outlives every process."""

from collections.abc import Mapping
from typing import Any

import discord
from discord import ui

from bot.controls.buttons import Action, OrderButton
from bot.controls.edit_modal import MODEL, PROMPT, SIZE, STYLE, WITHOUT
from bot.messages.words import Words

_COLOUR = discord.Colour(0xD83C3E)
_NOTHING = "-"  # Discord takes no empty field


def refused_form(
    order_id: int, why: str, typed: Mapping[str, str], say: Words
) -> tuple[list[discord.Embed], ui.View]:
    """Embeds, as the components of one message have room for 4,000 characters, and two of these fields take as many."""
    asked = discord.Embed(title=say("What the picture should show"), description=typed[PROMPT])
    titles = {SIZE: say("Size, or strength"), MODEL: say("Model"), STYLE: say("Style")}
    for name, title in titles.items():
        asked.add_field(name=title, value=typed[name].strip() or _NOTHING)
    without = discord.Embed(title=say("What it should not show"), description=typed[WITHOUT] or _NOTHING)
    view = ui.View(timeout=None)
    view.add_item(OrderButton(Action.REOPEN, order_id, say))
    return [discord.Embed(description=why, colour=_COLOUR), asked, without], view


def typed_in(message: discord.Message | None) -> dict[str, str]:
    """What of it is to be read in such a message."""
    if message is None or len(message.embeds) != 3:
        return {}
    _why, asked, without = message.embeds
    texts: list[Any] = [asked.description, *(field.value for field in asked.fields), without.description]
    names = (PROMPT, SIZE, MODEL, STYLE, WITHOUT)
    return {name: "" if text in (None, _NOTHING) else text for name, text in zip(names, texts, strict=False)}
