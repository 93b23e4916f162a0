"""Which fault happens when: random, and the same again for the same seed. Pure."""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """`who: what`; the part before the colon can meet one fault at a time."""

    BOT_KILL = "bot: kill -9"
    BOT_TERM = "bot: SIGTERM"
    BOT_FREEZE = "bot: SIGSTOP"
    WORKER_KILL = "worker: kill -9"
    WORKER_TERM = "worker: SIGTERM"
    WORKER_FREEZE = "worker: SIGSTOP beyond its lease"

    POSTGRES_FAST = "postgres: restart fast"
    POSTGRES_IMMEDIATE = "postgres: restart immediate"
    POSTGRES_REFUSE = "postgres: refuses"
    POSTGRES_HANG = "postgres: hangs"
    POSTGRES_CUT = "postgres: cuts connections"
    POSTGRES_DELAY = "postgres: is slow"
    POSTGRES_HALF_CLOSE = "postgres: half-closes"
    POSTGRES_FULL = "postgres: turns new connections away"
    POSTGRES_FORGET = "postgres: connections forgotten"

    BUCKET_REFUSE = "bucket: refuses"
    BUCKET_HANG = "bucket: hangs"
    BUCKET_CUT = "bucket: cuts connections"
    BUCKET_HALF_CLOSE = "bucket: half-closes"
    BUCKET_500 = "bucket: answers 500"
    BUCKET_EDGE = "bucket: an edge answers 403 with a page"
    BUCKET_NOWHERE = "bucket: a proxy answers 404 with a page"
    BUCKET_PORTAL = "bucket: a portal answers 200 with a page"
    BUCKET_ELSEWHERE = "bucket: answers 301 to another region"

    STABILITY_REFUSE = "stability line: refuses"
    STABILITY_CUT = "stability line: cuts connections"
    STABILITY_HANG = "stability line: hangs"
    STABILITY_DELAY = "stability line: is slow"
    CALL_429 = "stability: 429"
    CALL_500 = "stability: 500"
    CALL_GARBAGE = "stability: garbage"
    CALL_HALF = "stability: half a body"
    CALL_RESET = "stability: reset"
    CALL_HANG = "stability: hang"
    CALL_REFUSE = "stability: refuse"
    CALL_BLUR = "stability: blur"
    CALL_UNAUTHORIZED = "stability: unauthorized"
    CALL_PAYMENT = "stability: payment"
    CALL_LANGUAGE = "stability: invalid language by 400"
    CALL_408 = "stability: 408"
    CALL_ERROR_REASON = "stability: finish-reason ERROR"
    CALL_JSON_FILTERED = "stability: filtered in JSON"
    CALL_JSON_PICTURE = "stability: a picture in JSON"
    CALL_REDIRECT = "stability: redirects"
    CALL_EDGE_403 = "stability: a page with 403 from the edge"
    CALL_EDGE_401 = "stability: a JSON with 401 from the edge"
    CALL_EDGE_402 = "stability: an empty body with 402 from the edge"
    CALL_EDGE_429 = "stability: a page with 429 from the edge"
    CALL_EDGE_200 = "stability: a page with 200 from the edge"
    RESULT_LOST = "stability: a result is gone"
    RESULT_500 = "stability: a result comes as 500"
    RESULT_HALF = "stability: a result comes in half"
    ACCOUNT_KEY = "account: key is refused"
    ACCOUNT_POOR = "account: credits for the cheap models alone"

    DISCORD_REFUSE = "discord line: refuses"
    DISCORD_CUT = "discord line: cuts connections"
    DISCORD_HANG = "discord line: hangs"
    DISCORD_DELAY = "discord line: is slow"
    GATEWAY_DISCONNECT = "gateway: disconnect"
    GATEWAY_RECONNECT = "gateway: op 7"
    GATEWAY_INVALID = "gateway: op 9"
    GATEWAY_RESUMABLE = "gateway: op 9 resumable"
    GATEWAY_4004 = "gateway: 4004"
    GATEWAY_SHUT = "gateway: is shut"
    EVENT_ODD = "events: of another shape"
    EVENT_REPLAY = "events: replayed interaction"
    EVENT_DROP = "events: dropped"
    REST_429 = "rest: 429"
    REST_500 = "rest: 500"
    REST_502 = "rest: 502"
    EDGE_429 = "rest: 429 of the edge"
    EDGE_403 = "rest: a page with 403"
    REST_ARCHIVED = "rest: 50083 to edits"
    REST_EXPLICIT = "rest: 20009 to edits"
    REST_EMPTY = "rest: an empty object for edits"
    EDGE_200 = "rest: a page with 200"
    ANSWER_LOST = "rest: 502 for first answers that are taken"
    MESSAGE_DELETE = "members: delete a message"
    PERMISSION_VIEW = "permission: VIEW_CHANNEL taken"
    PERMISSION_SEND = "permission: SEND_MESSAGES taken"
    DIRECT_MESSAGES = "members: close direct messages"
    TOKENS_EXPIRE = "tokens: expire"

    @property
    def resource(self) -> str:
        return self.partition(":")[0]


