"""Where pictures are asked for, and where reports and changes are told."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ChannelType, ui

from bot.controls.pages import button, channel_select, ids, rows
from bot.messages.rules import mentions
from bot.owner.doctor import missing
from bot.services import Interaction
from bot.settings_panel.panel import Shown, page, pressed, save
from core.errors import InvalidRequest, Term
from core.rules import CHANNELS_MAX

_PAINTED_IN = (
    ChannelType.text,
    ChannelType.news,
    ChannelType.voice,
    ChannelType.stage_voice,
    ChannelType.forum,
)
_LOGGED_IN = (ChannelType.text, ChannelType.news)


@page("where", "📍", Term("Where"))
async def WHERE(shown: Shown) -> Sequence[ui.Item[Any]]:
    say, rules, guild = shown.say, shown.rules, shown.guild
    allowed = rules.channels or frozenset()
    there = sorted(channel_id for channel_id in allowed if guild.get_channel(channel_id))
    log_ids = [rules.log_channel] if rules.log_channel and guild.get_channel(rules.log_channel) else []
    lines = [
        say("### 📍 Where"),
        say("**Where pictures are asked for:** {channels}", channels=_places(shown)),
        say("**Channel for reports and changes:** {channel}", channel=mentions("#", log_ids) or say("none")),
        say("**Age-restricted channels only:** {yes}", yes=say("yes") if rules.age_restricted_only else say("no")),
        say("-# A thread is where its channel is. With no channel chosen it is everywhere."),
    ]  # fmt: skip
    if rules.age_restricted_only and not any(getattr(one, "nsfw", False) for one in guild.channels):
        lines.append(say("⚠️ No channel of this server is age-restricted, so nothing is painted in it."))
    if rules.age_restricted_only:
        toggle = button("settings:age:no", say("Allow all channels, whatever their age"), "🔞")
    else:
        toggle = button("settings:age:yes", say("Age-restricted channels only"), "🔞")
    most = CHANNELS_MAX
    return [
        ui.TextDisplay("\n".join(lines)),
        *rows(
            channel_select(
                "settings:channels", say("Channels to paint in"), there, _PAINTED_IN, least=0, most=most
            ),
            channel_select(
                "settings:log", say("Channel for reports and changes"), log_ids, _LOGGED_IN, least=0
            ),
        ),
        ui.ActionRow(
            button("settings:everywhere", say("Paint everywhere"), "🌍", disabled=rules.channels is None),
            toggle,
        ),
    ]


def _places(shown: Shown) -> str:
    say, allowed = shown.say, shown.rules.channels
    if allowed is None:
        return say("everywhere")
    there = sorted(channel_id for channel_id in allowed if shown.guild.get_channel(channel_id))
    gone = len(allowed) - len(there)
    parts = [mentions("#", there)] if there else []
    if gone:
        parts.append(say.plural("{count} channel that is gone", "{count} channels that are gone", gone))
    return ", ".join(parts)


@pressed("channels")
async def set_channels(
    interaction: Interaction, guild: discord.Guild, _argument: str, chosen: Sequence[str]
) -> None:
    channels = frozenset(one for one in ids(chosen) if guild.get_channel(one)) or None
    await save(interaction, guild, WHERE, lambda rules: rules.but(channels=channels))


@pressed("everywhere")
async def everywhere(
    interaction: Interaction, guild: discord.Guild, _argument: str, _chosen: Sequence[str]
) -> None:
    await save(interaction, guild, WHERE, lambda rules: rules.but(channels=None))


@pressed("log")
async def set_log(
    interaction: Interaction, guild: discord.Guild, _argument: str, chosen: Sequence[str]
) -> None:
    channel = next((found for one in ids(chosen) if (found := guild.get_channel(one))), None)
    if channel is not None and (lacking := missing(channel.permissions_for(guild.me), in_thread=False)):
        raise InvalidRequest(
            "The bot cannot write in {channel}: it lacks {permissions} there. Give it these, and choose it again.",
            channel=channel.mention,
            permissions=", ".join(lacking),
        )
    await save(interaction, guild, WHERE, lambda rules: rules.but(log_channel=channel and channel.id))


@pressed("age")
async def set_age(
    interaction: Interaction, guild: discord.Guild, argument: str, _chosen: Sequence[str]
) -> None:
    await save(interaction, guild, WHERE, lambda rules: rules.but(age_restricted_only=argument == "yes"))
