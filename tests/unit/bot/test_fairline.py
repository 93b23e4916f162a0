"""A line in which members take turns, and whoever has the most in it goes without when it is full."""

import asyncio

import pytest

from bot.replies.fair_line import FairLine, LeftOut

ANNA, BERT = 1, 2


class Served:
    """What was served, in order, each held until it is let go."""

    def __init__(self, line: FairLine) -> None:
        self._line = line
        self.order: list[tuple[int, int]] = []
        self.go = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    def ask(self, member_id: int, count: int) -> None:
        self.tasks += [asyncio.create_task(self._serve(member_id, number)) for number in range(count)]

    async def _serve(self, member_id: int, number: int) -> None:
        async with self._line.slot(member_id):
            self.order.append((member_id, number))
            await self.go.wait()

    async def outcomes(self) -> list[object]:
        self.go.set()
        return await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_members_take_turns_and_each_has_one_at_a_time() -> None:
    served = Served(FairLine(at_once=2, waiting_max=100))
    served.ask(ANNA, 5)
    served.ask(BERT, 2)
    await asyncio.sleep(0)
    assert served.order == [(ANNA, 0), (BERT, 0)]
    assert await served.outcomes() == [None] * 7
    assert served.order[:4] == [(ANNA, 0), (BERT, 0), (ANNA, 1), (BERT, 1)]
    assert served.order[4:] == [(ANNA, 2), (ANNA, 3), (ANNA, 4)]


async def test_when_it_is_full_the_last_of_whoever_has_the_most_goes_without() -> None:
    line = FairLine(at_once=1, waiting_max=3)
    served = Served(line)
    served.ask(ANNA, 5)
    await asyncio.sleep(0)
    served.ask(BERT, 1)
    await asyncio.sleep(0)
    assert (line.length, line.has(BERT)) == (3, True)
    outcomes = await served.outcomes()
    assert [type(outcome) for outcome in outcomes].count(LeftOut) == 2
    assert served.order == [(ANNA, 0), (ANNA, 1), (BERT, 0), (ANNA, 2)]
    assert (line.length, line.has(ANNA)) == (0, False)


async def test_who_gives_up_gives_the_place_to_the_next() -> None:
    line = FairLine(at_once=1, waiting_max=9)
    served = Served(line)
    served.ask(ANNA, 3)
    await asyncio.sleep(0)
    # The one that waits, and the one that is served.
    for task in (served.tasks[1], served.tasks[0]):
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await served.tasks[0]
    assert await asyncio.wait_for(asyncio.shield(served.outcomes()), 5)
    assert served.order == [(ANNA, 0), (ANNA, 2)]


async def test_who_gives_up_in_the_moment_of_being_served_lets_go_of_it() -> None:
    line = FairLine(at_once=1, waiting_max=9)
    first = line.slot(ANNA)
    await first.__aenter__()
    served = Served(line)
    served.ask(BERT, 2)
    await asyncio.sleep(0)
    await first.__aexit__(None, None, None)
    served.tasks[0].cancel()
    assert len(await asyncio.wait_for(served.outcomes(), 5)) == 2
    assert served.order == [(BERT, 1)]
