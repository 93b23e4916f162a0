"""The rules that are set from inside Discord: the owner's for all, and each server's.

A process has them all at hand, so that a command asks for none of them; what was changed elsewhere is loaded when it is
told, and by a poll.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import asyncpg

from core.errors import StaleRules
from core.rules import HOUSE, Granted, House, Member, Server, ServerRules
from db import queries
from db.pool import Pool

_SQL = queries.load("servers")

TRIES = 5
"""How often a change is made anew where another one came before it."""

_UNKNOWN = Server(HOUSE)


class Servers:
    """`first` is what holds for all, as far as the owner has set nothing."""

    def __init__(self, pool: Pool, first: House) -> None:
        self._pool = pool
        self._first = first
        self._set = House()
        self.house = first
        self._known: dict[int, Server] = {}

    def of(self, guild_id: int | None) -> Server:
        """Direct messages have no rules of their own, nor has a server that nobody has met."""
        return self._known.get(guild_id, _UNKNOWN) if guild_id else _UNKNOWN

    @property
    def house_revision(self) -> int:
        return self._known[HOUSE].revision if HOUSE in self._known else 0

    def all(self) -> list[Server]:
        """Every server that was ever met."""
        return [server for guild_id, server in self._known.items() if guild_id != HOUSE]

    async def load(self) -> None:
        """Whatever is newer than what this process knows."""
        rows = await self._pool.fetch(_SQL["revisions"])
        newer = [
            row["guild_id"]
            for row in rows
            if row["guild_id"] not in self._known or self._known[row["guild_id"]].revision < row["revision"]
        ]
        if newer:
            for row in await self._pool.fetch(_SQL["load"], newer):
                self._learn(_server(row), row["settings"])

    def _learn(self, server: Server, settings: str) -> None:
        known = self._known.get(server.guild_id)
        if known is None or known.revision < server.revision:
            self._known[server.guild_id] = server
            if server.guild_id == HOUSE:
                self._set = House.model_validate_json(settings)
                self.house = self._set.over(self._first)

    async def edit_house(self, by: int, change: Mapping[str, Any], edit: Callable[[House], House]) -> House:
        """`change` is what the audit says of it, `by` the member who makes it. Raises ValidationError, StaleRules."""
        for _ in range(TRIES):
            edited = self._set.having(self.house, edit(self.house))
            if await self._save(self._known.get(HOUSE, _UNKNOWN), edited.stored(), by, change):
                break
            await self.load()
        else:
            raise StaleRules(Member())
        await self.load()
        return self.house

    async def edit(
        self, guild_id: int, by: int, change: Mapping[str, Any] | None, edit: Callable[[Server], Server]
    ) -> Server:
        """As `edit_house`; without a change there is nothing for the audit to say."""
        for _ in range(TRIES):
            edited = edit(self._known.get(guild_id) or replace(_UNKNOWN, guild_id=guild_id))
            if await self._save(edited, edited.rules.stored(), by, change):
                break
            await self.load()
        else:
            raise StaleRules(Member())
        await self.load()
        return self._known[guild_id]

    async def _save(self, server: Server, settings: str, by: int, change: Mapping[str, Any] | None) -> bool:
        """False where it was changed meanwhile."""
        row = await self._pool.fetchrow(
            _SQL["save"],
            server.guild_id,
            server.is_allowed,
            settings,
            server.granted.stored(),
            server.shut_until,
            server.shut_reason,
            server.name,
            server.revision,
            by,
            json.dumps(change) if change is not None else None,
        )
        return row is not None


def _server(row: asyncpg.Record) -> Server:
    rules = ServerRules() if row["guild_id"] == HOUSE else ServerRules.model_validate_json(row["settings"])
    values = {name: row[name] for name in ("is_allowed", "shut_until", "shut_reason", "revision", "name")}
    return Server(row["guild_id"], granted=Granted.model_validate_json(row["granted"]), rules=rules, **values)
