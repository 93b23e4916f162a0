"""Who wants it is told of a picture that took long: alone, once, and where nobody else learns of a private one."""

from collections.abc import AsyncIterator

import pytest

from bot.messages.words import Languages
from bot.replies.pings import Pings
from core.orders import Reply
from core.settings import DatabaseSettings
from db.bucket.client import Bucket
from db.copies import Copies
from db.erasure import Erasure
from db.members import Members
from db.pool import Pool
from sandbox.discord.state import Message
from tests.replying import Replying, replying


@pytest.fixture
async def house(
    database_url: str, pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Replying]:
    monkeypatch.setattr("bot.orders.HOURGLASS_SECONDS", 0.0)
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with replying(settings, pool, bucket) as one:
        yield one


@pytest.fixture
async def pings(house: Replying) -> Pings:
    members = Members(house.pool)
    await members.edit(int(house.one.member_id), lambda wishes: wishes.but(ping=True, locale="de"))
    return Pings(house.one.client, house.replies, Copies(house.pool), members, Languages())


async def long_awaited(house: Replying, *, private: bool = False) -> Reply:
    reply, _ = await house.ask(private=private)
    sql = "update orders set created_at = created_at - interval '2 minutes' where id = $1"
    await house.pool.execute(sql, reply.order.id)
    await house.paint(reply)
    return await house.shown(reply)


def told(house: Replying, *, direct: bool = False) -> list[Message]:
    return [one for one in house.messages(direct=direct) if "🔔" in str(one.components)]


async def test_its_member_alone_is_named_under_the_card_and_once(house: Replying, pings: Pings) -> None:
    reply = await long_awaited(house)
    await pings.tell_due()
    (message,) = told(house)
    assert message.mention_ids == [house.one.member_id]
    assert message.reference_id == str(reply.message_id)
    await house.change(reply)
    await house.shown(reply)
    await pings.tell_due()
    assert len(told(house)) == 1
    assert not told(house, direct=True)


async def test_it_goes_with_the_picture(house: Replying, pings: Pings) -> None:
    reply = await long_awaited(house)
    await pings.tell_due()
    assert len(await house.all_read(2)) == 2
    await Erasure(house.pool).erase(reply.progress.pictures[0].id)
    house.reconciler.wake()
    assert await house.all_read(0) == []


async def test_of_a_private_one_nothing_is_said_in_the_channel(house: Replying, pings: Pings) -> None:
    await long_awaited(house, private=True)
    await pings.tell_due()
    assert not told(house)
    (message,) = told(house, direct=True)
    assert "Dein Bild ist da" in str(message.components)


async def test_where_it_may_not_write_it_comes_by_direct_message(house: Replying, pings: Pings) -> None:
    reply = await long_awaited(house)
    await house.refuse(403, code=50013, method="POST", path=f"/channels/{house.one.channel().id}/messages")
    await pings.tell_due()
    (message,) = told(house, direct=True)
    assert f"/{reply.order.channel_id}/{reply.message_id}" in str(message.components)


async def test_what_passes_is_tried_again_and_what_was_taken_is_not(house: Replying, pings: Pings) -> None:
    await long_awaited(house)
    await house.refuse(403, code=20016, method="POST", path=f"/channels/{house.one.channel().id}/messages")
    await pings.tell_due()
    assert not told(house)
    await house.fault("heal_rest")
    for _ in range(2):
        # The second time as after a death before that it was told is recorded.
        await house.pool.execute("update replies set ping_at = now()")
        await pings.tell_due()
    assert len(told(house)) == 1
    assert await house.pool.fetchval("select count(*) from replies where ping_at = 'infinity'") == 1
