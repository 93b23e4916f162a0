"""The rules that are set from inside Discord: the owner's for all, and each server's.

A process has them all at hand, so that a command asks for none of them; what was changed elsewhere is loaded when it is
told, and by a poll.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import asyncpg

from core.errors import StaleRules
from core.orders import CancelReason
from core.rules import HOUSE, Granted, House, Member, Server, ServerRules
from db import queries
from db.pool import Connection, Pool

_SQL = queries.load("servers")
_CANCEL_IN = queries.load("orders")["cancel_in"]

TRIES = 5
"""How often a change is made anew where another one came before it."""

_COLUMNS = ("is_allowed", "shut_until", "shut_reason", "name", "asked_at", "left_at", "revision")

LATE_ORDERS = 200
"""Of a member's orders so many are looked at for where they were given."""

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

    @property
    def is_first_limit_told(self) -> bool:
        """Whether the owner knows that a limit stands which nobody has set."""
        return not self.house.is_first or self._known.get(HOUSE, _UNKNOWN).asked_at is not None

    async def first_limit_told(self) -> None:
        await self._pool.execute(_SQL["first_limit_told"])
        await self.load()

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
            await self._load(newer)

    async def _load(self, guild_ids: list[int]) -> None:
        for row in await self._pool.fetch(_SQL["load"], guild_ids):
            self._learn(_server(row), row["settings"])

    def _learn(self, server: Server, settings: str) -> None:
        known = self._known.get(server.guild_id)
        if known is None or known.revision < server.revision:
            self._known[server.guild_id] = server
            if server.guild_id == HOUSE:
                self._set = House.model_validate_json(settings)
                self.house = self._set.over(self._first)

    async def meet(self, met: Collection[Server]) -> None:
        """Puts down those that nobody has met, by id and name, and whether they are let in."""
        columns = ([getattr(one, name) for one in met] for name in ("guild_id", "name", "is_allowed"))
        await self._pool.execute(_SQL["meet"], *columns)
        await self.load()

    async def edit_house(self, by: int, change: Mapping[str, Any], edit: Callable[[House], House]) -> House:
        """`change` is what the audit says of it, `by` the member who makes it. Raises ValidationError, StaleRules."""
        for _ in range(TRIES):
            edited = self._set.having(self.house, edit(self.house))
            if await self._save(self._pool, self._known.get(HOUSE, _UNKNOWN), edited.stored(), by, change):
                break
            await self.load()
        else:
            raise StaleRules(Member())
        await self.load()
        return self.house

    async def edit(
        self,
        guild_id: int,
        by: int,
        change: Mapping[str, Any] | None,
        edit: Callable[[Server], Server],
        *,
        cancels: CancelReason | None = None,
    ) -> Server:
        """As `edit_house`; without a change there is nothing for the audit to say. With `cancels`, whatever is open in
        the server ends with it, and no order is stored beside it."""
        for _ in range(TRIES):
            edited = edit(self._known.get(guild_id) or replace(_UNKNOWN, guild_id=guild_id))
            async with self._pool.acquire() as connection, connection.transaction():
                if cancels is not None:
                    await connection.execute(_SQL["lock"], guild_id)
                is_saved = await self._save(connection, edited, edited.rules.stored(), by, change)
                if is_saved and cancels is not None:
                    await connection.fetch(_CANCEL_IN, guild_id, None, cancels)
            if is_saved:
                break
            await self.load()
        else:
            raise StaleRules(Member())
        await self._load([guild_id])
        return self._known[guild_id]

    async def decided_by(self, guild_id: int) -> int | None:
        """Who has last said whether a server is let in; None where nobody was asked."""
        row = await self._pool.fetchrow(_SQL["decided_by"], guild_id)
        return None if row is None else int(row["member_id"])

    async def credits(self, guild_ids: Collection[int]) -> dict[int, Decimal]:
        """What each of these servers has used in this month."""
        rows = await self._pool.fetch(_SQL["credits"], list(guild_ids))
        return {row["guild_id"]: row["credits"] for row in rows}

    async def of_member(self, member_id: int) -> list[int]:
        """The ids of those in which the member has asked for pictures lately, the latest first."""
        rows = await self._pool.fetch(_SQL["of_member"], member_id, LATE_ORDERS)
        return [row["guild_id"] for row in rows]

    async def _save(
        self,
        connection: "Connection | Pool",
        server: Server,
        settings: str,
        by: int,
        change: Mapping[str, Any] | None,
    ) -> bool:
        """False where it was changed meanwhile."""
        row = await connection.fetchrow(
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
            json.dumps(change) if change else None,
            server.asked_at,
            server.left_at,
        )
        return row is not None


def _server(row: asyncpg.Record) -> Server:
    rules = ServerRules() if row["guild_id"] == HOUSE else ServerRules.model_validate_json(row["settings"])
    values = {name: row[name] for name in _COLUMNS}
    return Server(row["guild_id"], granted=Granted.model_validate_json(row["granted"]), rules=rules, **values)
