"""How the tasks of a process begin, end and break together."""

import asyncio
import logging
import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest

from core.errors import Misconfigured
from ops.supervisor import Supervisor
from ops.wake_loop import WakeLoop
from tests.conditions import soon


@pytest.fixture(autouse=True)
def signals_as_they_were() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Served:
    """A task that is told apart by what became of it."""

    def __init__(self, log: list[str], name: str) -> None:
        self._log = log
        self._name = name
        self.began = asyncio.Event()
        self.told = asyncio.Event()
        self.may_end = asyncio.Event()

    async def serve(self) -> None:
        self.began.set()
        try:
            await self.told.wait()
            self._log.append(f"{self._name} was told")
            await self.may_end.wait()
            self._log.append(f"{self._name} has finished")
        except asyncio.CancelledError:
            self._log.append(f"{self._name} was cancelled")
            raise


async def forever() -> None:
    await asyncio.Event().wait()


async def run(supervisor: Supervisor) -> None:
    async def nothing() -> None:
        return

    async with asyncio.timeout(5):
        await supervisor.run(nothing())


async def test_a_signal_ends_all_of_them_well() -> None:
    supervisor = Supervisor()
    log: list[str] = []
    supervisor.start(Served(log, "one").serve())

    async def begin() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await forever()

    async with asyncio.timeout(5):
        await supervisor.run(begin())
    assert log == ["one was cancelled"]


async def test_the_first_that_breaks_ends_the_others_and_is_raised(caplog: pytest.LogCaptureFixture) -> None:
    supervisor = Supervisor()
    log: list[str] = []

    async def broken() -> None:
        raise LookupError("the first")

    async def breaks_as_it_ends() -> None:
        try:
            await forever()
        finally:
            raise ValueError("the second")

    supervisor.start(Served(log, "one").serve())
    supervisor.start(breaks_as_it_ends())
    supervisor.start(broken())
    with pytest.raises(LookupError, match="the first"):
        await run(supervisor)
    assert log == ["one was cancelled"]
    assert caplog.messages == ["another task broke as the process ended: the second"]


async def test_one_that_ends_ends_the_others() -> None:
    supervisor = Supervisor()
    log: list[str] = []

    async def ends() -> None:
        return

    supervisor.start(Served(log, "one").serve())
    supervisor.start(ends())
    await run(supervisor)
    assert log == ["one was cancelled"]


async def test_what_is_at_work_is_finished_before_the_others_are_cancelled() -> None:
    supervisor = Supervisor()
    log: list[str] = []
    worker, helper = Served(log, "worker"), Served(log, "helper")

    def stop() -> None:
        worker.told.set()
        asyncio.get_running_loop().call_later(0.02, worker.may_end.set)

    supervisor.start(helper.serve())
    supervisor.start(worker.serve(), stop=stop)
    asyncio.get_running_loop().call_soon(supervisor.stop)
    await run(supervisor)
    assert log == ["worker was told", "worker has finished", "helper was cancelled"]


async def test_what_does_not_finish_in_its_time_is_cancelled() -> None:
    supervisor = Supervisor()
    log: list[str] = []
    worker = Served(log, "worker")
    supervisor.start(worker.serve(), stop=worker.told.set, finish_seconds=0.01)
    asyncio.get_running_loop().call_soon(supervisor.stop)
    await run(supervisor)
    assert log == ["worker was told", "worker was cancelled"]


async def test_a_task_that_broke_leaves_the_time_to_finish_to_the_others() -> None:
    supervisor = Supervisor()
    log: list[str] = []
    worker = Served(log, "worker")
    worker.may_end.set()

    async def broken() -> None:
        raise LookupError

    supervisor.start(worker.serve(), stop=worker.told.set)
    supervisor.start(broken())
    with pytest.raises(LookupError):
        await run(supervisor)
    assert log == ["worker was told", "worker has finished"]


async def test_a_beginning_that_is_cut_off_starts_nothing_more() -> None:
    supervisor = Supervisor()
    log: list[str] = []

    async def begin() -> None:
        supervisor.start(Served(log, "early").serve())
        await asyncio.sleep(0)
        supervisor.stop()
        await forever()
        supervisor.start(Served(log, "late").serve())

    async with asyncio.timeout(5):
        await supervisor.run(begin())
    assert log == ["early was cancelled"]


