"""What was begun and is answered later: found by its id, for a day, by the key that began it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from sandbox.stability.errors import ApiError
from sandbox.stability.work import Work

ID_LENGTH = 64
KEPT_SECONDS = 24 * 3600.0
POLL_SECONDS = 10.0
"""Whoever asks for one generation more often than this may meet rate limits, says the vendor."""


@dataclass(slots=True)
class Generation:
    """`fault` is what was provoked for its picture; `sha256` is that of the picture once it was fetched;
    `lost`: whoever asked was told that there is none."""

    id: str
    path: str
    work: Work
    key: str
    begun_at: float
    fault: str | None
    polls: list[float] = field(default_factory=list)
    early_polls: int = 0
    fetched: int = 0
    sha256: str | None = None
    lost: bool = False

    def not_found(self) -> ApiError:
        self.lost = True
        return _not_found(self.id)


class Generations(dict[str, Generation]):
    """By id. `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock

    @property
    def early_polls(self) -> int:
        return sum(generation.early_polls for generation in self.values())

    def begin(self, path: str, work: Work, key: str, fault: str | None) -> Generation:
        now = self._clock()
        for old in [one for one in self.values() if now >= one.begun_at + KEPT_SECONDS]:
            del self[old.id]
        id_ = uuid4().hex + uuid4().hex
        self[id_] = Generation(id_, path, work, key, now, fault)
        return self[id_]

    def poll(self, id_: str, key: str, *, below: str = "") -> tuple[Generation, bool]:
        """The generation, which began at a path `below` that, and whether it was asked for too early.
        Raises ApiError where there is none."""
        if len(id_) != ID_LENGTH:
            raise ApiError(400, "bad_request", f"id: must be exactly {ID_LENGTH} characters long")
        generation, now = self.get(id_), self._clock()
        if (
            generation is None
            or generation.key != key
            or not generation.path.startswith(below)
            or now >= generation.begun_at + KEPT_SECONDS
        ):
            raise _not_found(id_)
        is_early = bool(generation.polls) and now < generation.polls[-1] + POLL_SECONDS
        generation.early_polls += is_early
        generation.polls.append(now)
        return generation, is_early


def _not_found(id_: str) -> ApiError:
    return ApiError(404, "generation_not_found", f"id: no generation {id_} was found, or it has expired")
