"""What a member asked for, the jobs it takes, and the pictures that came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self, TypeAlias
from uuid import UUID

from core.failures import FailureCode
from core.operations import IMAGINE, SEED_MAX

COUNT_MAX = 4
"""Pictures of one order."""

ID_MAX = 2**63 - 1
"""The largest number that Postgres takes."""

JOB_NUMBERS = 16
"""A job's id is its order's times this, plus its number: an order's jobs are a range of the primary key."""

UPLOAD_BYTES_MAX = 25 * 1024 * 1024
UPLOAD_PIXELS_MAX = 64_000_000
"""Of what a member hands in."""

BORROWED = "borrowed"
"""Among the parameters of what needs no words: its prompt is that of the picture it is made from, by which it is found,
and nobody said it of this one."""

FROM_UPLOAD = "from_upload"
"""Among the parameters of what is made from pictures one of which was made, at whatever remove, from what a member had
handed in: each order has it from those before, so nobody has to go back to the first."""

PLACE_MAX = 1000
"""Places in line are counted up to here: counting a long queue would cost more than the answer is worth."""

FRONT = 3
STANDS_SECONDS = 3.0
"""Only so many places are told, and only of a short line that stands still for so long: so it takes an edit a second at
most to keep them true, and none while there is much to do."""

PRESSED = "pressed"
"""Among the parameters of what came of a button or a form: Discord says of a command alone who used it."""

BESIDE = frozenset({BORROWED, FROM_UPLOAD, PRESSED})
"""What stands among the parameters and is none of the operation's."""


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (State.DONE, State.FAILED, State.CANCELLED)


