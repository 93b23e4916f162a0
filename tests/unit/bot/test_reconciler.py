"""What the reconciler does with what is due: how many at once, when again, and when no more."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import discord
import pytest

from bot.instruments import Instruments
from bot.messages.content import Content
from bot.messages.words import Languages
from bot.replies.messenger import OutOfReach, Shown, Undeliverable
from bot.replies.reconciler import (
    HOLD_SECONDS,
    PAUSE_SECONDS_MAX,
    REFUSED_PAUSE_SECONDS_MAX,
    RETRY_AFTER_SECONDS_MAX,
    SPINNER_PAUSE_SECONDS_MAX,
    Reconciler,
    _pause_seconds,
)
from core.errors import BucketUnavailable
from core.failures import FailureCode
from core.orders import Estimate, Picture, Progress, Reply, State
from ops.metrics import new_registry
from tests.conditions import until
from tests.jobs import done, job, order, picture, progress, reply


class Table:
    """In the place of `Replies` and `Orders`: what is due is given out once, and what is recorded is kept."""

    def __init__(self, *due: Reply) -> None:
        self.due = list(due)
        self.moved: list[Reply] = []
        self.over: list[Reply] = []
        self.asked: list[tuple[str, int]] = []
        self.recorded: list[tuple[Any, ...]] = []
        self.estimated = Estimate()
        self.fails = 0

    async def claim_due(self, limit: int, *, hold_seconds: float) -> list[Reply]:
        assert hold_seconds == HOLD_SECONDS
        self.asked.append(("due", limit))
        if self.fails:
            self.fails -= 1
            raise ConnectionError("Postgres is away")
        given, self.due = self.due[:limit], self.due[limit:]
        return given

    async def stands(self) -> bool:
        return True

    async def claim_moved(self, limit: int, *, hold_seconds: float, stands: bool) -> list[tuple[Reply, int]]:
        assert (hold_seconds, stands) == (HOLD_SECONDS, True)
        self.asked.append(("moved", limit))
        given, self.moved = self.moved, []
        return [(one, 1) for one in given]

    async def claim_over(self, limit: int, *, hold_seconds: float) -> list[Reply]:
        assert hold_seconds == HOLD_SECONDS
        self.asked.append(("over", limit))
        given, self.over = self.over, []
        return given

    async def shown(self, of: Reply, **where: Any) -> None:
        self.recorded.append(("shown", of.order.id, of.revision, where))

    async def removed(self, of: Reply) -> None:
        self.recorded.append(("removed", of.order.id, of.revision))

    async def give_up(self, of: Reply, *, reason: str) -> None:
        self.recorded.append(("given up", of.order.id, of.revision, reason))

    async def postpone(self, of: Reply, *, delay_seconds: float, failure: str | None) -> None:
        self.recorded.append(("postponed", of.order.id, delay_seconds, failure))

    async def estimate(self, progress: Progress) -> Estimate:
        assert not progress.is_final
        return self.estimated

    def kinds(self) -> list[str]:
        return [one[0] for one in self.recorded]


class Discord:
    """In the place of the messenger and the reactions: each delivery is what `answer` makes of it."""

    def __init__(self, answer: Callable[[Reply], Awaitable[Shown | None]] | None = None) -> None:
        self.delivered: list[Reply] = []
        self.contents: list[Content] = []
        self.removed: list[Reply] = []
        self.reactions: list[int] = []
        self.answer = answer or (lambda _reply: _shown())

    async def deliver(self, of: Reply, content: Content) -> Shown | None:
        self.delivered.append(of)
        self.contents.append(content)
        return await self.answer(of)

    async def remove(self, of: Reply) -> None:
        self.removed.append(of)

    def add(self, of: Reply, shown: Shown) -> None:
        assert shown == Shown(30, 5)
        self.reactions.append(of.order.id)


async def _shown() -> Shown | None:
    return Shown(30, 5)


class Store:
    link_ttl_seconds = 60.0

    async def preview(self, picture: Picture) -> bytes:
        # The first takes the longest.
        await asyncio.sleep(0.01 / picture.number)
        return b"webp %d" % picture.number

    def link(self, picture: Picture) -> str | None:
        return f"https://b.example/{picture.id}"


@asynccontextmanager
async def reconciling(
    table: Table, there: Discord, *, store: Any = None, concurrency: int = 8
) -> AsyncIterator[Reconciler]:
    rows, discord_, bucket = cast("tuple[Any, Any, Any]", (table, there, store or Store()))
    languages, instruments = Languages(), Instruments(new_registry())
    reconciler = Reconciler(
        rows, rows, bucket, discord_, discord_, languages, instruments, concurrency=concurrency
    )
    serving = asyncio.create_task(reconciler.serve())
    yield reconciler
    reconciler.stop()
    await asyncio.wait_for(serving, 10)


def replies(count: int) -> list[Reply]:
    return [reply(done(of=order(id=number)), revision=3) for number in range(1, count + 1)]


async def recorded(table: Table, count: int) -> list[tuple[Any, ...]]:
    async def look() -> list[tuple[Any, ...]]:
        return table.recorded

    return await until(look, lambda found: len(found) >= count)


async def test_a_reply_is_delivered_and_recorded_with_where_it_is() -> None:
    table, there = Table(*replies(1)), Discord()
    async with reconciling(table, there):
        await recorded(table, 1)
    assert table.recorded == [
        (
            "shown", 1, 3,
            {"message_id": 5, "channel_id": 30, "place": None, "pause": None, "over_seconds": None},
        )
    ]  # fmt: skip
    assert there.reactions == [1]


async def test_each_preview_and_link_is_of_its_own_picture() -> None:
    of = order(count=4)
    jobs = [job(number, of=of, state=State.DONE) for number in (1, 2, 3, 4)]
    pictures = tuple(picture(number, of=of) for number in (1, 3, 4))
    table, there = Table(reply(progress(*jobs, pictures=pictures))), Discord()
    async with reconciling(table, there):
        await recorded(table, 1)
    view: Any = there.contents[0].view
    shown = str(view.to_components())
    assert [file.content for file in there.contents[0].files] == [b"webp 1", b"webp 3", b"webp 4"]
    places = [shown.index(f"attachment://{file.name}") for file in there.contents[0].files]
    assert places == sorted(places)
    places = [shown.index(f"https://b.example/{one.id}") for one in pictures]
    assert places == sorted(places)
    assert "https://b.example/18" not in shown


async def test_what_it_tells_of_the_line_is_recorded_with_it() -> None:
    table, there = Table(reply()), Discord()
    table.estimated = Estimate(7, 40.0, FailureCode.RATE_LIMITED, 20.0)
    async with reconciling(table, there):
        await recorded(table, 1)
    where = table.recorded[0][3]
    # Below 0, as it is not told.
    assert (where["place"], where["pause"], where["over_seconds"]) == (-7, FailureCode.RATE_LIMITED, 24.0)


async def test_a_time_that_is_over_is_not_told_again() -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    shown_before = reply(revision=1, shown_revision=1, shown_place=1, estimate_over_at=past)
    behind = replace(shown_before, progress=progress(job(of=order(id=2))), revision=2)
    table, there = Table(shown_before, behind), Discord()
    table.estimated = Estimate(1, 40.0)
    async with reconciling(table, there):
        await recorded(table, 2)
    over = {one[1]: one[3]["over_seconds"] for one in table.recorded}
    assert over[1] is None
    assert over[2] is not None


async def test_no_more_are_at_work_than_may_be_and_the_next_is_begun_when_one_has_ended() -> None:
    go = asyncio.Event()

    async def later(_reply: Reply) -> Shown | None:
        await go.wait()
        return Shown(30, 5)

    table, there = Table(*replies(5)), Discord(later)
    async with reconciling(table, there, concurrency=2) as reconciler:
        await until(lambda: _value(len(there.delivered)), lambda count: count == 2)
        reconciler.wake()
        await passed()
        assert len(there.delivered) == 2
        # Nor is it looked for what moved, where there is no place free.
        reconciler.poll()
        await passed()
        assert {kind for kind, _limit in table.asked} == {"due"}
        go.set()
        await recorded(table, 5)
    assert ("due", 2) in table.asked
    assert max(limit for _kind, limit in table.asked) == 2


async def test_what_is_claimed_of_a_reply_at_work_is_shown_after_it_unless_that_was_the_same() -> None:
    go = asyncio.Event()

    async def later(_reply: Reply) -> Shown | None:
        await go.wait()
        return Shown(30, 5)

    first, newer = replace(reply(done()), revision=3), replace(reply(done()), revision=4)
    for claimed, revisions in ((newer, [3, 4]), (first, [3])):
        go.clear()
        table, there = Table(first), Discord(later)
        async with reconciling(table, there) as reconciler:
            await until(_length_of(there, "delivered"), lambda count: count == 1)
            table.due.append(claimed)
            reconciler.wake()
            await until(_length_of(table, "due"), lambda count: count == 0)
            await passed()
            go.set()
            await recorded(table, len(revisions))
            await passed()
        assert [one[2] for one in table.recorded] == revisions


def _length_of(of: object, name: str) -> Callable[[], Awaitable[int]]:
    return lambda: _value(len(getattr(of, name)))


async def _value(value: int) -> int:
    return value


async def passed() -> None:
    """Whatever can be done at once is done."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_with_one_place_free_it_is_looked_for_what_moved() -> None:
    table, there = Table(), Discord()
    async with reconciling(table, there, concurrency=1) as reconciler:
        reconciler.poll()
        await until(lambda: _value(len(table.asked)), lambda count: count == 3)
    assert table.asked == [("due", 1), ("moved", 1), ("over", 1)]


