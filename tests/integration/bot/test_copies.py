"""Messages that show a picture beside its reply go when it is deleted, as long as that takes."""

from collections.abc import AsyncIterator

import pytest

from bot.replies.copies import CopyRemover
from core.settings import DatabaseSettings
from db.bucket.client import Bucket
from db.copies import Copies
from db.erasure import Erasure
from db.pool import Pool
from db.replies import Replies
from sandbox.discord.interactions import COMPONENT
from tests.connected import Connected, connected
from tests.integration.bot.test_reactions import Reactions, read
from tests.member import fault

PROMPT = "a red fox in the snow"


@pytest.fixture
async def bot(database_url: str, pool: Pool, bucket: Bucket) -> AsyncIterator[Connected]:
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket) as one:
        yield one


@pytest.fixture
def reactions(bot: Connected) -> Reactions:
    return Reactions(bot)


async def share(bot: Connected) -> None:
    """A page with the member's picture, in the channel where it was made."""
    channel = Reactions(bot).channel
    assert channel.guild_id is not None
    await bot.pool.execute(
        "with moved as (update orders set guild_id = $1, channel_id = $2 where id = 1) "
        "update pictures set guild_id = $1, channel_id = $2 where order_id = 1",
        int(channel.guild_id),
        int(channel.id),
    )
    custom_id = f"gallery:s:17:{bot.member_id}:6:0:"
    button = {"type": 2, "style": 2, "label": "Share", "custom_id": custom_id, "id": 2}
    row = [{"type": 1, "id": 1, "components": [button]}]
    data = {"custom_id": custom_id, "component_type": 2}
    await bot.interact(COMPONENT, data, components=row)


async def make_public(bot: Connected, order_id: int, member_id: int) -> None:
    await bot.pool.execute(
        "update orders set private = false, member_id = $2 where id = $1", order_id, member_id
    )
    await bot.pool.execute(
        "update pictures set private = false, member_id = $2 where order_id = $1", order_id, member_id
    )


async def shared_page(bot: Connected, reactions: Reactions) -> list[str]:
    return [read(message) for message in reactions.in_channel() if PROMPT in read(message)]


async def remove_due(bot: Connected) -> None:
    await bot.pool.execute("update copies set due_at = now() where due_at is not null")
    await CopyRemover(bot.client, Copies(bot.pool)).remove_due()


async def test_shared_pages_and_downloads_go_with_a_deleted_picture(
    bot: Connected, reactions: Reactions
) -> None:
    await share(bot)
    await reactions.react(bot.member_id, 1)
    await remove_due(bot)
    assert (len(await shared_page(bot, reactions)), len(reactions.sent_to(bot.member_id))) == (1, 1)
    await Erasure(bot.pool).erase(17)
    await remove_due(bot)
    assert (len(await shared_page(bot, reactions)), len(reactions.sent_to(bot.member_id))) == (0, 0)
    assert await bot.pool.fetchval("select count(*) from copies") == 0


async def test_a_page_that_could_not_be_found_again_shows_nothing(
    bot: Connected, reactions: Reactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_arguments: object, **_more: object) -> None:
        raise ConnectionError("Postgres is away")

    monkeypatch.setattr(Copies, "record", away)
    await share(bot)
    assert await shared_page(bot, reactions) == []


@pytest.mark.parametrize(
    ("status", "code"), [(400, 50083), (403, 50001), (403, 50013), (403, 0), (404, 0), (503, 0)]
)
async def test_what_cannot_be_removed_now_is_removed_later(
    bot: Connected, reactions: Reactions, status: int, code: int
) -> None:
    await share(bot)
    await Erasure(bot.pool).erase(17)
    await bot.pool.execute("update copies set due_since = now() - interval '1 hour'")
    path = f"/channels/{reactions.channel.id}/messages"
    await fault(bot.server.url, "rest", status=status, path=path, code=code)
    await remove_due(bot)
    assert len(await shared_page(bot, reactions)) == 1
    # A quarter of the time for which it has been tried.
    pause = await bot.pool.fetchval("select extract(epoch from due_at - now()) from copies")
    assert 890 <= pause <= 910
    await remove_due(bot)
    assert await shared_page(bot, reactions) == []


async def test_what_is_gone_already_ends_it(bot: Connected, reactions: Reactions) -> None:
    await share(bot)
    for message in reactions.in_channel():
        del reactions.world.messages[message.channel_id][message.id]
    await Erasure(bot.pool).erase(17)
    await remove_due(bot)
    assert await bot.pool.fetchval("select count(*) from copies") == 0


async def test_a_forgotten_members_messages_go_and_no_row_keeps_the_channel(
    bot: Connected, reactions: Reactions
) -> None:
    theirs = int(bot.member_id) + 1
    await make_public(bot, 2, theirs)
    await share(bot)
    await reactions.react(bot.member_id, 2)
    direct = reactions.world.direct_channel(bot.member_id)
    assert direct is not None
    for table in ("orders", "pictures"):
        await bot.pool.execute(
            f"update {table} set guild_id = null, channel_id = $1 where id in (1, 17)",
            int(direct.id),
        )
    await bot.pool.execute("update replies set shown_revision = revision where order_id = 1")
    await bot.pool.execute("update replies set channel_id = $1 where order_id = 3", int(direct.id))
    await Erasure(bot.pool).erase_member(int(bot.member_id))
    await remove_due(bot)
    assert (await shared_page(bot, reactions), reactions.sent_to(bot.member_id)) == ([], [])
    for reply in await Replies(bot.pool).load([1, 3]):
        assert reply.order.erased_at is not None
        await Replies(bot.pool).removed(reply)
    for table in ("orders", "jobs", "pictures", "replies", "copies", "downloads"):
        rows = await bot.pool.fetch(f"select * from {table}")
        kept = [(name, value) for row in rows for name, value in row.items()]
        assert [one for one in kept if one[1] in (int(direct.id), int(bot.member_id))] == []
