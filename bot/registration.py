"""Registers the commands with Discord when they are others than those it has, and not at each start.

Discord counts the commands that are made in a day, and each client asks for all of them anew after a change.
"""

import logging
from typing import Any, TypeAlias

import discord
from discord import app_commands
from discord.http import Route

log = logging.getLogger(__name__)

Payload: TypeAlias = dict[str, Any]

# `dm_permission` is the old name for a part of `contexts`; a server's own commands have none of the three.
_ADDED_BY_DISCORD = {"id", "application_id", "version", "guild_id", "default_permission", "dm_permission"}
_EVERYWHERE_ONLY = {"contexts", "integration_types"}


class Registration:
    """`guild_id` names the one server that has the commands, while they are developed; None is everywhere."""

    def __init__(self, tree: app_commands.CommandTree[Any], *, guild_id: int | None = None) -> None:
        self._tree = tree
        self._guild = discord.Object(guild_id) if guild_id is not None else None
        if self._guild is not None:
            tree.copy_global_to(guild=self._guild)

    async def bring_up_to_date(self) -> None:
        if await self.is_up_to_date():
            log.info("the commands are registered already")
            return
        registered = await self._tree.sync(guild=self._guild)
        log.info("registered %d commands", len(registered))

    async def is_up_to_date(self) -> bool:
        ours = sorted(map(self._plain, await self._ours()), key=_name)
        theirs = sorted(map(self._plain, await self._theirs()), key=_name)
        return ours == theirs

    async def _ours(self) -> list[Payload]:
        """What would be sent."""
        commands, translator = self._tree.get_commands(guild=self._guild), self._tree.translator
        if translator is None:
            return [command.to_dict(self._tree) for command in commands]
        return [await command.get_translated_payload(self._tree, translator) for command in commands]

    async def _theirs(self) -> list[Payload]:
        """What Discord has, with its translations, which discord.py does not ask for."""
        client = self._tree.client
        place = "" if self._guild is None else f"/guilds/{self._guild.id}"
        route = Route("GET", f"/applications/{client.application_id}{place}/commands")
        stored: list[Payload] = await client.http.request(route, params={"with_localizations": "true"})
        return stored

    def _plain(self, command: Payload) -> Payload:
        left_out = _ADDED_BY_DISCORD | (_EVERYWHERE_ONLY if self._guild is not None else set())
        plain: Payload = _without_defaults({key: command[key] for key in command.keys() - left_out})
        if "default_member_permissions" in plain:
            # Sent as a number, and stored as a text.
            plain["default_member_permissions"] = str(plain["default_member_permissions"])
        return plain


def _name(command: Payload) -> str:
    return str(command["name"])


def _without_defaults(value: Any) -> Any:
    """What is not said, is false or is empty means the same to Discord, which says it or not as it likes."""
    if isinstance(value, dict):
        return {key: inner for key, one in value.items() if not _is_default(inner := _without_defaults(one))}
    if isinstance(value, list):
        return [_without_defaults(one) for one in value]
    return value


def _is_default(value: Any) -> bool:
    return value is None or value is False or value == {} or value == []