LEASE_SECONDS = 3.0
UNTOUCHED_MODEL = "stable-diffusion-v1-6"
"""It paints many sizes as they are, so that the bytes in the bucket are those that it sent."""

STABILITY_TIMEOUT_SECONDS = 4.0
"""How long a worker of the drill keeps a job without a sign of life."""

FIRST_SECONDS = 1.0
PAUSE_SECONDS = (0.6, 2.6)
"""From the beginning of a fault to that of the next; what lasts overlaps with what follows."""

# How long each lasts, in seconds; the others are over at once.
_LASTS = {
    Kind.BOT_FREEZE: (2.0, 5.0),
    Kind.WORKER_FREEZE: (LEASE_SECONDS + 1, LEASE_SECONDS + 5),
    Kind.POSTGRES_FAST: (0.0, 3.0),
    Kind.POSTGRES_IMMEDIATE: (0.0, 3.0),
    Kind.POSTGRES_REFUSE: (1.0, 8.0),
    Kind.POSTGRES_HANG: (1.0, 8.0),
    Kind.POSTGRES_CUT: (0.5, 4.0),
    Kind.POSTGRES_DELAY: (2.0, 6.0),
    Kind.POSTGRES_HALF_CLOSE: (0.5, 3.0),
    Kind.POSTGRES_FULL: (1.0, 8.0),
    Kind.BUCKET_REFUSE: (2.0, 12.0),
    Kind.BUCKET_HANG: (2.0, 12.0),
    Kind.BUCKET_CUT: (1.0, 6.0),
    Kind.BUCKET_HALF_CLOSE: (1.0, 4.0),
    Kind.BUCKET_500: (2.0, 12.0),
    Kind.BUCKET_EDGE: (2.0, 8.0),
    Kind.BUCKET_NOWHERE: (2.0, 8.0),
    Kind.BUCKET_PORTAL: (2.0, 8.0),
    Kind.BUCKET_ELSEWHERE: (2.0, 8.0),
    Kind.STABILITY_REFUSE: (1.0, 8.0),
    Kind.STABILITY_CUT: (1.0, 4.0),
    Kind.STABILITY_HANG: (1.0, 4.0),
    Kind.STABILITY_DELAY: (2.0, 5.0),
    Kind.DISCORD_REFUSE: (1.0, 8.0),
    Kind.DISCORD_CUT: (1.0, 4.0),
    Kind.DISCORD_HANG: (1.0, 8.0),
    Kind.DISCORD_DELAY: (2.0, 6.0),
    Kind.ACCOUNT_KEY: (1.0, 6.0),
    Kind.ACCOUNT_POOR: (2.0, 8.0),
    Kind.GATEWAY_SHUT: (1.0, 6.0),
    Kind.PERMISSION_VIEW: (3.0, 9.0),
    Kind.PERMISSION_SEND: (3.0, 9.0),
    Kind.DIRECT_MESSAGES: (3.0, 9.0),
}
# How many calls or events it is for, where that is counted.
_TIMES = {
    **dict.fromkeys([kind for kind in Kind if kind.resource == "stability"], (1, 3)),
    # These pause others too.
    Kind.CALL_UNAUTHORIZED: (1, 1),
    Kind.CALL_PAYMENT: (1, 1),
    Kind.EVENT_DROP: (1, 2),
    Kind.EVENT_ODD: (1, 4),
    Kind.REST_429: (1, 3),
    Kind.REST_500: (1, 4),
    Kind.REST_502: (1, 4),
    Kind.EDGE_429: (1, 3),
    Kind.EDGE_403: (1, 4),
    Kind.REST_ARCHIVED: (1, 3),
    Kind.REST_EXPLICIT: (1, 3),
    Kind.REST_EMPTY: (1, 3),
    Kind.EDGE_200: (1, 4),
    Kind.ANSWER_LOST: (1, 3),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """`target` names the process it is for, or `all`; `pick` (0 to 1) chooses among what is there then."""

    at_seconds: float
    kind: Kind
    seconds: float
    target: str
    times: int
    pick: float

    @property
    def ends_at_seconds(self) -> float:
        return self.at_seconds + self.seconds

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


OURS = ("bot", "worker", "members")
DAY = tuple(kind for kind in Kind if kind.resource not in OURS)
"""Each service away, slow and lying, in turn. None of these touches a process of ours."""

DAY_SHARE = 0.6
"""Of its part of the day each lasts so long; the rest is calm."""


def day(seconds: float) -> list[Fault]:
    """A day on which everything around the processes fails once, one after the other, for equal times."""
    part = (seconds - FIRST_SECONDS) / len(DAY)
    return [
        Fault(
            round(FIRST_SECONDS + number * part, 2),
            kind,
            round(part * DAY_SHARE, 2) if kind in _LASTS else 0.0,
            "all",
            max(_TIMES.get(kind, (1, 1))),
            0.5,
        )
        for number, kind in enumerate(DAY)
    ]


DEATH_SECONDS = (3.0, 9.0)
"""From one death to the next: some come while a worker is still starting, and some as it looks after a picture."""

GENERATION_SECONDS = 15.0
"""How long Stability takes then for what it answers later, so that it has to be asked after more than once."""


def deaths(seed: int, seconds: float, *, workers: int) -> list[Fault]:
    """Every worker is killed at once, again and again, and every other time with pictures that no bucket took."""
    rng = random.Random(f"deaths {seed}")
    faults: list[Fault] = []
    now, number = FIRST_SECONDS, 0
    while now < seconds:
        faults += [
            Fault(round(now, 2), Kind.WORKER_KILL, 0.0, name, 1, 0.0) for name in worker_names(workers)
        ]
        lasts = rng.uniform(*DEATH_SECONDS)
        if number % 2:
            faults.append(Fault(round(now, 2), Kind.BUCKET_HANG, round(lasts, 2) - 0.1, "all", 1, 0.0))
        now, number = now + lasts, number + 1
    return faults


def worker_names(count: int) -> list[str]:
    return [f"worker-{number}" for number in range(1, count + 1)]


def schedule(seed: int, seconds: float, *, workers: int, only: Sequence[str] = ("",)) -> list[Fault]:
    """Faults in the order of their beginning, all of them over within `seconds`.

    Each kind comes once before any comes again, as far as what it is for is free. `only` is how those begin
    that are to come at all. ValueError: none does.
    """
    kinds = [kind for kind in Kind if kind.startswith(tuple(only))]
    if not kinds:
        raise ValueError(f"no fault begins with any of {only}; they are {', '.join(Kind)}")
    rng = random.Random(f"drill {seed}")
    faults: list[Fault] = []
    free_at: dict[str, float] = {}
    bag: list[Kind] = []
    now = FIRST_SECONDS
    while now < seconds:
        if not bag:
            bag = rng.sample(kinds, len(kinds))
        fault = next((f for kind in bag if (f := _fault(rng, kind, now, seconds, workers, free_at))), None)
        if fault is not None:
            bag.remove(fault.kind)
            free_at[_occupied(fault)] = fault.ends_at_seconds + 0.5
            faults.append(fault)
        now += rng.uniform(*PAUSE_SECONDS)
    return faults


def _fault(
    rng: random.Random, kind: Kind, now: float, seconds: float, workers: int, free_at: dict[str, float]
) -> Fault | None:
    """None: what it is for is still busy with another."""
    lasts = min(rng.uniform(*_LASTS.get(kind, (0.0, 0.0))), seconds - now)
    target = rng.choice(_targets(kind, workers))
    times = rng.randint(*_TIMES.get(kind, (1, 1)))
    fault = Fault(round(now, 2), kind, round(lasts, 2), target, times, round(rng.random(), 3))
    return fault if free_at.get(_occupied(fault), 0.0) <= now else None


def _targets(kind: Kind, workers: int) -> Sequence[str]:
    match kind.resource:
        case "worker":
            return worker_names(workers)
        case "bot":
            return ["bot"]
        case "postgres" if kind not in (Kind.POSTGRES_FAST, Kind.POSTGRES_IMMEDIATE):
            # One that is cut off alone, while the others go on, is the harder case.
            return ["all", "bot", *worker_names(workers)]
    return ["all"]


def _occupied(fault: Fault) -> str:
    return fault.target if fault.kind.resource == "worker" else fault.kind.resource
