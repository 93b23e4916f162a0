"""Whether the shards of this process are connected, and what they wait for."""

import time
from collections.abc import Iterable


class GatewayStatus:
    """May be read from any thread."""

    def __init__(self) -> None:
        self._problems: dict[int, str] = {}
        # Of each shard that is not connected; 0 until the shards are known.
        self._away_since = {0: time.monotonic()}

    @property
    def problem(self) -> str | None:
        return next(iter(list(self._problems.values())), None)

    @property
    def away_seconds(self) -> float:
        """Of the shard without a connection for the longest time; 0 while all are connected."""
        return max((time.monotonic() - since for since in list(self._away_since.values())), default=0.0)

    def note_problem(self, shard_id: int, problem: str | None) -> None:
        """None: it is over."""
        self._problems.pop(shard_id, None)
        if problem is not None:
            self._problems[shard_id] = problem

    def expect(self, shard_ids: Iterable[int]) -> None:
        """These are to be connected from now on; none, while another process may have them."""
        self._away_since = dict.fromkeys(shard_ids, time.monotonic())

    def connected(self, shard_id: int) -> None:
        self._away_since.pop(shard_id, None)

    def disconnected(self, shard_id: int) -> None:
        self._away_since.setdefault(shard_id, time.monotonic())
