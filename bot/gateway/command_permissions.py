"""Whether a member may use a command somewhere, by what the server's owner set under Integrations.

Discord enforces it for commands only; the bot does for buttons that do what a command does. It asks once for each
server, when it is first used there, and is told of changes.
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
from core.errors import reason

log = logging.getLogger(__name__)

LEARN_SECONDS = 0.8  # how long a press waits for it, of the 3 seconds that it has
ASKED_AT_ONCE = 3  # Discord takes 50 calls a second of a bot, and the replies need most of them
AGAIN_SECONDS = 10.0  # before Discord is asked again for a server after it gave no answer

Interaction: TypeAlias = discord.Interaction[Any]
_Rule: TypeAlias = Mapping[tuple[int, int], bool]
"""By the kind and the id of a channel, a role or a member."""

_NO_RULE: _Rule = {}


@dataclass(frozen=True, slots=True)
class _Rules:
    """Of a server. A command that is registered for all servers and for this one has two: either is enough."""

    of_commands: Mapping[str, list[_Rule]]
    for_all: _Rule


class CommandPermissions:
    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._rules: dict[int, _Rules] = {}
        self._asking: dict[int, asyncio.Task[None]] = {}
        self._ask_from: dict[int, float] = {}
        self._turns = asyncio.Semaphore(ASKED_AT_ONCE)

    async def may_use(self, interaction: discord.Interaction[Any], command: str) -> bool | None:
        """None if Discord does not say."""
        guild_id = interaction.guild_id
        if guild_id is None or interaction.permissions.administrator:
            return True
        self.learn(guild_id)
        if guild_id in self._asking:
            await asyncio.wait({self._asking[guild_id]}, timeout=LEARN_SECONDS)
        rules = self._rules.get(guild_id)
        if rules is None or (rules.of_commands and command not in rules.of_commands):
            return None
        of_command = rules.of_commands.get(command, [_NO_RULE])
        return any(_allows(interaction, guild_id, rule, rules.for_all) for rule in of_command)

    def learn(self, guild_id: int) -> None:
        """Asks Discord in the background, unless the rules are known."""
        # Changes are not told of in a server that has the commands and not the bot.
        is_told = self._client.get_guild(guild_id) is not None
        if (guild_id in self._rules and is_told) or guild_id in self._asking:
            return
        if time.monotonic() >= self._ask_from.get(guild_id, 0.0):
            name = f"command permissions of {guild_id}"
            self._asking[guild_id] = asyncio.create_task(self._ask(guild_id), name=name)

    def forget(self, guild_id: int | None = None) -> None:
        """One server, or all, as changes may have been missed."""
        for one in [guild_id] if guild_id is not None else {*self._rules, *self._asking, *self._ask_from}:
            self._rules.pop(one, None)
            self._ask_from.pop(one, None)
            if task := self._asking.pop(one, None):
                task.cancel()

    async def _ask(self, guild_id: int) -> None:
        self._ask_from[guild_id] = time.monotonic() + AGAIN_SECONDS
        try:
            async with self._turns:
                self._rules[guild_id] = await self._fetch(guild_id)
        except UNANSWERED as error:
            log.warning("who may use commands in server %d is not known: %s", guild_id, reason(error))
        finally:
            if self._asking.get(guild_id) is asyncio.current_task():
                del self._asking[guild_id]

    async def _fetch(self, guild_id: int) -> _Rules:
        http, application_id = self._client.http, self._client.application_id or 0
        permissions = await http.get_guild_application_command_permissions(application_id, guild_id)
        rules = {int(one["id"]): _read(one["permissions"]) for one in permissions}
        for_all = rules.pop(application_id, _NO_RULE)
        if not rules:
            return _Rules({}, for_all)
        everywhere = await http.get_global_commands(application_id)
        here = await http.get_guild_commands(application_id, guild_id)
        of_commands: dict[str, list[_Rule]] = {}
        for one in (*everywhere, *here):
            of_commands.setdefault(one["name"], []).append(rules.get(int(one["id"]), _NO_RULE))
        return _Rules(of_commands, for_all)


def _read(permissions: Iterable[Any]) -> _Rule:
    return {(int(one["type"]), int(one["id"])): bool(one["permission"]) for one in permissions}


def _allows(interaction: discord.Interaction[Any], guild_id: int, for_command: _Rule, for_all: _Rule) -> bool:
    """As Discord decides: the channel and the member must both be allowed; a command's own rule goes first."""
    channel = interaction.channel
    channel_id = channel.parent_id if isinstance(channel, discord.Thread) else interaction.channel_id
    both = (for_command, for_all)
    in_channel = [_first(rule, Target.channel, channel_id or 0, guild_id - 1) for rule in both]
    for_member = [_for_member(rule, guild_id, interaction.user) for rule in both]
    return all(next((one for one in found if one is not None), True) for found in (in_channel, for_member))


def _for_member(rule: _Rule, guild_id: int, member: discord.User | discord.Member) -> bool | None:
    """The member alone, then any role that is allowed, then any that is not, then everyone."""
    alone = _first(rule, Target.user, member.id)
    if alone is not None:
        return alone
    # The ids, as discord.py leaves out roles that it does not know.
    role_ids = member._roles if isinstance(member, discord.Member) else []
    key = Target.role.value
    by_role = [rule[key, id_] for id_ in role_ids if id_ != guild_id and (key, id_) in rule]
    return any(by_role) if by_role else _first(rule, Target.role, guild_id)


def _first(rule: _Rule, target: Target, *ids: int) -> bool | None:
    return next((rule[target.value, id_] for id_ in ids if (target.value, id_) in rule), None)