class CancelReason(StrEnum):
    """Why a job was cancelled, if not by who may cancel its order."""

    SERVER_SHUT = "server_shut"
    BOT_REMOVED = "bot_removed"
    MEMBER_BLOCKED = "member_blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be made, for whom and where.

    `params` are the operation's parameters by name, sizes in pixels; `inputs` are the ids of what it is made from,
    which below 0 are uploads and else pictures, and `count` is how many come of it, from 1 to COUNT_MAX.
    `locale` is Discord's name for the member's language, `parent_channel_id` the channel of which `channel_id` is a
    public thread, and `traceparent` the trace that it is part of, as W3C writes it.
    """

    member_id: int
    guild_id: int | None
    channel_id: int
    parent_channel_id: int | None = None
    locale: str = "en-US"
    operation: str = IMAGINE.name
    model: str
    prompt: str
    params: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[int, ...] = ()
    count: int = 1
    private: bool = False
    spoiler: bool = False
    traceparent: str | None = None

    @property
    def size(self) -> tuple[int, int] | None:
        """In pixels; None where it follows from what it is made from."""
        return (int(self.params["width"]), int(self.params["height"])) if "width" in self.params else None

    @property
    def said(self) -> str:
        """The prompt, as far as it is for the provider."""
        return "" if BORROWED in self.params else self.prompt

    @property
    def is_from_upload(self) -> bool:
        """Whether something that a member handed in is in it, also by way of other pictures."""
        return FROM_UPLOAD in self.params or any(source_id < 0 for source_id in self.inputs)

    @property
    def seed(self) -> int | None:
        """None leaves the choice to the provider."""
        return self.params.get("seed")

    @property
    def negative_prompt(self) -> str | None:
        return self.params.get("negative_prompt")

    @property
    def style(self) -> str | None:
        return self.params.get("style")

    @property
    def is_ephemeral(self) -> bool:
        """Whether the reply is one that only its member sees, and only its token finds."""
        return self.private and self.guild_id is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Wanted):
    """One interaction that asks for pictures, and what is needed to answer it.

    `unsaid` names what the member did not say, and what may be filled in: model, shape, style, count, private.
    `guild_locale` is Discord's name for the language of the server.
    """

    interaction_id: int
    application_id: int
    token: str = field(repr=False)
    token_expires_at: datetime
    unsaid: frozenset[str] = frozenset()
    guild_locale: str | None = None

    def with_params(self, **params: Any) -> Self:
        """With these besides its own; None is what was not asked for."""
        asked = {**self.params, **params}
        return replace(self, params={name: value for name, value in asked.items() if value is not None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Wanted):
    """A request that is stored. `key` names its objects in the bucket, where an id would tell how many there are."""

    id: int
    key: UUID
    created_at: datetime
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One call to a provider that an order needs.

    `attempt` counts claims and fences workers; `faults` counts the attempts that are held against the job.
    `counted` is what its calls count against the limits, in credits.
    """

    id: int
    order: Order
    state: State
    provider: str
    price: Decimal
    turn: int
    attempt: int = 0
    faults: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    failure: FailureCode | None = None
    cancelled_for: CancelReason | None = None
    counted: Decimal = Decimal(0)
    generation: str | None = None
    """The provider's id of what it was begun as, where its answer comes later."""
    holder: bytes = b""
    """Whom the provider is told that it is for: in each month another hash of the member, which nobody but the owner
    can tell from it. Known of a job that is at work."""

    @property
    def number(self) -> int:
        """From 1, within its order."""
        return self.id % JOB_NUMBERS

    @property
    def was_begun(self) -> bool:
        return self.started_at is not None

    @property
    def seed(self) -> int | None:
        """Each job of an order has its own."""
        seed = self.order.seed
        return None if seed is None else (seed + self.number - 1) % (SEED_MAX + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What came of a job, whose id it has. Its size is in pixels; it took `seconds` to paint."""

    id: int
    order: Order
    attempt: int
    created_at: datetime
    seconds: float
    width: int
    height: int
    seed: int | None
    bytes: int
    is_spilled: bool = False
    """Whether its bytes are still in Postgres, as the bucket did not take them."""

    expired_at: datetime | None = None

    @property
    def number(self) -> int:
        """From 1, within its order."""
        return self.id % JOB_NUMBERS

    @property
    def is_expired(self) -> bool:
        """Whether the time is over for which the owner keeps originals; the preview is still there."""
        return self.expired_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A picture that a member handed in, to have another made from it. `id` is below 0, and is no picture's.

    `key` names it in the bucket. `url` is where Discord has it; None once the bucket has.
    """

    id: int
    key: UUID
    member_id: int
    width: int
    height: int
    bytes: int
    url: str | None = field(repr=False)


Source: TypeAlias = Picture | Upload
"""What another picture can be made from. Its size is in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an order has come. `pictures` are those that are there, unless deleted; jobs and pictures are in the
    order of their numbers."""

    order: Order
    jobs: tuple[Job, ...]
    pictures: tuple[Picture, ...] = ()

    @property
    def is_final(self) -> bool:
        return all(job.state.is_final for job in self.jobs)

    @property
    def state(self) -> State:
        """Of them all: QUEUED while nothing has begun, RUNNING until the last has ended, and DONE where at least
        one picture came."""
        states = {job.state for job in self.jobs}
        if not self.is_final:
            return State.QUEUED if states == {State.QUEUED} else State.RUNNING
        return next(state for state in (State.DONE, State.FAILED, State.CANCELLED) if state in states)

    def in_state(self, *states: State) -> tuple[Job, ...]:
        return tuple(job for job in self.jobs if job.state in states)

    @property
    def changed_at(self) -> datetime:
        times = [self.order.created_at, self.order.erased_at]
        times += [time for job in self.jobs for time in (job.started_at, job.finished_at)]
        return max(time for time in times if time is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The message that shows an order, and how far that is behind.

    `shown_place` and `estimate_over_at` are of the place in line, below 0 where it is not told, and of the time that
    it tells, if any.
    """

    progress: Progress
    application_id: int
    token: str | None = field(repr=False)
    token_expires_at: datetime
    message_id: int | None
    channel_id: int | None
    revision: int
    shown_revision: int
    shown_place: int | None = None
    estimate_over_at: datetime | None = None

    @property
    def order(self) -> Order:
        return self.progress.order


@dataclass(frozen=True, slots=True)
class Estimate:
    """`place` is 1 for the job that is next, and None for one that does not wait.

    `seconds` is how long until it is likely done, 0 where it could be any moment, or None where nobody knows:
    nothing of its model was painted lately.
    `paused` is why it is not begun: until the owner has mended that, or for RATE_LIMITED until
    `pause_seconds` have passed. `stands` is whether the line is known not to move soon.
    """

    place: int | None = None
    seconds: float | None = None
    paused: FailureCode | None = None
    pause_seconds: float | None = None
    stands: bool = False

    @property
    def told_place(self) -> int | None:
        return self.place if self.place is not None and self.place <= FRONT and self.stands else None

    @property
    def shown_place(self) -> int | None:
        """As a reply records it."""
        return self.told_place if self.place is None or self.told_place is not None else -self.place

    def once_over(self, place_before: int | None) -> Self:
        """What can be told instead of a time that has gone by, at that place in line: the next one at that
        place would be no better."""
        if self.paused is not None or self.seconds is None:
            return self
        if self.place is None or self.place == 1:
            return replace(self, seconds=0.0)
        moved = place_before is not None and self.place < abs(place_before)
        return self if moved else replace(self, seconds=None)
