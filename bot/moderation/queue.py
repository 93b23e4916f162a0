"""`/reports`: the open reports of a server, the oldest first, one at a time, in a message for one moderator."""

from typing import Any

import discord
from discord import ui

from bot.answers.errors import on
from bot.answers.show import read_previews, show
from bot.controls.pages import button, ids
from bot.messages.content import Content, Unseen, notice, view_of
from bot.messages.reports import files_of, report_container
from bot.messages.words import Words
from bot.rights.access import in_time, require_reports
from bot.services import Interaction, services_of, words_of
from core.orders import Picture
from db.reports import Report


async def open_queue(interaction: Interaction) -> None:
    """Raises InvalidRequest for whoever is no moderator."""
    guild = await require_reports(interaction)
    await interaction.response.defer(ephemeral=True, thinking=True)
    await show_queue(interaction, guild, 0)


@on("report:queue")
async def turn(interaction: Interaction, argument: str, _chosen: tuple[str, ...]) -> None:
    guild = await require_reports(interaction)
    await interaction.response.defer()
    await show_queue(interaction, guild, next(iter(ids([argument])), 0))


async def show_queue(interaction: Interaction, guild: discord.Guild, from_id: int, *, note: str = "") -> None:
    """In the place of a deferred answer: the first report from that one on, or else the last one before it. `note` says
    what came of a press. Raises BucketUnavailable."""
    services, say = services_of(interaction), words_of(interaction)
    found = await in_time(services.reports.open_of(guild.id, from_id))
    before = [one for one in found if one.id < from_id]
    here = [one for one in found if one.id >= from_id] or before
    if not here:
        text = say("✅ There are no open reports.")
        below: ui.ActionRow[Any] = ui.ActionRow(_blocked(say))
        await show(interaction, Content(notice(f"{note}\n{text}" if note else text, below)))
        return
    report, after = here[0], here[1:]
    # Of one that is decided about by now nothing is left to see.
    picture = await in_time(services.pictures.find(report.picture_id, interaction.user.id))
    previews = await read_previews(services.picture_store, [picture]) if picture is not None else {}
    row = [
        _button(before[-1] if before and report.id >= from_id else None, "previous", "◀️", say("Previous")),
        _button(after[0] if after else None, "next", "▶️", say("Next")),
        _blocked(say),
    ]
    await show(
        interaction,
        _content(interaction, report, picture, previews.get(report.picture_id), note, ui.ActionRow(*row)),
    )


def _content(
    interaction: Interaction,
    report: Report,
    picture: Picture | None,
    preview: bytes | Unseen | None,
    note: str,
    row: ui.ActionRow[Any],
) -> Content:
    say, rules = words_of(interaction), services_of(interaction).rules
    texts = [note] if note else []
    channel_id = rules.servers.of(report.guild_id).rules.log_channel
    if channel_id is None:
        texts.append(say("-# This server has no channel for reports; `/settings` can set one."))
    elif report.message_id is None:
        channel = f"<#{channel_id}>"
        texts.append(say("-# It is not in {channel}: look whether the bot may write there.", channel=channel))
    head = [ui.TextDisplay[Any]("\n".join(texts))] if texts else []
    view = view_of(*head, report_container(report, picture, preview, say), row)
    if picture is None or not isinstance(preview, bytes):
        return Content(view)
    return Content(
        view,
        files_of(picture, preview, say),
        lambda unseen: _content(interaction, report, picture, unseen, note, row),
    )


def _blocked(say: Words) -> ui.Item[Any]:
    return button("report:blocked", say("Blocked members"), "⛔")


def _button(report: Report | None, name: str, emoji: str, label: str) -> ui.Item[Any]:
    """Two buttons of a message have two ids, also where neither leads anywhere."""
    target = report.id if report is not None else name
    return button(f"report:queue:{target}", label, emoji, disabled=report is None)
