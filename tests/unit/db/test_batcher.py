"""What is sent together, and what becomes of those who wait for it."""

import asyncio
import gc

import pytest

from db.batcher import Batcher
from tests.conditions import soon


class Sender:
    """Answers with what was sent, once it is let go."""

    def __init__(self) -> None:
        self.sent: list[list[int]] = []
        self.free = asyncio.Event()

    async def __call__(self, items: list[int]) -> list[int]:
        self.sent.append(items)
        await self.free.wait()
        if 13 in items:
            raise OSError("13")
        return items


async def send(batcher: Batcher[int, list[int]], *items: int) -> list["asyncio.Task[list[int]]"]:
    tasks = [asyncio.create_task(batcher.send(item)) for item in items]
    # Until they are on their way, or in line behind those that are.
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_what_comes_meanwhile_goes_together_as_the_next() -> None:
    sender = Sender()
    batcher = Batcher(sender)
    first = await send(batcher, 1)
    later = await send(batcher, 2, 3)
    assert sender.sent == [[1]]
    sender.free.set()
    assert await asyncio.gather(*first, *later) == [[1], [2, 3], [2, 3]]
    assert sender.sent == [[1], [2, 3]]


async def test_what_fails_fails_for_all_that_went_with_it_and_for_no_other() -> None:
    sender = Sender()
    batcher = Batcher(sender)
    tasks = await send(batcher, 1) + await send(batcher, 2, 13)
    sender.free.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert answers[0] == [1]
    assert [str(answer) for answer in answers[1:]] == ["13", "13"]
    assert await batcher.send(4) == [4]


async def test_one_that_gives_up_takes_no_other_with_it() -> None:
    sender = Sender()
    batcher = Batcher(sender)
    one, other = await send(batcher, 1, 2)
    one.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(one)
    sender.free.set()
    assert await other == [1, 2]


async def test_what_fails_after_all_gave_up_is_no_fault_of_the_loop() -> None:
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
    sender = Sender()
    (one,) = await send(Batcher(sender), 13)
    one.cancel()
    await asyncio.gather(one, return_exceptions=True)
    sender.free.set()
    for _ in range(5):
        await asyncio.sleep(0)
    gc.collect()
    assert told == []