async def test_while_nothing_is_behind_nothing_is_asked() -> None:
    table, there = Table(*replies(1)), Discord()
    async with reconciling(table, there):
        await recorded(table, 1)
        await passed()
        asked = len(table.asked)
        await passed()
        assert len(table.asked) == asked


async def test_an_order_is_never_at_work_twice() -> None:
    go = asyncio.Event()

    async def later(_reply: Reply) -> Shown | None:
        await go.wait()
        return None

    (one,) = replies(1)
    table, there = Table(one), Discord(later)
    async with reconciling(table, there) as reconciler:
        await until(lambda: _value(len(there.delivered)), bool)
        # What it shows is not recorded yet, so another claim gives it out again.
        table.due.append(one)
        reconciler.wake()
        await until(lambda: _value(len(table.due)), lambda left: left == 0)
        assert len(there.delivered) == 1
        go.set()
        await recorded(table, 1)
        table.due.append(replace(one, revision=4))
        reconciler.wake()
        await recorded(table, 2)
    assert [of.revision for of in there.delivered] == [3, 4]


@pytest.mark.parametrize("how", [Reconciler.poll, Reconciler.wake])
async def test_it_looks_for_what_moved_and_what_is_over_when_polled_and_once_after_it_was_woken(
    how: Callable[[Reconciler], None],
) -> None:
    table, there = Table(), Discord()
    table.moved, table.over = [reply()], [reply(progress(job(of=order(id=2))))]
    async with reconciling(table, there) as reconciler:
        for _ in range(3):
            how(reconciler)
        await recorded(table, 2)
    assert [one for one in table.asked if one[0] != "due"] == [("moved", 5), ("over", 5)]
    assert sorted(one[1] for one in table.recorded) == [1, 2]


