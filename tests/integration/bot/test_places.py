"""The place in line that a card says is the one it has: looked at with each edit, and at the front always said."""

import re
from collections.abc import AsyncIterator

import pytest

from core.orders import FRONT, Reply
from core.settings import DatabaseSettings
from db.bucket.client import Bucket
from db.pool import Pool
from sandbox.discord import Exchange
from sandbox.discord.ratelimits import Limit
from tests.conditions import until
from tests.lives import fill
from tests.member import text
from tests.replying import Replying, replying

EDIT = "PATCH"
SAID = re.compile(r"⏳ (?:(Next)|Number (\d+)|Waiting) in line")


@pytest.fixture
async def house(
    database_url: str, pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Replying]:
    monkeypatch.setattr("bot.orders.HOURGLASS_SECONDS", 0.0)
    monkeypatch.setattr("bot.replies.reconciler.LOOK_SECONDS", 0.02)
    monkeypatch.setattr("db.replies.MOVED_SECONDS_MIN", 0.0)
    # Discord's limit of edits is not what these are about.
    monkeypatch.setattr("sandbox.discord.rest.wire._LIMITS", ())
    monkeypatch.setattr("sandbox.discord.rest.wire.DEFAULT", Limit(10_000, 1))
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with replying(settings, pool, bucket) as one:
        # Whatever is at work now is so for long: the line moves when the test moves it.
        await fill(pool, 3, state="done")
        await pool.execute("update pictures set seconds = 3600")
        yield one


async def begun(house: Replying) -> Reply:
    reply, _ = await house.ask()
    await house.begin(reply)
    return await house.shown(reply)


def said(read: str) -> int | None:
    """None where no place is, as of one that does not wait."""
    match = SAID.search(read)
    return None if match is None else 1 if match[1] else int(match[2]) if match[2] else None


def edited(exchange: Exchange) -> tuple[str, int | None]:
    """Which reply an edit is of, by its token, and the place that it says."""
    return exchange.path.split("/")[3], said(text(exchange.request or {}))


async def settled(house: Replying, asked: list[Reply], line: list[Reply]) -> None:
    """Until the front says its places, and nobody else does. Whatever was edited meanwhile said the truth."""
    before = len(house.one.exchanges)
    house.reconciler.wake()
    true = {one.token: place for place, one in enumerate(line, start=1)}
    expected = [place if (place := true.get(one.token, 99)) <= FRONT else None for one in asked]

    async def places() -> list[int | None]:
        return [said(read) for read in house.read()]

    await until(places, lambda found: found == expected)
    edits = [edited(one) for one in house.one.exchanges[before:] if one.method == EDIT]
    assert [(token, place) for token, place in edits if place not in (None, true.get(token))] == []


async def test_what_is_said_of_a_place_is_true_and_the_front_is_always_said(house: Replying) -> None:
    asked = [await begun(house)]
    for place in range(1, 8):
        asked.append((await house.ask())[0])
        assert said(house.read()[-1]) == (place if place <= FRONT else None)
    line = asked[1:]
    await settled(house, asked, line)
    # By place: the first to work, others cancelled, in the front and behind it.
    for gone in (1, 2, 5, 1, 3):
        reply = line.pop(gone - 1)
        if gone == 1:
            await house.begin(reply)
        else:
            await house.orders.cancel(reply.order.id)
        await settled(house, asked, line)

    async def edits() -> int:
        return len(house.statuses(EDIT, "/webhooks/"))

    # A spinner or an end for each of the six, and those that came to the front or forward in it.
    await until(edits, lambda count: count >= 6 + 3 + 2 + 0 + 3 + 0)
    assert await edits() == 14


async def test_while_the_line_moves_fast_the_time_alone_is_said(house: Replying) -> None:
    await house.pool.execute("update pictures set seconds = 1")
    await begun(house)
    second, _ = await house.ask()
    assert "⏳ Waiting in line\nLikely done <t:" in house.read()[-1]
    await house.begin(second)
    await house.shown(second)
    assert house.statuses(EDIT, "/webhooks/") == [200, 200]
