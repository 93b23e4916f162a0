"""An order and its job as they are just after the command, for tests that need no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.orders import JOB_NUMBERS, Job, Order, Picture, Progress, Reply, State
from tests.orders import PARAMS

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ORDER = Order(
    id=1,
    key=UUID(int=1),
    created_at=NOW,
    member_id=10,
    guild_id=20,
    channel_id=30,
    model="core",
    prompt="a red fox in the snow",
    params={"width": 640, "height": 480},
)
JOB = Job(id=JOB_NUMBERS + 1, order=ORDER, state=State.QUEUED, provider="stability", price=Decimal(3), turn=1)


def order(**changes: Any) -> Order:
    """Parameters are named as fields are."""
    params = {name: changes.pop(name) for name in PARAMS if name in changes}
    return replace(ORDER, **changes, params={**ORDER.params, **params})


def job(number: int = 1, *, of: Order = ORDER, **changes: Any) -> Job:
    return replace(JOB, id=of.id * JOB_NUMBERS + number, order=of, **changes)


def picture(number: int = 1, *, of: Order = ORDER, **changes: Any) -> Picture:
    plain = Picture(
        id=of.id * JOB_NUMBERS + number,
        order=of,
        attempt=1,
        created_at=NOW + timedelta(seconds=10),
        seconds=8.0,
        width=of.params.get("width", 640),
        height=of.params.get("height", 480),
        seed=7,
        bytes=1_500_000,
    )
    return replace(plain, **changes)


def progress(*jobs: Job, pictures: tuple[Picture, ...] = ()) -> Progress:
    """Of the order of these jobs; of one that waits if none is given."""
    jobs = jobs or (JOB,)
    return Progress(order=jobs[0].order, jobs=jobs, pictures=pictures)


def done(*, of: Order = ORDER, **changes: Any) -> Progress:
    """An order of one picture, which is there; what is changed is the picture's."""
    times: dict[str, Any] = {
        "started_at": NOW + timedelta(seconds=2),
        "finished_at": NOW + timedelta(seconds=10),
    }
    return progress(job(of=of, state=State.DONE, attempt=1, **times), pictures=(picture(of=of, **changes),))


def reply(shown: Progress | None = None, **changes: Any) -> Reply:
    plain = Reply(
        progress=shown or progress(),
        application_id=1,
        token="token",
        token_expires_at=NOW + timedelta(minutes=15),
        message_id=None,
        channel_id=None,
        revision=1,
        shown_revision=0,
    )
    return replace(plain, **changes)
