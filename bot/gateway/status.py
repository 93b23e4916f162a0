"""Whether the shards of this process are connected, and what they wait for."""

import time
from collections.abc import Iterable


class GatewayStatus:
    """May be read from any thread."""

    def __init__(self) -> None:
        self._problems: dict[int, str] = {}
        # Of each shard that is not connected; until it is known which there are, that is the one.
        self._away_since = {0: time.monotonic()}

    @property
    def problem(self) -> str | None:
        return next(iter(list(self._problems.values())), None)

    @property
    def away_seconds(self) -> float:
        """How long a shard has had no connection to the gateway, the longest of them; 0 while all have."""
        return max((time.monotonic() - since for since in list(self._away_since.values())), default=0.0)

    def note_problem(self, shard_id: int, problem: str | None) -> None:
        """What a shard waits for, or 0 while nothing is known of shards; None: it is over."""
        self._problems.pop(shard_id, None)
        if problem is not None:
            self._problems[shard_id] = problem

    def expect(self, shard_ids: Iterable[int]) -> None:
        """These are to be connected now. None, while another process may have them: then it is no fault."""
        self._away_since = dict.fromkeys(shard_ids, time.monotonic())

    def connected(self, shard_id: int) -> None:
        self._away_since.pop(shard_id, None)

    def disconnected(self, shard_id: int) -> None:
        # Each try that fails says so again.
        self._away_since.setdefault(shard_id, time.monotonic())