async def test_postgres_being_away_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    table, there = Table(*replies(1)), Discord()
    table.fails = 1
    async with reconciling(table, there) as reconciler:
        await until(lambda: _value(table.fails), lambda left: left == 0)
        reconciler.wake()
        await recorded(table, 1)
    assert "replies could not be looked up" in caplog.text


async def test_what_cannot_be_shown_is_given_up_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    async def refused(_reply: Reply) -> Shown | None:
        raise Undeliverable("the reply was deleted")

    table, there = Table(*replies(1)), Discord(refused)
    async with reconciling(table, there):
        await recorded(table, 1)
    assert table.recorded == [("given up", 1, 3, "the reply was deleted")]
    assert "reply given up at revision 3 (done): the reply was deleted" in caplog.text
    assert there.reactions == []


FAULTS: list[tuple[Exception, str | None, bool]] = [
    (OutOfReach("by token: No"), "by token: No", False),
    (discord.RateLimited(7), None, False),
    (TimeoutError(), None, False),
    (RuntimeError("none of the kinds that are foreseen"), None, True),
]


@pytest.mark.parametrize(("error", "failure", "is_ours"), FAULTS)
async def test_a_fault_is_tried_again_and_one_of_ours_is_logged_with_its_traceback(
    caplog: pytest.LogCaptureFixture, error: Exception, failure: str | None, is_ours: bool
) -> None:
    async def broken(_reply: Reply) -> Shown | None:
        raise error

    table, there = Table(*replies(1)), Discord(broken)
    async with reconciling(table, there):
        await recorded(table, 1)
    ((kind, order_id, delay_seconds, said),) = table.recorded
    assert (kind, order_id, said) == ("postponed", 1, failure)
    assert delay_seconds >= 1
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == is_ours
    assert all(record.exc_info for record in errors)


async def test_a_bucket_that_is_away_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    class Away(Store):
        async def preview(self, _picture: Picture) -> bytes:
            raise BucketUnavailable("it does not answer")

    table, there = Table(*replies(1)), Discord()
    async with reconciling(table, there, store=Away()):
        await recorded(table, 1)
    assert table.kinds() == ["postponed"]
    assert there.delivered == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_what_was_postponed_is_looked_for_when_its_time_has_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.replies.reconciler._pause_seconds", lambda _reply, _error: 0.2)
    tries = iter([TimeoutError(), None])

    async def once_broken(_reply: Reply) -> Shown | None:
        if (error := next(tries)) is not None:
            raise error
        return None

    (one,) = replies(1)
    table, there = Table(one), Discord(once_broken)
    async with reconciling(table, there):
        await recorded(table, 1)
        await passed()
        # Nothing else wakes it.
        table.due.append(one)
        await recorded(table, 2)
    assert table.kinds() == ["postponed", "shown"]


