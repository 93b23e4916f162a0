"""Reporting a picture, and what moderators decide about it: in the server's channel for that, or in `/reports`."""

import discord

from bot.answers.errors import on
from bot.controls.buttons import Action, Press
from bot.controls.pages import Typed, ids
from bot.messages.content import notice
from bot.messages.reports import CONTROLS, REASON, REASON_LENGTH_MAX, outcome, why
from bot.moderation.queue import show_queue
from bot.rights.access import (
    gone,
    in_time,
    may_report,
    require_moderator,
    require_reports,
    visible_picture,
)
from bot.services import Interaction, services_of, words_of
from core.errors import InvalidRequest
from core.orders import Picture
from core.validation import clean
from db.reports import Decision, Report, Reported


@on(Action.REPORT)
async def ask_why(interaction: Interaction, picture_id: int) -> None:
    picture = await _reportable(interaction, picture_id)
    await interaction.response.send_modal(why(picture, words_of(interaction)))


@on("form report:why")
async def report(interaction: Interaction, argument: str, typed: Typed) -> None:
    picture = await _reportable(interaction, next(iter(ids([argument])), 0))
    guild_id, say = picture.order.guild_id, words_of(interaction)
    if guild_id is None:
        raise AssertionError("none but those of servers can be reported")
    reason = clean("".join(typed.get(REASON, ())))[:REASON_LENGTH_MAX]
    reporting = services_of(interaction).reports.report(picture.id, guild_id, interaction.user.id, reason)
    reported = await in_time(reporting)
    if reported is Reported.GONE:
        raise gone()
    if reported is Reported.TOO_MANY:
        raise InvalidRequest(
            "You have reported several pictures that nobody has decided about yet. Wait until somebody has."
        )
    text = (
        say(
            "🚩 Thank you. Whoever manages messages in this server will look at it; who reported is not shown."
        )
        if reported is Reported.NEW
        else say(
            "🚩 This picture is reported already; whoever manages messages in this server will look at it."
        )
    )
    await interaction.response.send_message(view=notice(text), ephemeral=True)


async def _reportable(interaction: Interaction, picture_id: int) -> Picture:
    picture = await visible_picture(interaction, picture_id)
    if not may_report(interaction, picture.order):
        raise InvalidRequest("This picture cannot be reported: it is your own, or not of this server.")
    return picture


async def _decide(interaction: Interaction, argument: str, decision: Decision) -> None:
    """The message in the channel is edited as reports are; of two decisions the first one counts."""
    message = interaction.message
    is_queue = message is not None and message.flags.ephemeral
    guild = await (require_reports if is_queue else require_moderator)(interaction)
    await interaction.response.defer()
    reports, say = services_of(interaction).reports, words_of(interaction)
    found = await _find(interaction, guild, argument)
    if message is not None and not is_queue and found.message_id is None:
        await in_time(reports.found(found, message.channel.id, message.id))
    is_first = await in_time(reports.decide(found, decision, by=interaction.user.id))
    decided = await in_time(reports.find(found.id, guild.id)) or found
    if is_queue:
        await show_queue(interaction, guild, found.id, note=outcome(decided, say))
    elif not is_first:
        raise InvalidRequest("Somebody was quicker. {outcome}", outcome=outcome(decided, say))


@on("report:lift")
async def lift(interaction: Interaction, argument: str, _chosen: tuple[str, ...]) -> None:
    """Whoever has set the block, and why: it is the member's in this server that goes."""
    guild = await require_moderator(interaction)
    found, say = await _find(interaction, guild, argument), words_of(interaction)
    member = f"<@{found.painter_id}>"
    lifting = services_of(interaction).blocks.lift(found.painter_id, guild.id, by=interaction.user.id)
    text = (
        say("↩️ {member} is not blocked in this server any more.", member=member)
        if await in_time(lifting)
        else say("{member} is not blocked in this server.", member=member)
    )
    await interaction.response.send_message(view=notice(text), ephemeral=True)


async def _find(interaction: Interaction, guild: discord.Guild, argument: str) -> Report:
    reports = services_of(interaction).reports
    found = await in_time(reports.find(next(iter(ids([argument])), 0), guild.id))
    if found is None:
        raise InvalidRequest("There is no such report in this server.")
    return found


def _press(decision: Decision) -> Press:
    async def press(interaction: Interaction, argument: str, _chosen: tuple[str, ...]) -> None:
        await _decide(interaction, argument, decision)

    return press


for _decision, (_name, _emoji, _label) in CONTROLS.items():
    on(_name)(_press(_decision))
