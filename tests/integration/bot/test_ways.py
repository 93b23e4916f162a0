"""Each way to a reply is tried in its order, and what was done is done once, though nobody recorded it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.replies.download_reactions import DownloadReactions
from core.orders import Reply
from core.settings import DatabaseSettings
from db.bucket.client import Bucket
from db.pool import Pool
from db.replies import Replies
from tests.conditions import soon, until
from tests.connected import EMOJI
from tests.replying import Replying, reconciler_of, replying

DONE = "Full size"
EDIT, POST = "PATCH", "POST"
BY_TOKEN, DIRECT = "/webhooks/", "/users/@me/channels"
CLOSED = {"status": 403, "code": 50013}


@pytest.fixture
async def house(
    database_url: str, pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Replying]:
    monkeypatch.setattr("bot.orders.HOURGLASS_SECONDS", 0.0)
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with replying(settings, pool, bucket) as one:
        yield one


def here(house: Replying) -> str:
    return f"/channels/{house.one.channel().id}/messages"


async def close(house: Replying, *ways: str) -> None:
    for way in ways:
        match way:
            case "token":
                await house.refuse(**CLOSED, method=EDIT, path=BY_TOKEN)
            case "bot":
                await house.refuse(**CLOSED, method=EDIT, path=here(house))
            case "channel":
                await house.refuse(**CLOSED, method=POST, path=here(house))
            case "direct":
                await house.refuse(**CLOSED, method=POST, path=DIRECT)


def tried(house: Replying, since: int) -> list[str]:
    """By which ways it was tried, in order."""
    names = []
    for call in house.one.exchanges[since:]:
        if call.method == EDIT and BY_TOKEN in call.path:
            names.append("token")
        elif call.method == EDIT:
            names.append("bot")
        elif call.method == POST and here(house) in call.path:
            names.append("channel")
        elif call.method == POST and DIRECT in call.path:
            names.append("direct")
    return names


WAYS = ["token", "bot", "channel", "direct"]


@pytest.mark.parametrize("closed", range(len(WAYS)))
async def test_the_next_way_is_tried_where_one_is_closed(house: Replying, closed: int) -> None:
    reply, _ = await house.ask()
    job = await house.begin(reply)
    await house.shown(reply)
    await close(house, *WAYS[:closed])
    since = len(house.one.exchanges)
    await house.finish(job)
    shown = await house.shown(reply)
    assert tried(house, since) == WAYS[: closed + 1]
    is_direct = closed == 3
    assert DONE in house.read(direct=is_direct)[-1]
    assert str(shown.message_id) == house.messages(direct=is_direct)[-1].id
    # Of what moved elsewhere, its old place goes.
    await house.all_read(0 if is_direct else 1)


async def test_once_its_token_is_over_the_bot_edits_its_message_itself(house: Replying) -> None:
    reply, _ = await house.ask()
    await house.pool.execute("update replies set token_expires_at = now()")
    since = len(house.one.exchanges)
    await house.paint(reply)
    await house.shown(reply)
    assert set(tried(house, since)) == {"bot"}
    assert DONE in house.read()[0]


async def test_a_spinner_is_worth_no_message_of_its_own(house: Replying) -> None:
    reply, _ = await house.ask()
    await close(house, "token", "bot")
    since = len(house.one.exchanges)
    await house.begin(reply)
    assert await house.failure(reply) == "by token: 403: provoked; as bot: 403: provoked"
    assert tried(house, since) == ["token", "bot"]


async def test_no_way_at_all_waits_for_one_and_says_what_each_answered(house: Replying) -> None:
    reply, _ = await house.ask()
    job = await house.begin(reply)
    await house.shown(reply)
    await close(house, *WAYS)
    await house.finish(job)
    said = await house.failure(reply)
    assert [part.split(":")[0] for part in said.split("; ")] == [
        "by token", "as bot", "in the channel", "by direct message",
    ]  # fmt: skip
    now = await house.now(reply)
    assert (now.shown_revision, now.revision, now.token is not None) == (2, 3, True)


@pytest.mark.parametrize("closed", [2, 3])
async def test_a_picture_is_posted_once_though_the_bot_died_before_it_recorded_it(
    house: Replying, monkeypatch: pytest.MonkeyPatch, closed: int
) -> None:
    posted = asyncio.Event()

    async def die(*_arguments: object, **_more: object) -> None:
        posted.set()
        await asyncio.Event().wait()

    reply, _ = await house.ask(count=2)
    for number in range(2):
        job = await house.begin(reply)
        await house.shown(reply)
        if number == 0:
            await house.finish(job)
            await house.shown(reply)
    await close(house, *WAYS[:closed])
    monkeypatch.setattr(house.replies, "shown", die)
    await house.finish(job)
    await asyncio.wait_for(posted.wait(), 10)

    # As another bot that takes over what the first one held.
    await house.pool.execute("update replies set due_at = now()")
    reactions = DownloadReactions(house.one.client, house.one.client.services.rules.servers, reaction=EMOJI)
    second = reconciler_of(house.one, house.bucket, Replies(house.pool), reactions)
    serving = asyncio.create_task(second.serve())
    second.wake()
    shown = await house.shown(reply)
    second.stop()
    await soon(serving)
    is_direct = closed == 3
    finished = [one for one in house.messages(direct=is_direct) if len(one.attachments) == 2]
    assert [one.id for one in finished] == [str(shown.message_id)]


async def test_giving_up_an_old_revision_leaves_the_new_one_to_be_shown(
    house: Replying, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture came while the spinner was refused: what is given up is the spinner."""
    reply, _ = await house.ask()
    give_up = house.replies.give_up
    given_up: list[int] = []

    async def finish_before(of: Reply, *, reason: str) -> None:
        await house.fault("heal_rest")
        await house.finish(job)
        given_up.append(of.revision)
        await give_up(of, reason=reason)

    monkeypatch.setattr(house.replies, "give_up", finish_before)
    await house.pool.execute("update replies set due_at = now() + interval '1 hour'")
    job = await house.begin(reply)
    await close(house, "token", "bot")
    await house.pool.execute("update replies set due_at = now()")
    house.reconciler.wake()
    await until(lambda: house.now(reply), lambda now: now.shown_revision == 3)
    assert given_up == [2]
    row = await house.pool.fetchrow("select given_up_revision, failure from replies")
    assert row is not None
    assert tuple(row) == (2, None)
    (read,) = house.read()
    assert DONE in read
    # Its token was still there to edit it by.
    assert house.statuses(EDIT, BY_TOKEN)[-1] == 200


async def test_what_failed_before_is_forgotten_once_it_is_shown(house: Replying) -> None:
    reply, _ = await house.ask()
    job = await house.begin(reply)
    await house.shown(reply)
    await close(house, *WAYS)
    await house.finish(job)
    assert await house.failure(reply)
    await house.deliver()
    await house.shown(reply)
    row = await house.pool.fetchrow("select failure, token, given_up_revision from replies")
    assert row is not None
    assert tuple(row) == (None, None, 0)
