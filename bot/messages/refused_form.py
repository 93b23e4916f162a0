"""What a form was refused for, with what was typed. The button that opens the form again reads it back from the
message itself, which outlives every process."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

_COLOUR = discord.Colour(0xD83C3E)
_NOTHING = "-"  # Discord takes no empty field


def refused_form(
    why: str, long: Sequence[tuple[str, str]], short: Sequence[tuple[str, str]], button: ui.Item[Any]
) -> tuple[list[discord.Embed], ui.View]:
    """`long` and `short` are what was typed, each with its title; a short text has 1,024 characters at most.

    Embeds, as the components of one message have room for 4,000 characters, and two of these fields take as many.
    """
    texts = [discord.Embed(title=title, description=text.strip() or _NOTHING) for title, text in long]
    texts = texts or [discord.Embed()]
    for title, text in short:
        texts[0].add_field(name=title, value=text.strip() or _NOTHING)
    view = ui.View(timeout=None)
    # As every view (`view_of`).
    view.stop()
    view.add_item(button)
    return [discord.Embed(description=why, colour=_COLOUR), *texts], view


def typed_in(message: discord.Message | None, long: Sequence[str], short: Sequence[str]) -> dict[str, str]:
    """What of it is to be read in such a message, by these names, which are in the order of the texts."""
    if message is None or len(message.embeds) != 1 + max(1, len(long)):
        return {}
    _why, *texts = message.embeds
    found = [*zip(long, (text.description for text in texts), strict=False)]
    found += zip(short, (field.value for field in texts[0].fields), strict=False)
    return {name: "" if text in (None, _NOTHING) else text for name, text in found}
