"""The page of `/owner` with the servers: which are let in, and what is decided about each."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import discord
from discord import ui

from bot.controls.pages import Typed, button, form, select
from bot.messages.admission import NAME_LENGTH_MAX, state_of
from bot.messages.prompts import escape
from bot.messages.words import Words
from bot.owner_panel.decisions import known_server, leave, let_in, shut
from bot.owner_panel.panel import PageName, Shown, on_owner, page, page_id, show_page
from bot.owner_panel.reasons import fields, filled_in
from bot.services import Interaction, services_of, words_of
from core.errors import Term
from core.policy import plain
from core.rules import Server

LISTED_MAX = 10
_LEAVE = ".leave"
"""After a server's id: it is asked once more."""


@page(PageName.SERVERS, "🏠", Term("Servers"))
async def render(interaction: Interaction, argument: str) -> Shown:
    """Of a server's id, that one; of `pN`, the list from its page N on, from 0."""
    if argument and not argument.startswith("p"):
        guild_id, _, question = argument.partition(".")
        server = known_server(interaction, guild_id)
        return await (_sure if question else _one)(interaction, server)
    return await _list(interaction, int(argument[1:]) if argument[1:].isdecimal() else 0)


async def _list(interaction: Interaction, number: int) -> Shown:
    say, known = words_of(interaction), services_of(interaction).rules.servers
    servers = sorted(known.all(), key=_order)
    pages = max(1, -(-len(servers) // LISTED_MAX))
    number = min(number, pages - 1)
    listed = servers[number * LISTED_MAX : (number + 1) * LISTED_MAX]
    waiting = sum(_waits(server) for server in servers)
    head = say.plural("{count} server", "{count} servers", len(servers))
    if waiting:
        head += ", " + say.plural("{count} waits for you", "{count} wait for you", waiting)
    credits = await known.credits([server.guild_id for server in listed])
    lines = [
        f"{_sign(server)} {title_of(server)} · {_size(interaction, server)}"
        + say("{credits} credits this month", credits=plain(credits[server.guild_id]))
        for server in listed
    ]
    items: list[ui.Item[Any]] = []
    if listed:
        items.append(choice(listed, say))
    if pages > 1:
        items.append(
            ui.ActionRow(
                button(
                    page_id(PageName.SERVERS, f"p{number - 1}"), say("Previous"), "◀️", disabled=number == 0
                ),
                button(
                    page_id(PageName.SERVERS, f"p{number + 1}"),
                    say("Next"),
                    "▶️",
                    disabled=number == pages - 1,
                ),
            )
        )
    return Shown("\n".join([head, *lines]), tuple(items))


def choice(servers: Sequence[Server], say: Words) -> ui.ActionRow[Any]:
    """Opens one of these; they are 25 at most."""
    options = [
        discord.SelectOption(
            label=(server.name or str(server.guild_id))[:NAME_LENGTH_MAX],
            value=str(server.guild_id),
            emoji=_sign(server),
        )
        for server in servers
    ]
    return ui.ActionRow(select("owner:server", say("Open a server"), options))


async def _one(interaction: Interaction, server: Server) -> Shown:
    say, known = words_of(interaction), services_of(interaction).rules.servers
    by = await known.decided_by(server.guild_id)
    credits = (await known.credits([server.guild_id]))[server.guild_id]
    guild = interaction.client.get_guild(server.guild_id)
    lines = [
        f"**{title_of(server)}** · {server.guild_id}",
        state_of(server, say),
        *([say("Decided by {who}.", who=f"<@{by}>")] if by else ()),
        _size(interaction, server) + say("{credits} credits this month", credits=plain(credits)),
    ]
    if guild is not None:
        lines.append(say("Its owner is {who}.", who=f"<@{guild.owner_id}>"))
    id_ = server.guild_id
    success, is_let_in = discord.ButtonStyle.success, server.is_allowed is True
    buttons = [
        button(f"owner:let-in:{id_}", say("Allow"), "✅", success, disabled=is_let_in),
        button(f"owner:shut:{id_}", say("Shut"), "🚫"),
    ]
    if server.left_at is None:
        buttons.append(button(page_id(PageName.SERVERS, f"{id_}{_LEAVE}"), say("Refuse and leave"), "🚪"))
    return Shown("\n".join(lines), (ui.ActionRow(*buttons), ui.ActionRow(_back(say("All servers")))))


async def _sure(interaction: Interaction, server: Server) -> Shown:
    say = words_of(interaction)
    text = say(
        "🚪 Leave {name}? What waits there is cancelled. Only who manages that server can invite the bot again.",
        name=title_of(server),
    )
    danger = discord.ButtonStyle.danger
    buttons = (
        button(f"owner:quit:{server.guild_id}", say("Refuse and leave"), "🚪", danger),
        button(page_id(PageName.SERVERS, str(server.guild_id)), say("Back"), "↩️"),
    )
    return Shown(text, (ui.ActionRow(*buttons),))


@on_owner("server")
async def open_server(interaction: Interaction, _argument: str, values: tuple[str, ...]) -> None:
    await show_page(interaction, PageName.SERVERS, "".join(values))


@on_owner("let-in")
async def press_let_in(interaction: Interaction, argument: str, _values: tuple[str, ...]) -> None:
    server, say = known_server(interaction, argument), words_of(interaction)
    await interaction.response.defer()
    await let_in(interaction, server)
    await show_page(interaction, PageName.SERVERS, argument, done=say("Saved; it counts from now on."))


@on_owner("shut")
async def press_shut(interaction: Interaction, argument: str, _values: tuple[str, ...]) -> None:
    server, say = known_server(interaction, argument), words_of(interaction)
    await interaction.response.send_modal(
        form(f"owner:shut:{server.guild_id}", say("Shut a server"), *fields(say))
    )


@on_owner("shut", form=True)
async def submit_shut(interaction: Interaction, argument: str, typed: Typed) -> None:
    server, say = known_server(interaction, argument), words_of(interaction)
    reason, until = filled_in(typed)
    await interaction.response.defer()
    await shut(interaction, server, reason, until)
    await show_page(interaction, PageName.SERVERS, argument, done=say("Saved; it counts from now on."))


@on_owner("quit")
async def press_quit(interaction: Interaction, argument: str, _values: tuple[str, ...]) -> None:
    server, say = known_server(interaction, argument), words_of(interaction)
    await interaction.response.defer()
    await leave(interaction, server)
    await show_page(interaction, PageName.SERVERS, argument, done=say("The bot has left it."))


def _back(label: str) -> Any:
    return button(page_id(PageName.SERVERS), label, "↩️")


def _waits(server: Server) -> bool:
    return server.is_allowed is None and server.left_at is None


def _order(server: Server) -> tuple[bool, bool, str, int]:
    return not _waits(server), server.left_at is not None, server.name.casefold(), server.guild_id


def _sign(server: Server) -> str:
    if server.left_at is not None:
        return "👋"
    return "❓" if server.is_allowed is None else "✅" if server.is_open(datetime.now(UTC)) else "🚫"


def title_of(server: Server) -> str:
    return escape(server.name, NAME_LENGTH_MAX) or str(server.guild_id)


def _size(interaction: Interaction, server: Server) -> str:
    """Of a server of another process's shards, it is not known."""
    guild = interaction.client.get_guild(server.guild_id)
    if guild is None or guild.member_count is None:
        return ""
    return words_of(interaction).plural("{count} member", "{count} members", guild.member_count) + " · "
