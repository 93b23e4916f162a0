"""What the owner decides about a server: by the message that asks, or by the page of `/owner`."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import discord

from bot.controls.pages import ids
from bot.discord_errors import is_final
from bot.messages.admission import answered
from bot.owner_panel.panel import on_owner
from bot.services import Interaction, services_of, words_of
from core.errors import InvalidRequest
from core.orders import CancelReason
from core.rules import Server


class _Decided(Exception):
    """Another press was first."""


def known_server(interaction: Interaction, argument: str) -> Server:
    """Raises InvalidRequest for what is no server that the bot has met."""
    known = services_of(interaction).rules.servers
    found = [
        server for one in ids([argument]) if (server := known.of(one)).revision and one == server.guild_id
    ]
    if not found:
        raise InvalidRequest("This bot knows no such server.")
    return found[0]


async def let_in(interaction: Interaction, server: Server, *, only_if_undecided: bool = False) -> Server:
    def allow(server: Server) -> Server:
        if only_if_undecided and server.is_allowed is not None:
            raise _Decided
        return replace(server, is_allowed=True, shut_until=None, shut_reason=None)

    change = {"is_allowed": [server.is_allowed, True]}
    return await services_of(interaction).rules.servers.edit(
        server.guild_id, interaction.user.id, change, allow
    )


async def shut(
    interaction: Interaction,
    server: Server,
    reason: str = "",
    until: datetime | None = None,
    *,
    only_if_undecided: bool = False,
) -> Server:
    """What waits there is cancelled at no cost, and what is being painted as by its member."""

    def refuse(server: Server) -> Server:
        if only_if_undecided and server.is_allowed is not None:
            raise _Decided
        asked_at = server.asked_at or datetime.now(UTC)
        return replace(
            server, is_allowed=False, shut_until=until, shut_reason=reason or None, asked_at=asked_at
        )

    change = {
        "is_allowed": [server.is_allowed, False],
        "shut_reason": [server.shut_reason, reason or None],
        "shut_until": [server.shut_until and server.shut_until.isoformat(), until and until.isoformat()],
    }
    return await services_of(interaction).rules.servers.edit(
        server.guild_id, interaction.user.id, change, refuse, cancels=CancelReason.SERVER_SHUT
    )


async def leave(interaction: Interaction, server: Server, *, only_if_undecided: bool = False) -> Server:
    """It is shut first, and stays so where Discord does not take the rest. Should it invite the bot again, its owner is
    asked anew."""
    if server.is_allowed is not False:
        server = await shut(interaction, server, only_if_undecided=only_if_undecided)
    try:
        await interaction.client.http.leave_guild(server.guild_id)
    except (discord.Forbidden, discord.NotFound) as error:
        # It is not there any more.
        if not is_final(error):
            raise
    # That it is not there any more is put down as Discord tells it (see bot/owner/admission.py).
    await services_of(interaction).rules.servers.edit(
        server.guild_id, interaction.user.id, None, lambda server: replace(server, asked_at=None)
    )
    return replace(server, left_at=datetime.now(UTC))


async def _answer(interaction: Interaction, argument: str, decide: Callable[..., Awaitable[Server]]) -> None:
    """In the place of the question. Of several presses the first one counts, and the others learn of it."""
    server, known = known_server(interaction, argument), services_of(interaction).rules.servers
    await interaction.response.defer()
    try:
        server = await decide(interaction, server, only_if_undecided=True)
    except _Decided:
        server = known.of(server.guild_id)
    view = answered(server, await known.decided_by(server.guild_id), words_of(interaction))
    await interaction.edit_original_response(view=view)


@on_owner("allow")
async def press_allow(interaction: Interaction, argument: str, _values: tuple[str, ...]) -> None:
    await _answer(interaction, argument, let_in)


@on_owner("refuse")
async def press_refuse(interaction: Interaction, argument: str, _values: tuple[str, ...]) -> None:
    await _answer(interaction, argument, shut)


@on_owner("leave")
async def press_leave(interaction: Interaction, argument: str, _values: tuple[str, ...]) -> None:
    await _answer(interaction, argument, leave)