async def test_a_beginning_that_breaks_is_raised() -> None:
    supervisor = Supervisor()

    async def begin() -> None:
        supervisor.start(forever())
        raise LookupError

    async with asyncio.timeout(5):
        with pytest.raises(LookupError):
            await supervisor.run(begin())


async def test_whoever_cancels_it_cancels_its_tasks() -> None:
    supervisor = Supervisor()
    log: list[str] = []
    one = Served(log, "one")
    supervisor.start(one.serve())
    running = asyncio.create_task(run(supervisor))
    await soon(one.began.wait())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert log == ["one was cancelled"]


async def test_what_repeats_is_done_at_once_again_and_never_twice_at_once() -> None:
    supervisor, at_work, runs = Supervisor(), 0, 0

    async def work() -> None:
        nonlocal at_work, runs
        assert at_work == 0
        at_work, runs = 1, runs + 1
        await asyncio.sleep(0.03)
        at_work = 0
        if runs == 3:
            supervisor.stop()

    supervisor.every(0.01, work, at_once=True)
    await run(supervisor)
    assert runs == 3


async def test_what_repeats_may_be_a_plain_function_and_breaks_for_itself_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    supervisor, runs = Supervisor(), 0

    def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise LookupError("not there yet")
        supervisor.stop()

    supervisor.every(0.01, work)
    with caplog.at_level(logging.ERROR):
        await run(supervisor)
    (record,) = caplog.records
    assert "LookupError: not there yet" in (record.exc_text or "")


async def test_what_only_the_owner_can_set_right_ends_the_process() -> None:
    supervisor = Supervisor()

    async def refused() -> None:
        raise Misconfigured("DATABASE_URL", "is refused", right="another")

    supervisor.every(60, refused, at_once=True)
    supervisor.start(forever())
    with pytest.raises(Misconfigured, match="DATABASE_URL"):
        await run(supervisor)


async def test_what_the_end_cuts_off_in_its_run_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    supervisor = Supervisor()

    async def work() -> None:
        supervisor.stop()
        await forever()

    supervisor.every(0.01, work, at_once=True)
    with caplog.at_level(logging.ERROR):
        await run(supervisor)
        await asyncio.sleep(0)
    assert caplog.records == []


@pytest.mark.parametrize("steps", range(6))
async def test_what_the_end_meets_before_its_first_step_is_no_fault(
    caplog: pytest.LogCaptureFixture, steps: int
) -> None:
    supervisor = Supervisor()

    async def begin() -> None:
        supervisor.stop()
        with suppress(asyncio.CancelledError):
            for _ in range(steps):
                await asyncio.sleep(0)
        supervisor.every(60, forever, at_once=True)

    with caplog.at_level(logging.ERROR):
        async with asyncio.timeout(5):
            await supervisor.run(begin())
        for _ in range(3):
            await asyncio.sleep(0)
    assert caplog.records == []


async def test_who_is_woken_works_once_for_all_that_woke_it_meanwhile() -> None:
    runs, may_go_on, began = 0, asyncio.Event(), asyncio.Event()

    async def work() -> None:
        nonlocal runs
        runs += 1
        began.set()
        await may_go_on.wait()

    loop = WakeLoop(work, postponed="nothing is done for now")
    serving = asyncio.create_task(loop.serve())
    loop.wake()
    await soon(began.wait())
    for _ in range(3):
        loop.wake()
    began.clear()
    may_go_on.set()
    await soon(began.wait())
    for _ in range(3):
        await asyncio.sleep(0)
    assert runs == 2
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_what_is_transient_is_left_for_the_next_time(caplog: pytest.LogCaptureFixture) -> None:
    failed, worked = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        if not failed.is_set():
            failed.set()
            raise ConnectionRefusedError("nobody listens")
        worked.set()

    loop = WakeLoop(work, postponed="alarms could not be looked up")
    serving = asyncio.create_task(loop.serve())
    loop.wake()
    await asyncio.wait_for(failed.wait(), 5)
    loop.wake()
    await asyncio.wait_for(worked.wait(), 5)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    assert caplog.messages == ["alarms could not be looked up: nobody listens"]


async def test_what_is_not_transient_ends_the_loop() -> None:
    async def work() -> None:
        raise LookupError

    loop = WakeLoop(work, postponed="never said")
    loop.wake()
    with pytest.raises(LookupError):
        await asyncio.wait_for(loop.serve(), 5)
