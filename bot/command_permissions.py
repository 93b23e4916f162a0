"""Whether a member may use /imagine somewhere, by what the server's owner set under Integrations.

Discord keeps to it for the command itself. For a button that is a command by another name the bot has to: it
asks once for a server, when anything is first used there, and is told of each change from then on.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import discord
from discord import AppCommandPermissionType as Target

from bot.errors import UNANSWERED
from bot.services import Interaction
from db.errors import InvalidRequest, reason

log = logging.getLogger(__name__)

LEARN_SECONDS = 0.8
"""How long a press waits for the answer, of the 3 seconds that it has."""

AGAIN_SECONDS = 10.0
"""So long Discord is not asked again for a server after it gave no answer."""

_COMMAND = "imagine"

_Said: TypeAlias = Mapping[tuple[int, int], bool]
"""By the kind and the id of a channel, a role or a member."""

_NOTHING: _Said = {}


@dataclass(frozen=True, slots=True)
class _Known:
    """`said` is by the id of a command, or of the application for all that say nothing themselves."""

    command_ids: frozenset[int]
    said: dict[int, _Said]


class CommandPermissions:
    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._known: dict[int, _Known] = {}
        self._asking: dict[int, asyncio.Task[None]] = {}
        self._changed: dict[int, dict[int, _Said]] = {}
        """What was told of a server while it was asked for, which is newer than the answer."""

        self._ask_from: dict[int, float] = {}

    async def require(self, interaction: Interaction) -> None:
        """Raises InvalidRequest where the member may not use the command, or where that cannot be known."""
        guild_id = interaction.guild_id
        if guild_id is None or interaction.permissions.administrator:
            return
        self.learn(guild_id)
        if guild_id not in self._known and guild_id in self._asking:
            await asyncio.wait({self._asking[guild_id]}, timeout=LEARN_SECONDS)
        known = self._known.get(guild_id)
        if known is None:
            raise InvalidRequest(
                "Discord does not say at the moment whether you may use `/imagine` here, and this button is "
                "one. Use the command itself, or try again in a minute."
            )
        for_all = known.said.get(interaction.application_id, _NOTHING)
        of_commands = [known.said.get(id_, _NOTHING) for id_ in known.command_ids]
        if not any(_allows(interaction, guild_id, said, for_all) for said in of_commands):
            raise InvalidRequest("You may not use `/imagine` in this channel, and this button is one.")

    def learn(self, guild_id: int) -> None:
        """Has Discord asked for a server of which nothing is known; nobody waits."""
        if guild_id in self._known or guild_id in self._asking:
            return
        if time.monotonic() >= self._ask_from.get(guild_id, 0.0):
            self._changed[guild_id] = {}
            self._asking[guild_id] = asyncio.create_task(
                self._ask(guild_id), name=f"command permissions of {guild_id}"
            )

    def update(self, payload: discord.RawAppCommandPermissionsUpdateEvent) -> None:
        guild_id = payload.guild.id
        said = {(one.type.value, one.id): one.permission for one in payload.permissions}
        if guild_id in self._changed:
            self._changed[guild_id][payload.target_id] = said
        if guild_id in self._known:
            self._known[guild_id].said[payload.target_id] = said

    def forget(self, guild_id: int | None = None) -> None:
        """Of one server, or of all, as changes may have been missed."""
        for one in [guild_id] if guild_id is not None else {*self._known, *self._asking}:
            self._known.pop(one, None)
            self._changed.pop(one, None)
            if task := self._asking.pop(one, None):
                task.cancel()

    async def _ask(self, guild_id: int) -> None:
        http, application_id = self._client.http, self._client.application_id or 0
        try:
            everywhere, here, permissions = await asyncio.gather(
                http.get_global_commands(application_id),
                http.get_guild_commands(application_id, guild_id),
                http.get_guild_application_command_permissions(application_id, guild_id),
            )
            ids = frozenset(int(one["id"]) for one in (*everywhere, *here) if one["name"] == _COMMAND)
            said = {int(one["id"]): _read(one["permissions"]) for one in permissions}
            if not ids:
                raise ValueError("the command is not registered")
        except (*UNANSWERED, discord.DiscordException, KeyError, TypeError, ValueError) as error:
            self._ask_from[guild_id] = time.monotonic() + AGAIN_SECONDS
            log.warning("not known who may use commands in server %d: %s", guild_id, reason(error))
        else:
            self._known[guild_id] = _Known(ids, {**said, **self._changed[guild_id]})
            self._ask_from.pop(guild_id, None)
        finally:
            if self._asking.get(guild_id) is asyncio.current_task():
                del self._asking[guild_id], self._changed[guild_id]


def _read(permissions: Iterable[Any]) -> _Said:
    return {(int(one["type"]), int(one["id"])): bool(one["permission"]) for one in permissions}


def _allows(interaction: Interaction, guild_id: int, for_command: _Said, for_all: _Said) -> bool:
    """As Discord's own client decides: what is said of the command stands before what is said of all.

    The channel and the member are asked apart, and either may be kept out.
    """
    channel = interaction.channel
    channel_id = channel.parent_id if isinstance(channel, discord.Thread) else interaction.channel_id
    both = (for_command, for_all)
    in_channel = [_first(said, Target.channel, channel_id or 0, guild_id - 1) for said in both]
    for_member = [_for_member(said, guild_id, interaction.user) for said in both]
    return all(next((one for one in said if one is not None), True) for said in (in_channel, for_member))


def _for_member(said: _Said, guild_id: int, member: discord.User | discord.Member) -> bool | None:
    """The member alone, then any role that is allowed, then any that is not, then everyone."""
    alone = _first(said, Target.user, member.id)
    if alone is not None:
        return alone
    roles = member.roles if isinstance(member, discord.Member) else []
    key = Target.role.value
    by_role = [said[key, role.id] for role in roles if role.id != guild_id and (key, role.id) in said]
    return any(by_role) if by_role else _first(said, Target.role, guild_id)


def _first(said: _Said, target: Target, *ids: int) -> bool | None:
    """What is said of the first of them of which anything is."""
    return next((said[target.value, id_] for id_ in ids if (target.value, id_) in said), None)
