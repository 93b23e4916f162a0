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

from bot.discord_errors import UNANSWERED
from bot.services import Interaction
from db.errors import InvalidRequest, reason
from db.jobs import Job

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
class _Rules:
    """Of a server. The command may be registered for all and for this one too: then either is enough."""

    of_commands: list[_Said]
    for_all: _Said


class CommandPermissions:
    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._rules: dict[int, _Rules] = {}
        self._asking: dict[int, asyncio.Task[None]] = {}
        self._ask_from: dict[int, float] = {}

    async def require(self, interaction: Interaction, job: Job) -> None:
        """Raises InvalidRequest where the member may not use the command, or where that cannot be known.

        It is known of who had `job` painted in this very channel, for as long as nothing newer is.
        """
        guild_id = interaction.guild_id
        if guild_id is None or interaction.permissions.administrator:
            return
        self.learn(guild_id)
        if guild_id in self._asking:
            await asyncio.wait({self._asking[guild_id]}, timeout=LEARN_SECONDS)
        rules = self._rules.get(guild_id)
        if rules is None:
            if (job.member_id, job.channel_id) != (interaction.user.id, interaction.channel_id):
                raise InvalidRequest(
                    "Discord does not say at the moment whether you may use `/imagine` here, and this button "
                    "is one. Use the command itself, or try again in a minute."
                )
        elif not any(_allows(interaction, guild_id, said, rules.for_all) for said in rules.of_commands):
            raise InvalidRequest("You may not use `/imagine` in this channel, and this button is one.")

    def learn(self, guild_id: int) -> None:
        """Has Discord asked for a server of which nothing is known; nobody waits."""
        if guild_id in self._rules or guild_id in self._asking:
            return
        if time.monotonic() >= self._ask_from.get(guild_id, 0.0):
            name = f"command permissions of {guild_id}"
            self._asking[guild_id] = asyncio.create_task(self._ask(guild_id), name=name)

    def look_again(self, guild_id: int) -> None:
        """Something was changed there."""
        self.forget(guild_id)
        self.learn(guild_id)

    def forget(self, guild_id: int | None = None) -> None:
        """What is known of one server, or of all, as changes may have been missed."""
        for one in [guild_id] if guild_id is not None else {*self._rules, *self._asking, *self._ask_from}:
            self._rules.pop(one, None)
            self._ask_from.pop(one, None)
            if task := self._asking.pop(one, None):
                task.cancel()

    async def _ask(self, guild_id: int) -> None:
        try:
            self._rules[guild_id] = await self._look(guild_id)
        except UNANSWERED as error:
            self._ask_from[guild_id] = time.monotonic() + AGAIN_SECONDS
            log.warning("not known who may use commands in server %d: %s", guild_id, reason(error))
        finally:
            if self._asking.get(guild_id) is asyncio.current_task():
                del self._asking[guild_id]

    async def _look(self, guild_id: int) -> _Rules:
        """Raises ValueError where rules are set, and it cannot be told of which command."""
        http, application_id = self._client.http, self._client.application_id or 0
        permissions = await http.get_guild_application_command_permissions(application_id, guild_id)
        said = {int(one["id"]): _read(one["permissions"]) for one in permissions}
        for_all = said.pop(application_id, _NOTHING)
        if not said:
            return _Rules([_NOTHING], for_all)
        everywhere = await http.get_global_commands(application_id)
        here = await http.get_guild_commands(application_id, guild_id)
        ids = [int(one["id"]) for one in (*everywhere, *here) if one["name"] == _COMMAND]
        if not ids:
            raise ValueError("the command is not registered")
        return _Rules([said.get(id_, _NOTHING) for id_ in ids], for_all)


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
