"""In which order a painted picture is put where, and what becomes of it when nothing takes it."""

import asyncio
from typing import Any, cast

import pytest

from core.errors import BucketUnavailable, LostJob, SpillFull
from core.failures import FailureCode, JobFailed
from core.orders import Job
from db.alarms import AlarmCode
from db.queue import Painted
from tests.conditions import until
from tests.jobs import job, order
from tests.workshop import instruments
from worker.imaging import Pictures
from worker.providers.provider import Painting
from worker.storage import Storage

PICTURES = Pictures(b"original bytes", b"preview", (640, 480))
PAINTING = Painting(b"as it came", 7, "request-7")
JOB = job(attempt=2)


class House:
    """The queue, the bucket, the spill and the alarms; what each is asked is kept, and fails as a test says."""

    bytes_max = 1000

    def __init__(self, *, bucket_seconds: float = 5) -> None:
        self.done: list[tuple[Any, ...]] = []
        self.faults: dict[str, list[BaseException]] = {}
        self.hangs: set[str] = set()
        self.released = asyncio.Event()
        self.used = 14
        self.instruments = instruments()
        house = cast("Any", self)
        self.storage = Storage(house, house, house, house, self.instruments, bucket_seconds=bucket_seconds)

    async def _do(self, name: str, *how: Any) -> None:
        if name in self.hangs:
            await self.released.wait()
        if self.faults.get(name):
            raise self.faults[name].pop(0)
        self.done.append((name, *how))

    async def put_original(self, of: Job, content: bytes) -> None:
        await self._do("original", of.id, content)

    async def put_preview(self, of: Job, content: bytes) -> None:
        await self._do("preview", of.id, content)

    async def remove_attempt(self, of: Job) -> None:
        await self._do("removed", of.id)

    async def finish(self, painted: Painted) -> None:
        await self._do("finish", painted)

    async def keep(self, painted: Painted, original: bytes, preview: bytes) -> int:
        await self._do("spill", painted, original, preview)
        return self.used

    async def raise_(self, code: AlarmCode, detail: str) -> None:
        await self._do("alarm", code, detail)

    def names(self) -> list[str]:
        return [name for name, *_ in self.done]

    def value(self, name: str, **labels: str) -> float | None:
        return self.instruments.registry.get_sample_value(name, labels)

    def store(self, of: Job = JOB, prepared: Pictures | Exception | None = PICTURES) -> asyncio.Task[None]:
        preparing: asyncio.Future[Pictures] = asyncio.get_running_loop().create_future()
        if isinstance(prepared, Exception):
            preparing.set_exception(prepared)
        elif prepared is not None:
            preparing.set_result(prepared)
        self.preparing = preparing
        return asyncio.create_task(self.storage.store(of, PAINTING, preparing))


def painted(of: Job, seed: int | None = 7) -> Painted:
    return Painted(of.id, of.attempt, seed, len(PICTURES.original), 640, 480, "request-7")


BOTH = [("original", 17, b"original bytes"), ("preview", 17, b"preview")]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.storage._pauses", lambda: iter([0.0] * 100))
    monkeypatch.setattr("worker.storage.BUCKET_PAUSES_SECONDS", (0.0, 0.0, 0.0))


async def test_both_are_in_the_bucket_before_it_is_recorded_and_nothing_is_spilled() -> None:
    house = House()
    await house.store()
    assert house.done == [*BOTH, ("finish", painted(JOB))]
    assert house.value("tigerbrush_jobs_ended_total", outcome="done", code="") == 1
    assert house.value("tigerbrush_pictures_parked_ever_total") == 0
    assert (house.value("tigerbrush_upload_seconds_count") or 0) == 1


async def test_what_is_made_from_a_picture_has_no_seed() -> None:
    house = House()
    made = job(of=order(inputs=(17,)), attempt=1)
    await house.store(made)
    assert house.done[-1] == ("finish", painted(made, None))


@pytest.mark.parametrize("half", ["original", "preview"])
async def test_neither_is_recorded_without_the_other(half: str) -> None:
    house = House()
    house.faults[half] = [BucketUnavailable("away")]
    await house.store()
    # At the next try both are put again.
    other = "preview" if half == "original" else "original"
    assert house.names() == [other, "original", "preview", "finish"]


async def test_after_three_tries_it_is_spilled_with_both() -> None:
    house = House()
    house.faults["original"] = [BucketUnavailable("away")] * 3
    await house.store()
    assert house.done[-1] == ("spill", painted(JOB), b"original bytes", b"preview")
    assert house.names().count("preview") == 3
    assert "finish" not in house.names()
    assert house.value("tigerbrush_pictures_parked_ever_total") == 1


