"""Which servers the bot paints in: the owner's own are let in by themselves, and those that the environment names; of
any other the owner decides."""

import logging
from collections.abc import Collection
from dataclasses import replace

import discord

from bot.owner.alerts import owner_id_of
from core.rules import Server
from db.servers import Servers

log = logging.getLogger(__name__)


class Admission:
    def __init__(self, client: discord.Client, servers: Servers, allowed_ids: Collection[int]) -> None:
        self._client = client
        self._servers = servers
        self._allowed_ids = allowed_ids
        self._owner_id: int | None = None

    async def meet(self, guild: discord.Guild) -> Server:
        """Puts a server down that was not known, and lets it in where nobody has to be asked."""
        server = self._servers.of(guild.id)
        is_own = guild.id in self._allowed_ids or guild.owner_id == await self.owner_id()
        if server.revision and server.name == guild.name and not (is_own and server.is_allowed is None):
            return server
        if not server.revision:
            log.info(
                "server %d is new here; %s", guild.id, "it is let in" if is_own else "its owner has to decide"
            )

        def met(server: Server) -> Server:
            is_allowed = True if is_own and server.is_allowed is None else server.is_allowed
            return replace(server, name=guild.name, is_allowed=is_allowed)

        return await self._servers.edit(guild.id, 0, None, met)

    async def owner_id(self) -> int:
        if self._owner_id is None:
            self._owner_id = owner_id_of(await self._client.application_info())
        return self._owner_id
