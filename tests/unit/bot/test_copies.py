"""Messages that are to go: which end it, and how long the pauses are."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.replies.copies import BATCH, HOLD_SECONDS, PAUSE_SECONDS_MAX, CopyRemover, record_shared
from bot.services import Interaction
from db.copies import Copy
from tests.unit.bot.edge import Edge, refusal


class Table:
    """In the place of `Copies`: what is due is given out in batches."""

    def __init__(self, *due: Copy) -> None:
        self.due = list(due)
        self.gone: list[Copy] = []
        self.postponed: list[tuple[int, float]] = []
        self.recorded: list[tuple[Any, ...]] = []

    async def claim_due(self, limit: int, *, hold_seconds: float) -> list[Copy]:
        assert (limit, hold_seconds) == (BATCH, HOLD_SECONDS)
        given, self.due = self.due[:1], self.due[1:]
        return given

    async def removed(self, copy: Copy) -> None:
        self.gone.append(copy)

    async def postpone(self, copy: Copy, *, delay_seconds: float) -> None:
        self.postponed.append((copy.message_id, delay_seconds))

    async def record(self, message_id: int, channel_id: int, **of: Any) -> None:
        self.recorded.append((message_id, channel_id, of))


async def remove(edge: Edge, *due: Copy) -> Table:
    table = Table(*due)
    client, copies = cast("tuple[Any, Any]", (edge, table))
    await CopyRemover(client, copies).remove_due()
    return table


async def test_all_that_is_due_is_removed_each_in_its_channel() -> None:
    edge = Edge()
    table = await remove(edge, Copy(1, 10, 0), Copy(2, 20, 0))
    assert edge.calls == [("delete", 10, 1, {}), ("delete", 20, 2, {})]
    assert [copy.message_id for copy in table.gone] == [1, 2]
    assert table.postponed == []


@pytest.mark.parametrize("code", [10003, 10008])
async def test_what_is_not_there_any_more_has_gone(code: int) -> None:
    edge = Edge()
    edge.faults["delete"] = [refusal(404, code)]
    table = await remove(edge, Copy(1, 10, 0))
    assert (len(table.gone), table.postponed) == (1, [])


@pytest.mark.parametrize(
    ("error", "due_seconds", "pause"),
    [
        (refusal(403, 50001), 0, 5),
        (refusal(403, 50013), 400, 100),
        (refusal(403, 50013), 1e6, PAUSE_SECONDS_MAX),
        (refusal(429, 0, **{"Retry-After": "70"}), 0, 70),
        (refusal(429, 0, **{"Retry-After": "70"}), 400, 100),
        (TimeoutError(), 0, 5),
        (ConnectionError(), 0, 5),
    ],
)
async def test_what_cannot_be_removed_now_is_tried_again_the_later_the_longer_it_failed(
    error: Exception, due_seconds: float, pause: float
) -> None:
    edge = Edge()
    edge.faults["delete"] = [error]
    table = await remove(edge, Copy(1, 10, due_seconds), Copy(2, 10, 0))
    # One that fails is in nobody's way.
    assert table.postponed == [(1, pause)]
    assert [copy.message_id for copy in table.gone] == [2]


@pytest.mark.parametrize(
    ("known", "recorded"),
    [(SimpleNamespace(message_id=7), 7), (SimpleNamespace(message_id=None), 8), (None, 8)],
)
async def test_a_shared_page_is_recorded_where_it_is_before_it_shows_anything(
    known: Any, recorded: int
) -> None:
    table = Table()

    async def original_response() -> Any:
        return SimpleNamespace(id=8)

    client = SimpleNamespace(services=SimpleNamespace(copies=table))
    interaction = SimpleNamespace(
        client=client, channel_id=30, user=SimpleNamespace(id=10), original_response=original_response
    )
    await record_shared(cast("Interaction", interaction), known, [17, 33])
    assert table.recorded == [(recorded, 30, {"member_id": 10, "picture_ids": [17, 33]})]