async def test_an_order_that_was_erased_is_removed_and_not_shown() -> None:
    erased = done(of=order(erased_at=datetime.now(UTC), prompt=""))
    table, there = Table(reply(replace(erased, pictures=()), revision=4)), Discord()
    async with reconciling(table, there):
        await recorded(table, 1)
    assert table.recorded == [("removed", 1, 4)]
    assert (len(there.removed), there.delivered, there.reactions) == (1, [], [])


async def test_what_is_at_work_is_finished_when_it_is_told_to_stop_and_nothing_is_begun() -> None:
    go = asyncio.Event()

    async def later(_reply: Reply) -> Shown | None:
        await go.wait()
        return Shown(30, 5)

    first, second = replies(2)
    table, there = Table(first), Discord(later)
    async with reconciling(table, there) as reconciler:
        await until(lambda: _value(len(there.delivered)), bool)
        table.due.append(second)
        reconciler.stop()
        await passed()
        go.set()
    assert [one[1] for one in table.recorded] == [1]


async def test_it_is_not_over_before_what_is_at_work_is_recorded() -> None:
    go = asyncio.Event()

    async def later(_reply: Reply) -> Shown | None:
        await go.wait()
        return None

    table, there = Table(*replies(1)), Discord(later)
    rows, discord_, bucket = cast("tuple[Any, Any, Any]", (table, there, Store()))
    reconciler = Reconciler(
        rows, rows, bucket, discord_, discord_, Languages(), Instruments(new_registry()), concurrency=2
    )
    serving = asyncio.create_task(reconciler.serve())
    await until(lambda: _value(len(there.delivered)), bool)
    reconciler.stop()
    await passed()
    assert not serving.done()
    go.set()
    await asyncio.wait_for(serving, 10)
    assert there.reactions == []


def failing_since(seconds: float, of: Progress) -> Reply:
    """Its order has been as it is for so long."""
    since = datetime.now(UTC) - timedelta(seconds=seconds)
    early = since - timedelta(hours=1)
    jobs = tuple(
        replace(
            one,
            started_at=one.started_at and since,
            finished_at=one.finished_at and since,
        )
        for one in of.jobs
    )
    asked = replace(of.order, created_at=early if of.is_final else since)
    return reply(replace(of, order=asked, jobs=jobs))


@pytest.mark.parametrize(
    ("seconds", "state", "error", "pause"),
    [
        (0, State.DONE, TimeoutError(), 1),
        (40, State.DONE, TimeoutError(), 10),
        (400, State.DONE, TimeoutError(), 100),
        (9000, State.DONE, TimeoutError(), PAUSE_SECONDS_MAX),
        (9000, State.DONE, OutOfReach("No"), 2250),
        (90_000, State.DONE, OutOfReach("No"), REFUSED_PAUSE_SECONDS_MAX),
        (9000, State.QUEUED, OutOfReach("No"), SPINNER_PAUSE_SECONDS_MAX),
        (9000, State.QUEUED, TimeoutError(), SPINNER_PAUSE_SECONDS_MAX),
        (9000, State.DONE, discord.RateLimited(7), 7),
        (9000, State.QUEUED, discord.RateLimited(70), 70),
        (0, State.DONE, discord.RateLimited(0.2), 1),
        (0, State.DONE, discord.RateLimited(1e9), RETRY_AFTER_SECONDS_MAX),
    ],
)
def test_the_pause_grows_with_the_time_and_one_that_is_asked_for_is_kept(
    seconds: float, state: State, error: Exception, pause: float
) -> None:
    of = done() if state is State.DONE else progress()
    assert _pause_seconds(failing_since(seconds, of), error) == pytest.approx(pause, rel=0.01)


def test_it_counts_from_the_last_change_of_any_of_its_jobs() -> None:
    now = datetime.now(UTC)
    several = order(count=2, created_at=now - timedelta(hours=9))
    jobs = (
        job(1, of=several, state=State.DONE, finished_at=now - timedelta(hours=8)),
        job(2, of=several, state=State.FAILED, finished_at=now - timedelta(seconds=40)),
    )
    one = reply(Progress(order=several, jobs=jobs))
    assert _pause_seconds(one, TimeoutError()) == pytest.approx(10, rel=0.01)
