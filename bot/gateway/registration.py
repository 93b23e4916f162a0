"""Registers the commands with Discord when they changed: it counts those that are created in a day.

The commands that Discord has go on working meanwhile, so nothing waits for it.
"""

import asyncio
import logging
import time
from typing import Any, TypeAlias

import discord
from discord import app_commands
from discord.http import Route

from bot.discord_errors import in_a_line, is_final, own_pauses, retry_after_seconds
from bot.gateway.endpoints import FAILURES
from core.errors import BadAnswer

log = logging.getLogger(__name__)

Payload: TypeAlias = dict[str, Any]
Command: TypeAlias = app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu

AGAIN_SECONDS_MIN = 5.0
AGAIN_SECONDS_MAX = 900.0
OVERDUE_SECONDS_MAX = 60.0  # how long the commands may be out of date before that is a problem
SERVER_SECONDS = 1.0  # between the servers that are asked for commands of their own

# All that can be sent of a command and its options: what Discord adds is not compared.
_SENT = {
    "name", "description", "type", "options", "nsfw", "default_member_permissions", "name_localizations",
    "description_localizations", "required", "choices", "min_value", "max_value", "min_length", "max_length",
    "autocomplete", "channel_types", "value",
}  # fmt: skip
_SENT_EVERYWHERE = {"contexts", "integration_types"}  # a server's own commands have none
_BY_LOCALE = {"name_localizations", "description_localizations"}


class Registration:
    """`guild_id` names the one server that has the commands, while they are developed; None is everywhere."""

    def __init__(self, tree: app_commands.CommandTree[Any], *, guild_id: int | None = None) -> None:
        self._tree = tree
        self._guild = discord.Object(guild_id) if guild_id is not None else None
        self._problem: tuple[float, str] | None = None
        if self._guild is not None:
            tree.copy_global_to(guild=self._guild)

    @property
    def overdue(self) -> str | None:
        """What keeps the commands from being registered, if it has done so for a while."""
        if self._problem is None or time.monotonic() - self._problem[0] <= OVERDUE_SECONDS_MAX:
            return None
        since, problem = self._problem
        return f"the commands are not registered for {time.monotonic() - since:.0f} s: {problem}"

    async def serve(self, *, registers: bool) -> None:
        """Tries until it is done. One process of the bot registers; each removes doubled commands."""
        if registers:
            await self._until_done()
        if self._guild is not None:
            if registers:
                await self._clear("")
            return
        await self._tree.client.wait_until_ready()
        for guild in list(self._tree.client.guilds):
            await self._clear(f"/guilds/{guild.id}")
            await asyncio.sleep(SERVER_SECONDS)

    async def _until_done(self) -> None:
        since, delay_seconds = time.monotonic(), AGAIN_SECONDS_MIN
        self._problem = (since, "Discord has not answered")
        while self._problem is not None:
            try:
                with own_pauses():
                    await self.update()
                self._problem = None
            except FAILURES as error:
                problem = in_a_line(error)
                if self._guild is not None:
                    problem = f"COMMANDS_GUILD_ID should be the id of a server that the bot is in: {problem}"
                self._problem = (since, problem)
                seconds = max(delay_seconds, retry_after_seconds(error) or 0.0)
                what = "the commands are not registered, the former ones stay; again in %.0f s: %s"
                log.warning(what, seconds, problem)
                await asyncio.sleep(seconds)
                delay_seconds = min(delay_seconds * 2, AGAIN_SECONDS_MAX)

    async def update(self) -> None:
        if await self.is_up_to_date():
            log.info("the commands are registered already")
            return
        registered = await self._tree.sync(guild=self._guild)
        log.info("registered %d commands", len(registered))

    async def is_up_to_date(self) -> bool:
        ours, theirs = await self._ours(), await self._stored(self._scope)
        return sorted(map(self._plain, ours), key=_key) == sorted(map(self._plain, theirs), key=_key)

    async def _clear(self, scope: str) -> None:
        """A command that is registered for all servers and for this one would be there twice."""
        # Without translating them, as each server is asked.
        ours = {_key(command.to_dict(self._tree)) for command in self._commands}
        try:
            doubled = [command for command in await self._stored(scope) if _key(command) in ours]
            for command in doubled:
                await self._request("DELETE", f"{scope}/commands/{command['id']}")
        except FAILURES as error:
            # Without the right to have commands there, there are none.
            is_usual = isinstance(error, discord.HTTPException) and is_final(error)
            level = logging.DEBUG if is_usual else logging.INFO
            log.log(level, "commands that may be doubled were left%s: %s", scope, in_a_line(error))
        else:
            if doubled:
                log.info("removed %d doubled commands%s", len(doubled), scope)

    async def _ours(self) -> list[Payload]:
        translator = self._tree.translator
        if translator is None:
            return [command.to_dict(self._tree) for command in self._commands]
        return [await command.get_translated_payload(self._tree, translator) for command in self._commands]

    async def _stored(self, scope: str) -> list[Payload]:
        """With the translations, which discord.py does not ask for."""
        stored = await self._request("GET", f"{scope}/commands", params={"with_localizations": "true"})
        if not isinstance(stored, list) or not all(isinstance(one, dict) and "name" in one for one in stored):
            raise BadAnswer("the registered commands cannot be read")
        return stored

    async def _request(self, method: str, path: str, **more: Any) -> Any:
        client = self._tree.client
        route = Route(method, f"/applications/{client.application_id}{path}")
        return await client.http.request(route, **more)

    @property
    def _commands(self) -> list[Command]:
        return self._tree.get_commands(guild=self._guild)

    @property
    def _scope(self) -> str:
        return "" if self._guild is None else f"/guilds/{self._guild.id}"

    def _plain(self, command: Payload) -> Payload:
        plain: Payload = _said(command)
        if self._guild is None:
            for key in _SENT_EVERYWHERE & command.keys():
                plain[key] = sorted(command[key] or [])
        if "default_member_permissions" in plain:
            plain["default_member_permissions"] = str(plain["default_member_permissions"])
        return plain


def _key(command: Payload) -> tuple[str, int]:
    return str(command["name"]), int(command.get("type", 1))


def _said(value: Any) -> Any:
    """What can be sent of a command, an option or a choice. Discord leaves out null, false and empty, or does not."""
    if isinstance(value, list):
        return [_said(one) for one in value]
    if not isinstance(value, dict):
        return value
    said = {key: one if key in _BY_LOCALE else _said(one) for key, one in value.items() if key in _SENT}
    return {
        key: one
        for key, one in said.items()
        if one is not None and one is not False and one not in ({}, [], "")
    }
