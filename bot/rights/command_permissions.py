"""Whether a member may use a command somewhere, by what the server's owner set under Integrations.

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
from core.errors import reason

log = logging.getLogger(__name__)

LEARN_SECONDS = 0.8
"""How long a press waits for the answer, of the 3 seconds that it has."""

AGAIN_SECONDS = 10.0
"""So long Discord is not asked again for a server after it gave no answer."""

_Said: TypeAlias = Mapping[tuple[int, int], bool]
"""By the kind and the id of a channel, a role or a member."""

_NOTHING: _Said = {}


@dataclass(frozen=True, slots=True)
class _Rules:
    """Of a server. A command may be registered for all and for this one too: then either is enough."""

    of_commands: Mapping[str, list[_Said]]
    """Nothing of any, where nothing is set but for all of them."""

    for_all: _Said


class CommandPermissions:
    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._rules: dict[int, _Rules] = {}
        self._asking: dict[int, asyncio.Task[None]] = {}
        self._ask_from: dict[int, float] = {}

    async def may_use(self, interaction: Interaction, command: str) -> bool | None:
        """None: Discord does not say at the moment."""
        guild_id = interaction.guild_id
        if guild_id is None or interaction.permissions.administrator:
            return True
        self.learn(guild_id)
        if guild_id in self._asking:
            await asyncio.wait({self._asking[guild_id]}, timeout=LEARN_SECONDS)
        rules = self._rules.get(guild_id)
        if rules is None or (rules.of_commands and command not in rules.of_commands):
            return None
        of_command = rules.of_commands.get(command, [_NOTHING])
        return any(_allows(interaction, guild_id, said, rules.for_all) for said in of_command)

    def learn(self, guild_id: int) -> None:
        """Has Discord asked for a server of which nothing is known; nobody waits."""
        # Of a server that has the commands and not the bot, nobody tells what is changed there.
        is_told = self._client.get_guild(guild_id) is not None
        if (guild_id in self._rules and is_told) or guild_id in self._asking:
            return
        if time.monotonic() >= self._ask_from.get(guild_id, 0.0):
            name = f"command permissions of {guild_id}"
            self._asking[guild_id] = asyncio.create_task(self._ask(guild_id), name=name)

    def learn_again(self, guild_id: int) -> None:
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
        self._ask_from[guild_id] = time.monotonic() + AGAIN_SECONDS
        try:
            self._rules[guild_id] = await self._fetch(guild_id)
        except UNANSWERED as error:
            log.warning("not known who may use commands in server %d: %s", guild_id, reason(error))
        finally:
            if self._asking.get(guild_id) is asyncio.current_task():
                del self._asking[guild_id]

    async def _fetch(self, guild_id: int) -> _Rules:
        http, application_id = self._client.http, self._client.application_id or 0
        permissions = await http.get_guild_application_command_permissions(application_id, guild_id)
        said = {int(one["id"]): _read(one["permissions"]) for one in permissions}
        for_all = said.pop(application_id, _NOTHING)
        if not said:
            return _Rules({}, for_all)
        everywhere = await http.get_global_commands(application_id)
        here = await http.get_guild_commands(application_id, guild_id)
        of_commands: dict[str, list[_Said]] = {}
        for one in (*everywhere, *here):
            of_commands.setdefault(one["name"], []).append(said.get(int(one["id"]), _NOTHING))
        return _Rules(of_commands, for_all)


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
    # By their ids: of a role that the gateway has not told of, discord.py has no more.
    role_ids = member._roles if isinstance(member, discord.Member) else []
    key = Target.role.value
    by_role = [said[key, id_] for id_ in role_ids if id_ != guild_id and (key, id_) in said]
    return any(by_role) if by_role else _first(said, Target.role, guild_id)


def _first(said: _Said, target: Target, *ids: int) -> bool | None:
    """What is said of the first of them of which anything is."""
    return next((said[target.value, id_] for id_ in ids if (target.value, id_) in said), None)
