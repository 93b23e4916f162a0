"""`/me`: what a member wants where nothing is said, and everything that is theirs, to have or to have forgotten."""

import logging
from collections.abc import Callable, Mapping, Sequence

import discord
from discord import app_commands, ui

from bot.answers.errors import on
from bot.answers.show import show
from bot.commands.forget_me import ask_to_forget
from bot.discord_errors import in_a_line, is_final
from bot.messages.content import Content
from bot.messages.me import COUNT, DEFAULTS, LANGUAGE, NOTHING, choices, export_content, export_sent, me_panel
from bot.replies.reaction_downloads import FILE_BYTES_MAX
from bot.rights.access import in_time
from bot.sending import send_once
from bot.services import Interaction, services_of, words_of
from core.errors import InvalidRequest
from core.operations import IMAGINE
from core.rules import Wishes
from db.retry import until_answered

log = logging.getLogger(__name__)


@app_commands.command(description="Your own defaults, language and ping, and everything of yours as a file")
async def me(interaction: Interaction) -> None:
    await in_time(services_of(interaction).rules.members.find(interaction.user.id))
    await interaction.response.send_message(view=await _panel(interaction), ephemeral=True)


def _choosing(name: str) -> None:
    @on(f"me:{name}")
    async def choose(interaction: Interaction, _argument: str, chosen: Sequence[str]) -> None:
        value = next(iter(chosen), NOTHING)
        if value != NOTHING and value not in (await _choices(interaction))[name]:
            raise InvalidRequest("This is not on offer any more. Use `/me` once more to see what is.")
        wanted = None if value == NOTHING else int(value) if name == COUNT else value
        if name == LANGUAGE:
            await _change(interaction, lambda wishes: wishes.but(locale=wanted))
        else:
            await _change(
                interaction, lambda wishes: wishes.but(defaults=wishes.defaults.but(**{name: wanted}))
            )


for _name in (*DEFAULTS, LANGUAGE):
    _choosing(_name)


@on("me:private")
async def switch_private(interaction: Interaction, argument: str, _chosen: Sequence[str]) -> None:
    await _change(interaction, lambda wishes: wishes.but(private=argument == "1"))


@on("me:ping")
async def switch_ping(interaction: Interaction, argument: str, _chosen: Sequence[str]) -> None:
    await _change(interaction, lambda wishes: wishes.but(ping=argument == "1"))


@on("me:forget")
async def forget(interaction: Interaction, _argument: str, _chosen: Sequence[str]) -> None:
    await ask_to_forget(interaction)


@on("me:export")
async def export(interaction: Interaction, _argument: str, _chosen: Sequence[str]) -> None:
    exports, member_id, say = services_of(interaction).exports, interaction.user.id, words_of(interaction)
    with exports.turn(member_id):
        await interaction.response.defer(ephemeral=True, thinking=True)
        made = await exports.make(member_id, bytes_max=min(FILE_BYTES_MAX, interaction.filesize_limit))
        content = export_content(
            made.file,
            is_whole=made.is_whole,
            has_pictures=made.has_pictures,
            has_links=made.has_links,
            say=say,
        )
        if await _sent(interaction, content):
            await interaction.edit_original_response(view=export_sent(say))
        else:
            await show(interaction, content)


async def _sent(interaction: Interaction, content: Content) -> bool:
    """By direct message. False where the member takes none."""
    try:
        message = await send_once(await interaction.user.create_dm(), content)
    except discord.HTTPException as error:
        if not is_final(error):
            raise
        log.info("an export goes out where it was asked for: %s", in_a_line(error))
        return False
    if message is not None:
        # So that it goes when its member is forgotten.
        copies, sent = services_of(interaction).copies, message
        await until_answered(
            lambda: copies.record(sent.id, sent.channel.id, member_id=interaction.user.id, picture_ids=[])
        )
    return True


async def _change(interaction: Interaction, edit: Callable[[Wishes], Wishes]) -> None:
    await in_time(services_of(interaction).rules.members.edit(interaction.user.id, edit))
    await interaction.response.edit_message(view=await _panel(interaction))


async def _panel(interaction: Interaction) -> ui.LayoutView:
    wishes = services_of(interaction).rules.members.known(interaction.user.id).wishes
    return me_panel(wishes, await _choices(interaction), words_of(interaction))


async def _choices(interaction: Interaction) -> Mapping[str, Mapping[str, str]]:
    services = services_of(interaction)
    server = await services.rules.server_of(interaction)
    models = services.rules.models_here(interaction, IMAGINE, server, services.model).values()
    return choices(models, services.count_max, services.languages, words_of(interaction))