async def test_a_bucket_that_hangs_is_given_up() -> None:
    house = House(bucket_seconds=0.01)
    house.hangs = {"original"}
    await house.store()
    assert house.names()[-1] == "spill"


async def test_postgres_being_away_is_waited_for_and_the_bucket_has_it_once() -> None:
    house = House()
    house.faults["finish"] = [ConnectionError(), ConnectionError()]
    await house.store()
    assert house.done == [*BOTH, ("finish", painted(JOB))]


async def test_a_full_spill_is_an_alarm_and_the_bucket_is_tried_again() -> None:
    house = House()
    house.faults["original"] = [BucketUnavailable("away")] * 3
    house.faults["spill"] = [SpillFull("no room")]
    await house.store()
    assert [one for one in house.done if one[0] == "alarm"] == [("alarm", AlarmCode.SPILL_FULL, "no room")]
    assert house.names()[-3:] == ["original", "preview", "finish"]
    assert house.value("tigerbrush_pictures_parked_ever_total") == 0


@pytest.mark.parametrize(("used", "alarms"), [(499, []), (500, ["500 of 1000 bytes"])])
async def test_the_owner_is_told_when_half_of_the_spill_is_taken(used: int, alarms: list[str]) -> None:
    house = House()
    house.used = used
    house.faults["original"] = [BucketUnavailable("away")] * 3
    await house.store()
    told = [one[1:] for one in house.done if one[0] == "alarm"]
    assert told == [(AlarmCode.SPILL_FILLS, words) for words in alarms]


@pytest.mark.parametrize("where", ["finish", "spill"])
async def test_of_a_job_that_was_taken_away_nothing_is_left(where: str) -> None:
    house = House()
    house.faults[where] = [LostJob("it is another's")]
    if where == "spill":
        house.faults["original"] = [BucketUnavailable("away")] * 3
    with pytest.raises(LostJob):
        await house.store()
    assert house.done[-1] == ("removed", 17)
    assert "finish" not in house.names()


async def test_that_the_bucket_does_not_remove_it_is_no_other_end() -> None:
    house = House()
    house.faults["finish"] = [LostJob("it is another's")]
    house.faults["removed"] = [BucketUnavailable("away")]
    with pytest.raises(LostJob):
        await house.store()


async def test_what_is_no_picture_is_said_by_whoever_prepares_it() -> None:
    house = House()
    with pytest.raises(JobFailed):
        await house.store(prepared=JobFailed(FailureCode.BAD_PICTURE))
    assert house.done == []


async def _value(value: Any) -> Any:
    return value


async def test_a_worker_that_stops_spills_what_it_holds() -> None:
    house = House()
    house.hangs = {"original"}
    storing = house.store()
    await until(lambda: _value(house.names()), bool)
    storing.cancel()
    await asyncio.wait_for(storing, 5)
    assert house.done == [BOTH[1], ("spill", painted(JOB), b"original bytes", b"preview")]


async def test_a_worker_that_stops_while_it_prepares_waits_for_that() -> None:
    house = House()
    storing = house.store(prepared=None)
    await asyncio.sleep(0)
    storing.cancel()
    await asyncio.sleep(0)
    house.preparing.set_result(PICTURES)
    await asyncio.wait_for(storing, 5)
    assert house.names() == ["spill"]


@pytest.mark.parametrize(
    "error", [LostJob("it is another's"), SpillFull("no room"), JobFailed(FailureCode.BAD_PICTURE)]
)
async def test_what_a_worker_that_stops_cannot_keep_is_removed_and_the_job_goes_back(
    error: Exception,
) -> None:
    house = House()
    bad = isinstance(error, JobFailed)
    if not bad:
        house.faults["spill"] = [error]
        house.hangs = {"original"}
    storing = house.store(prepared=None)
    await asyncio.sleep(0)
    storing.cancel()
    await asyncio.sleep(0)
    if bad:
        house.preparing.set_exception(error)
    else:
        house.preparing.set_result(PICTURES)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(storing, 5)
    assert house.names()[-1] == "removed"
    assert "spill" not in house.names()


def test_pauses_double_up_to_their_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    from worker.storage import PAUSE_SECONDS_MAX, _pauses

    pauses = _pauses()
    first = [next(pauses) for _ in range(8)]
    assert first == [0.5, 1, 2, 4, 8, PAUSE_SECONDS_MAX, PAUSE_SECONDS_MAX, PAUSE_SECONDS_MAX]
