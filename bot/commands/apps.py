"""What members find under *Apps* on any message with a picture."""

from collections.abc import Sequence

import discord
from discord import app_commands, ui

from bot.changes import go_to
from bot.controls.verbs import Option, Verb, VerbSelect
from bot.messages.content import notice
from bot.rights.access import in_time
from bot.rights.visibility import may_see
from bot.services import Interaction, services_of, words_of
from bot.sources import handed_in, is_picture
from core.errors import InvalidRequest
from core.operations import IN_STYLE
from core.orders import Picture, Source

_OPTION_LENGTH_MAX = 100


def context_menus() -> tuple[app_commands.ContextMenu, ...]:
    """New ones each time: each belongs to one tree."""
    return (
        app_commands.ContextMenu(name="Change this picture", callback=change_this),
        app_commands.ContextMenu(name="In the style of this", callback=in_its_style),
    )


async def change_this(interaction: Interaction, message: discord.Message) -> None:
    await _offer(interaction, message, "")


async def in_its_style(interaction: Interaction, message: discord.Message) -> None:
    await _offer(interaction, message, IN_STYLE.name)


async def _offer(interaction: Interaction, message: discord.Message, operation: str) -> None:
    """Goes on with the message's picture, and asks which where there are several."""
    say = words_of(interaction)
    sources = await _sources(interaction, message)
    if not sources:
        if any(embed.image or embed.thumbnail for embed in message.embeds):
            raise InvalidRequest(
                "The picture in this message is not a file of its own, so it cannot be taken from here."
                " Save it, and hand it in with `/change`."
            )
        raise InvalidRequest(
            "There is no picture in this message that can be changed: a PNG, a JPEG or a WebP."
        )
    if len(sources) == 1:
        await go_to(interaction, Verb(operation, sources[0].id))
        return
    options = [
        Option(Verb(operation, source.id), _label(number, source), f"{source.width} × {source.height}")
        for number, source in enumerate(sources, start=1)
    ]
    select = VerbSelect(say("Open one of these pictures"), options)
    text = say("This message has several pictures. Which one?")
    await interaction.response.send_message(view=notice(text, ui.ActionRow(select)), ephemeral=True)


async def _sources(interaction: Interaction, message: discord.Message) -> Sequence[Source]:
    """Our own pictures where it shows any, so that their originals are taken; else its files."""
    if message.author == interaction.client.user:
        shown = await in_time(services_of(interaction).pictures.by_message(message.id))
        if pictures := [picture for picture in shown if may_see(interaction, picture.order)]:
            return pictures
    return await handed_in(interaction, [file for file in message.attachments if is_picture(file)])


def _label(number: int, source: Source) -> str:
    words = f" {' '.join(source.order.prompt.split())}" if isinstance(source, Picture) else ""
    return f"{number}.{words}"[:_OPTION_LENGTH_MAX]
