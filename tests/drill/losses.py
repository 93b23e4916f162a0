"""Which attempts there were, and what befell the workers that had them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.drill.journal import Journal
from tests.drill.schedule import LEASE_SECONDS, Kind

_BEGUN = re.compile(r"\bjob (\d+): attempt (\d+)$")

# Not SIGTERM: a worker that is told to stop brings to safety what was paid for.
_OF_A_WORKER = (Kind.WORKER_KILL, Kind.WORKER_FREEZE)
_OF_THE_BOT = (Kind.BOT_KILL, Kind.BOT_FREEZE)
BOT_SECONDS = 2.0
"""How long the bot may take to record what Discord has done."""

AFTER_SECONDS = 6.0
"""What a fault did shows for so long after it: a lease and what goes with it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a job at a worker, from its claim to `until`, when the next began or the drill ended."""

    job: int
    number: int
    worker: str
    at: float
    until: float


def attempts(journal: Journal) -> dict[int, list[Attempt]]:
    """Of each job in order, as the workers' own lines tell."""
    begun: dict[int, list[tuple[int, str, float]]] = defaultdict(list)
    for line in journal.lines:
        found = _BEGUN.search(line.text)
        if found and line.name.startswith("worker"):
            begun[int(found[1])].append((int(found[2]), line.name, line.at))
    return {job: list(_spans(job, sorted(those))) for job, those in begun.items()}


def _spans(job: int, begun: list[tuple[int, str, float]]) -> Iterator[Attempt]:
    for index, (number, worker, at) in enumerate(begun):
        until = begun[index + 1][2] if index + 1 < len(begun) else float("inf")
        yield Attempt(job, number, worker, at, until)


class Losses:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def of_worker(self, worker: str | None, since: float, until: float) -> str | None:
        """The first thing that took the worker (None: any of them) away in that time, or its way to Postgres for so
        long that its lease ran out; what is over sooner has to be waited for."""
        for event in self._overlapping(since, until):
            kind, target = event.kind, event.target
            if kind in _OF_A_WORKER and _is(target, worker):
                return f"{target} met {kind.value.partition(': ')[2]}"
        for end in self._journal.ends:
            if _is(end.name, worker) and since <= end.at <= until and not end.expected:
                return f"{end.name} ended with status {end.status}"
        for event in self._overlapping(since, until):
            # While it is away for all, nobody takes a lease back.
            if event.loses_leases and _is(event.target, worker):
                return event.kind.value
        return None

    def of_lease(self, worker: str, since: float, until: float) -> str | None:
        """What took jobs away from a worker that lived on and came back."""
        for event in self._overlapping(since, until):
            if event.target == worker and (event.kind is Kind.WORKER_FREEZE or event.loses_leases):
                return event.kind.value
        return None

    def of_bot(self, since: float) -> str | None:
        """What took the bot away before it could record what it had just done."""
        # A request that was on its way arrives after its sender's death.
        for event in self._overlapping(since - 0.1, since + BOT_SECONDS):
            if event.kind in _OF_THE_BOT:
                return event.kind.value
        return None

    def of_token(self, since: float, until: float) -> str | None:
        """What ended a token: of a message that had not told yet where it is, as the first answer got
        lost, or of a private one, that nothing else finds."""
        events = self._overlapping(since, max(until, since + AFTER_SECONDS))
        return next((event.kind.value for event in events if event.kind is Kind.TOKENS_EXPIRE), None)

    def of_line(self, resource: str, since: float, until: float) -> str | None:
        events = self._overlapping(since, until)
        return next((event.kind.value for event in events if event.kind.resource == resource), None)

    def _overlapping(self, since: float, until: float) -> "Iterable[_Met]":
        for event in self._journal.events:
            if event.done and event.began_at <= until and event.ended_at >= since:
                yield _Met(event.fault.kind, event.fault.target, event.ended_at - event.began_at)


def _is(name: str, worker: str | None) -> bool:
    return name == worker or (worker is None and name.startswith("worker"))


@dataclass(frozen=True, slots=True)
class _Met:
    kind: Kind
    target: str
    seconds: float

    @property
    def loses_leases(self) -> bool:
        """A lease is extended when a third of it has passed."""
        return self.kind.resource == "postgres" and self.seconds >= LEASE_SECONDS * 2 / 3
