"""An order of four pictures is one message from its first answer to its end, whatever comes of each."""

import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image

from bot.messages.badge import with_badge
from core.failures import FailureCode
from core.orders import COUNT_MAX, Reply
from core.settings import DatabaseSettings
from db.bucket.client import Bucket
from db.erasure import Erasure
from db.orders import Orders
from db.pool import Pool
from sandbox.discord.ratelimits import Limit
from sandbox.discord.state import Message, MessageFlag
from tests.conditions import until
from tests.member import text, walk
from tests.replying import Replying, replying, webp

EDIT, POST, PUT = "PATCH", "POST", "PUT"
BY_TOKEN, REACTIONS = "/webhooks/", "/reactions/"


@pytest.fixture
async def house(
    database_url: str, pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Replying]:
    monkeypatch.setattr("bot.orders.HOURGLASS_SECONDS", 0.0)
    # Discord's limit of edits is not what these are about.
    monkeypatch.setattr("sandbox.discord.rest.wire._LIMITS", ())
    monkeypatch.setattr("sandbox.discord.rest.wire.DEFAULT", Limit(10_000, 1))
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with replying(settings, pool, bucket) as one:
        yield one


def only(house: Replying, *, direct: bool = False) -> Message:
    (message,) = house.messages(direct=direct)
    return message


def read(message: Message) -> str:
    return text({"components": message.components})


def of_type(message: Message, kind: int) -> list[dict[str, Any]]:
    return [one for one in walk({"components": message.components}) if one["type"] == kind]


def options(message: Message) -> list[str]:
    return [option["value"] for menu in of_type(message, 3) for option in menu["options"]]


def greys(house: Replying, message: Message) -> list[int]:
    """Which pictures are attached, by what is painted on them."""
    found = []
    for attachment in message.attachments:
        content = house.one.server._store.get_file(attachment.id)
        assert content is not None
        grey = Image.open(io.BytesIO(content)).convert("L").getpixel((60, 60))
        assert isinstance(grey, int | float)
        found.append(round(grey / 40))
        # The number of each stands on it.
        assert content == with_badge(webp(found[-1]), found[-1])
    return found


def picture_ids(reply: Reply) -> list[int]:
    return [job.id for job in reply.progress.jobs]


async def test_one_after_the_other_they_come_into_the_one_message(house: Replying) -> None:
    reply, _ = await house.ask(count=COUNT_MAX)
    assert "⏳ Waiting in line" in read(only(house))
    assert "4 × 3 credits" in read(only(house))
    for done in range(COUNT_MAX):
        job = await house.begin(reply)
        await house.shown(reply)
        assert f"🔄 Painting: {done} of 4" in read(only(house))
        assert "Started <t:" in read(only(house))
        assert greys(house, only(house)) == list(range(1, done + 1))
        assert options(only(house)) == []
        await house.finish(job)
        await house.shown(reply)
    message = only(house)
    assert greys(house, message) == [1, 2, 3, 4]
    assert options(message) == [str(id_) for id_ in picture_ids(reply)]
    assert "Painting" not in read(message)
    assert house.read(direct=True) == []


async def test_what_comes_out_of_order_stands_in_order(house: Replying) -> None:
    reply, _ = await house.ask(count=3)
    jobs = [await house.begin(reply) for _ in range(3)]
    await house.finish(jobs[2])
    await house.shown(reply)
    assert greys(house, only(house)) == [3]
    await house.finish(jobs[0])
    await house.shown(reply)
    assert greys(house, only(house)) == [1, 3]
    await house.finish(jobs[1])
    await house.shown(reply)
    assert greys(house, only(house)) == [1, 2, 3]


async def test_one_that_fails_is_said_beside_the_others(house: Replying) -> None:
    reply, _ = await house.ask(count=COUNT_MAX)
    jobs = [await house.begin(reply) for _ in range(COUNT_MAX)]
    await house.fail(jobs[1])
    await house.shown(reply)
    assert "**2.** ⚠️ Stability's content filter refused" in read(only(house))
    assert "Painting: 0 of 4" in read(only(house))
    for job in (jobs[0], jobs[2], jobs[3]):
        await house.finish(job)
    await house.shown(reply)
    message = only(house)
    assert greys(house, message) == [1, 3, 4]
    assert options(message) == [str(jobs[n].id) for n in (0, 2, 3)]
    assert "3 of 4 pictures · 9 credits in all" in read(message)
    assert "Nothing was charged." in read(message)


async def test_what_failed_and_may_be_billed_says_what_it_counts(house: Replying) -> None:
    reply, _ = await house.ask(count=2)
    first, second = [await house.begin(reply) for _ in range(2)]
    await house.fail(first, FailureCode.INTERNAL)
    await house.finish(second)
    await house.shown(reply)
    assert "It counts as 3 credits" in read(only(house))


async def test_cancelled_half_way_what_is_there_stays(house: Replying) -> None:
    reply, _ = await house.ask(count=COUNT_MAX)
    for _ in range(2):
        await house.finish(await house.begin(reply))
    await house.begin(reply)
    assert len(await Orders(house.pool).cancel(reply.order.id)) == 2
    house.reconciler.wake()
    await house.shown(reply)
    message = only(house)
    assert greys(house, message) == [1, 2]
    assert "**3, 4.** 🚫 Cancelled. It counts as 3 credits" in read(message)
    assert options(message) == [str(id_) for id_ in picture_ids(reply)[:2]]


