"""Under which replies the reaction is put."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.replies.download_reactions import WAITING_MAX, DownloadReactions
from bot.replies.messenger import Shown
from core.orders import Progress, State
from core.rules import Server, ServerRules
from tests.conditions import until
from tests.jobs import done, job, order, progress, reply
from tests.unit.bot.edge import Edge, refusal

HALF = Progress(
    order=order(count=2),
    jobs=(job(1, of=order(count=2), state=State.DONE), job(2, of=order(count=2), state=State.RUNNING)),
    pictures=done(of=order(count=2)).pictures,
)


async def served(
    edge: Edge, reactions: DownloadReactions, count: int, emoji: str = "📥"
) -> list[tuple[int, int]]:
    async def look() -> int:
        return len(edge.calls)

    serving = asyncio.create_task(reactions.serve())
    await until(look, lambda found: found >= count)
    # Whatever else there is would follow at once.
    await asyncio.sleep(0)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    assert {(name, how["emoji"]) for name, _channel, _id, how in edge.calls} == {("react", emoji)}
    return [(channel_id, message_id) for _name, channel_id, message_id, _how in edge.calls]


def server(reaction: str | None = None) -> Any:
    """Where every one is."""
    return SimpleNamespace(of=lambda _id: Server(20, rules=ServerRules(reaction=reaction)))


def reactions(edge: Edge) -> DownloadReactions:
    return DownloadReactions(cast("Any", edge), server(), reaction="📥")


@pytest.mark.parametrize(
    "other",
    [
        done(of=order(private=True)),
        progress(job(state=State.FAILED)),
        replace(done(), pictures=()),
        HALF,
    ],
    ids=["private", "failed", "deleted", "not all there"],
)
async def test_it_is_put_under_what_is_finished_and_others_see_alone(other: Progress) -> None:
    edge = Edge()
    ours = reactions(edge)
    ours.add(reply(other), Shown(30, 1))
    ours.add(reply(done()), Shown(30, 2))
    ours.add(reply(done(of=order(private=True, guild_id=None))), Shown(31, 3))
    assert await served(edge, ours, 2) == [(30, 2), (31, 3)]


async def test_beyond_so_many_there_is_none_and_one_that_is_refused_stops_nobody() -> None:
    edge = Edge()
    edge.faults["react"] = [refusal(403, 50013), ConnectionError()]
    ours = reactions(edge)
    for number in range(WAITING_MAX + 3):
        ours.add(reply(done()), Shown(30, number))
    assert await served(edge, ours, WAITING_MAX) == [(30, number) for number in range(WAITING_MAX)]


async def test_a_server_has_its_own() -> None:
    edge = Edge()
    ours = DownloadReactions(cast("Any", edge), server("💾"), reaction="📥")
    ours.add(reply(done()), Shown(30, 1))
    assert await served(edge, ours, 1, "💾") == [(30, 1)]
