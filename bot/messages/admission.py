"""The messages by which the owner of the bot is asked whether servers are let in, and what became of it."""

from datetime import UTC, datetime
from typing import Any

import discord
from discord import ui
from discord.utils import format_dt

from bot.controls.pages import button
from bot.messages.content import Content, notice, view_of
from bot.messages.prompts import escape
from bot.messages.words import Words
from core.rules import Server

NAME_LENGTH_MAX = 100


def question(
    guild: discord.Guild, owner: discord.abc.User | None, invited_by: discord.abc.User | None, say: Words
) -> Content:
    invited = (
        say("Invited by {who}.", who=named(invited_by))
        if invited_by is not None
        else say("Who has invited this bot, Discord does not say.")
    )
    text = "\n".join(
        [
            say("### 🏠 Is this server let in?"),
            f"**{escape(guild.name, NAME_LENGTH_MAX)}** · "
            + say.plural("{count} member", "{count} members", guild.member_count or 0),
            invited,
            say("Its owner is {who}.", who=named(owner) if owner else f"<@{guild.owner_id}>"),
            say("-# Until you decide, nothing is painted there. `/owner` has all servers."),
        ]
    )
    row: ui.ActionRow[Any] = ui.ActionRow(
        button(f"owner:allow:{guild.id}", say("Allow"), "✅", discord.ButtonStyle.success),
        button(f"owner:refuse:{guild.id}", say("Refuse"), "🚫"),
        button(f"owner:leave:{guild.id}", say("Refuse and leave"), "🚪", discord.ButtonStyle.danger),
    )
    return Content(view_of(ui.Container(ui.TextDisplay(text), row)))


def questions_left(count: int, say: Words) -> Content:
    text = say.plural(
        "🏠 {count} server more waits for you to let it in: use `/owner`.",
        "🏠 {count} servers more wait for you to let them in: use `/owner`.",
        count,
    )
    return Content(notice(text))


def answered(server: Server, decided_by: int | None, say: Words) -> ui.LayoutView:
    """In the place of the question."""
    by = say("Decided by {who}.", who=f"<@{decided_by}>") if decided_by else ""
    lines = [f"### 🏠 {escape(server.name, NAME_LENGTH_MAX)}", state_of(server, say), by]
    return notice("\n".join(line for line in lines if line))


def state_of(server: Server, say: Words) -> str:
    """As the owner reads it."""
    if server.left_at is not None:
        since = say("👋 The bot is not there any more since {date}.", date=format_dt(server.left_at, "D"))
        return since if server.is_allowed is None else f"{since} {_decision(server, say)}"
    return _decision(server, say)


def _decision(server: Server, say: Words) -> str:
    if server.is_open(datetime.now(UTC)):
        return say("✅ It is let in.")
    if server.is_allowed is None:
        return say("❓ Nobody has decided yet; nothing is painted there.")
    why = f" ({escape(server.shut_reason)})" if server.shut_reason else ""
    if server.shut_until is None:
        return say("🚫 Shut: nothing is painted there.{why}", why=why)
    date = format_dt(server.shut_until, "f")
    return say("🚫 Shut until {date}: nothing is painted there.{why}", date=date, why=why)


def named(user: discord.abc.User) -> str:
    return f"{escape(user.name, NAME_LENGTH_MAX)} ({user.mention})"