async def test_a_deleted_one_of_four_leaves_the_others_and_the_last_takes_the_message_along(
    house: Replying,
) -> None:
    reply, _ = await house.ask(count=COUNT_MAX)
    await house.paint(reply)
    await house.shown(reply)
    left = [1, 2, 3, 4]
    for number in (2, 4, 1):
        await Erasure(house.pool).erase(picture_ids(reply)[number - 1])
        left.remove(number)
        house.reconciler.wake()
        await house.shown(reply)
        assert greys(house, only(house)) == left
        assert "🗑️ Deleted." in read(only(house))
    await Erasure(house.pool).erase(picture_ids(reply)[2])
    house.reconciler.wake()
    await house.shown(reply)
    assert house.messages() == []
    now = await house.now(reply)
    assert (now.message_id, now.token) == (None, None)


async def test_deleting_one_while_others_are_painted_leaves_the_order_to_go_on(house: Replying) -> None:
    reply, _ = await house.ask(count=2)
    await house.finish(await house.begin(reply))
    await house.shown(reply)
    await Erasure(house.pool).erase(picture_ids(reply)[0])
    house.reconciler.wake()
    await house.shown(reply)
    assert greys(house, only(house)) == []
    await house.finish(await house.begin(reply))
    await house.shown(reply)
    assert greys(house, only(house)) == [2]
    assert "**1.** 🗑️ Deleted." in read(only(house))


@pytest.mark.parametrize(("status", "code", "why"), [(400, 20009, "explicit"), (413, 40005, "did not take")])
async def test_pictures_that_discord_refuses_are_words_links_and_a_menu(
    house: Replying, status: int, code: int, why: str
) -> None:
    reply, _ = await house.ask(count=2)
    jobs = [await house.begin(reply) for _ in range(2)]
    await house.finish(jobs[0])
    await house.shown(reply)
    await house.refuse(status, code=code, times=1, method=EDIT)
    await house.finish(jobs[1])
    await house.shown(reply)
    message = only(house)
    assert message.attachments == []
    assert why in read(message)
    assert " · [2](http" in read(message)
    assert options(message) == [str(id_) for id_ in picture_ids(reply)]


@pytest.mark.parametrize("covered", [True, False])
async def test_a_spoiler_covers_each_of_them_from_the_first_one_on(house: Replying, covered: bool) -> None:
    reply, _ = await house.ask(count=2, spoiler=covered)
    for count in (1, 2):
        await house.finish(await house.begin(reply))
        await house.shown(reply)
        (gallery,) = of_type(only(house), 12)
        assert [item["spoiler"] for item in gallery["items"]] == [covered] * count


async def test_a_private_order_is_seen_by_its_member_alone_and_has_no_reaction(house: Replying) -> None:
    secret, _ = await house.ask(count=2, private=True)
    await house.paint(secret)
    await house.shown(secret)
    assert only(house).flags & MessageFlag.EPHEMERAL
    assert greys(house, only(house)) == [1, 2]
    assert "private" in read(only(house))
    # One that others see has it, and comes after it.
    public, _ = await house.ask()
    await house.paint(public)
    await house.shown(public)
    await house.answered(PUT, REACTIONS, 1)
    paths = [one.path for one in house.one.exchanges if one.method == PUT and REACTIONS in one.path]
    assert [str((await house.now(public)).message_id) in path for path in paths] == [True]


async def test_the_reaction_comes_once_all_is_over(house: Replying) -> None:
    reply, _ = await house.ask(count=2)
    await house.finish(await house.begin(reply))
    await house.shown(reply)
    job = await house.begin(reply)
    await house.shown(reply)
    assert house.statuses(PUT, REACTIONS) == []
    await house.finish(job)
    await house.answered(PUT, REACTIONS, 1)


async def test_four_pictures_reach_their_member_where_the_first_answer_cannot_be_changed(
    house: Replying,
) -> None:
    reply, _ = await house.ask(count=COUNT_MAX)
    await house.refuse(403, code=50013, method=EDIT)
    await house.refuse(403, code=50013, method=POST, path=f"/channels/{house.one.channel().id}/")
    await house.paint(reply)
    await house.shown(reply)
    await house.all_read(0)
    message = only(house, direct=True)
    assert greys(house, message) == [1, 2, 3, 4]
    assert len(options(message)) == COUNT_MAX


async def test_an_intermediate_state_may_be_skipped_and_the_final_one_is_not(house: Replying) -> None:
    reply, _ = await house.ask(count=COUNT_MAX)
    await house.refuse(503, method=EDIT)
    for _ in range(COUNT_MAX):
        await house.finish(await house.begin(reply))
    await house.answered(EDIT, BY_TOKEN, 1)
    await house.deliver()
    await house.shown(reply)
    assert greys(house, only(house)) == [1, 2, 3, 4]


async def test_a_private_order_whose_token_is_over_sends_nobody_the_rest_for_a_deletion(
    house: Replying,
) -> None:
    reply, _ = await house.ask(count=2, private=True)
    await house.paint(reply)
    await house.shown(reply)
    await house.pool.execute("update replies set token_expires_at = now()")
    await Erasure(house.pool).erase(picture_ids(reply)[0])
    house.reconciler.wake()
    assert await house.failure(reply) == "no way is left"
    assert house.read(direct=True) == []


async def test_a_reply_that_is_behind_is_found_by_a_poll_alone(house: Replying) -> None:
    reply, _ = await house.ask(count=2)
    jobs = [await house.begin(reply) for _ in range(2)]
    await house.shown(reply)
    await house.pool.execute("update replies set due_at = now() + interval '1 hour'")
    for job in jobs:
        await house.finish(job)
    await house.pool.execute("update replies set due_at = now()")
    house.reconciler.poll()
    await until(lambda: house.now(reply), lambda now: now.shown_revision == now.revision)
    assert greys(house, only(house)) == [1, 2]
