"""What is known of the connection to Discord, by the bot's client and by each part of the gateway."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import discord


@dataclass(frozen=True, slots=True)
class Shards:
    """`identify_buckets` is how many sessions Discord takes at once, of shards that differ by it."""

    ids: Sequence[int]
    count: int
    identify_buckets: int


class GatewayClient(discord.AutoShardedClient):
    """The client as the gateway knows it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.identifying = asyncio.Lock()
        """One shard of this process after the other begins its session."""
        self.identify_buckets = 1
        self._problems: dict[int, str] = {}
        self._away_since = {0: time.monotonic()}
        """Of each shard that is not connected; until it is known which there are, that is the one."""

    async def keep_registered(self, *, registers: bool) -> None:
        """Runs until it is cancelled; the commands are registered by the one process that `registers`."""
        raise NotImplementedError

    def stand_by(self) -> None:
        """Another process may have the shards, so it is no fault that this one is not connected."""
        self._away_since.clear()

    def take_on(self, shards: Shards) -> None:
        """Those which `connect` is to connect."""
        self.shard_ids, self.shard_count = list(shards.ids), shards.count
        self.identify_buckets = shards.identify_buckets
        self._away_since = dict.fromkeys(shards.ids, time.monotonic())

    def note_problem(self, shard_id: int, problem: str | None) -> None:
        """What a shard waits for, or 0 while nothing is known of shards; None: it is over."""
        self._problems.pop(shard_id, None)
        if problem is not None:
            self._problems[shard_id] = problem

    @property
    def problem(self) -> str | None:
        return next(iter(list(self._problems.values())), None)

    @property
    def away_seconds(self) -> float:
        """How long a shard has had no connection to the gateway, the longest of them; 0 while all have."""
        return max((time.monotonic() - since for since in list(self._away_since.values())), default=0.0)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        # Each try that fails says so again.
        self._away_since.setdefault(shard_id, time.monotonic())

    async def on_shard_resumed(self, shard_id: int) -> None:
        self._away_since.pop(shard_id, None)

    async def on_shard_connect(self, shard_id: int) -> None:
        self._away_since.pop(shard_id, None)
