"""Downloads by reaction: many at once take a bounded memory, and one that failed can be asked for again."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest

from bot.held_bytes import HELD_BYTES_MAX
from bot.replies.copies import CopyRemover
from bot.replies.reaction_downloads import ReactionDownloads
from core.orders import Picture, State
from core.settings import DatabaseSettings
from db.bucket.client import Bucket, file_name, original_key
from db.copies import Copies
from db.erasure import Erasure
from db.picture_store import PictureStore
from db.pool import Pool
from sandbox.discord.gateway import Intent
from sandbox.discord.ratelimits import Limit
from sandbox.discord.state import Message
from tests.conditions import until
from tests.connected import BOUND_SECONDS, EMOJI, Connected, caught, connected
from tests.lives import finish, painted, stored, waiting, worker
from tests.member import fault, pictures_of, text
from tests.orders import forget_orders

PICTURES = 10
ORIGINAL_BYTES = 9 * 1024 * 1024


@pytest.fixture
async def bot(
    database_url: str, pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Connected]:
    # Discord's limit for messages, of five in five seconds, is not what these are about.
    monkeypatch.setattr("sandbox.discord.rest.wire._LIMITS", ())
    monkeypatch.setattr("sandbox.discord.rest.wire.DEFAULT", Limit(10_000, 1))
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket) as one:
        yield one


class Reactions:
    """What members do under the pictures of `connected`, and what comes of it."""

    def __init__(self, bot: Connected) -> None:
        self.bot = bot
        self.world = bot.server.world
        self.channel = next(c for c in self.world.channels.values() if c.name == "paintings")

    async def react(self, user_id: str, message_id: int, *, is_bot: bool = False) -> None:
        came = self.bot.client.wait_for("raw_reaction_add", timeout=BOUND_SECONDS)
        self.dispatch(user_id, message_id, is_bot=is_bot)
        await came
        await self.bot.settle()

    def dispatch(self, user_id: str, message_id: int, *, is_bot: bool = False) -> None:
        member = self.bot.server._render.member(self.world.guild.members[user_id])
        data = {
            "channel_id": self.channel.id,
            "message_id": str(message_id),
            "user_id": user_id,
            "guild_id": self.world.guild.id,
            "member": {**member, "user": {**member["user"], "bot": is_bot}},
            "emoji": {"id": None, "name": EMOJI},
            "burst": False,
            "type": 0,
        }
        gateway = self.bot.server.gateway
        gateway.dispatch(
            "MESSAGE_REACTION_ADD",
            data,
            intent=Intent.GUILD_MESSAGE_REACTIONS,
            guild_id=self.world.guild.id,
        )

    def sent_to(self, user_id: str) -> list[Message]:
        channel = self.world.direct_channel(user_id)
        return self._of_the_bot(channel.id) if channel is not None else []

    def in_channel(self) -> list[Message]:
        return self._of_the_bot(self.channel.id)

    def _of_the_bot(self, channel_id: str) -> list[Message]:
        messages = self.world.messages.get(channel_id, {}).values()
        return [one for one in messages if one.author_id == self.world.bot_id and not one.is_ephemeral]

    async def fail(self, user_id: str, status: int, code: int, times: int = 1) -> None:
        channel = self.world.direct_channel(user_id)
        assert channel is not None
        path = f"/channels/{channel.id}/messages"
        await fault(self.bot.server.url, "rest", status=status, times=times, path=path, code=code)


@pytest.fixture
def reactions(bot: Connected) -> Reactions:
    return Reactions(bot)


def read(message: Message) -> str:
    return text({"components": message.components})


def has_file(message: Message) -> bool:
    return bool(message.attachments)


async def test_many_at_once_take_the_memory_of_a_few_and_members_take_turns(
    bot: Connected, reactions: Reactions, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    await forget_orders(bot.pool)
    pictures = [await painted(bot.pool, member_id=int(bot.member_id)) for _ in range(PICTURES)]
    for picture in pictures:
        await bucket.put_original(picture, b"a picture")
    await bot.pool.execute("update replies set message_id = order_id")
    await bot.pool.execute("update pictures set bytes = $1", ORIGINAL_BYTES)
    held = Held(monkeypatch)
    people = [one.id for one in reactions.world.people()][:3]
    for user_id in people:
        for picture in pictures:
            reactions.dispatch(user_id, picture.order.id)

    async def came() -> int:
        return sum(len(reactions.sent_to(user_id)) for user_id in people)

    await until(came, lambda count: count == len(people) * PICTURES, within_seconds=60)
    await bot.settle()
    assert 0 < held.most_bytes <= HELD_BYTES_MAX
    sent = {user_id: reactions.sent_to(user_id) for user_id in people}
    assert {user_id: len(messages) for user_id, messages in sent.items()} == dict.fromkeys(people, PICTURES)
    assert all("Download" in read(message) for messages in sent.values() for message in messages)
    arrivals = [who for _id, who in sorted((int(m.id), who) for who, ms in sent.items() for m in ms)]
    # Whoever came first has not all of theirs before the others have the most of theirs.
    assert min(Counter(arrivals[: len(people) * PICTURES // 2]).values()) >= PICTURES // 4


class Held:
    """How many bytes of originals are in use at a time, from the reading to the end of the sending."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.most_bytes = 0
        self._holding: set[object] = set()
        read, send = PictureStore.original, discord.User.send

        async def original(store: PictureStore, picture: Picture) -> bytes:
            content = await read(store, picture)
            self._holding.add(asyncio.current_task())
            self.most_bytes = max(self.most_bytes, len(self._holding) * ORIGINAL_BYTES)
            return content

        async def sent(user: discord.User, **message: Any) -> discord.Message:
            try:
                return await send(user, **message)
            finally:
                self._holding.discard(asyncio.current_task())

        monkeypatch.setattr(PictureStore, "original", original)
        monkeypatch.setattr(discord.User, "send", sent)


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (403, 50007, "your direct messages are closed"),
        (403, 50278, "your direct messages are closed"),
        (503, 0, "could not be sent"),
        (403, 0, "could not be sent"),
    ],
)
async def test_one_that_failed_is_told_in_the_channel_and_works_at_the_next_try(
    bot: Connected, reactions: Reactions, caplog: pytest.LogCaptureFixture, status: int, code: int, told: str
) -> None:
    caplog.set_level(logging.INFO, "bot")
    await reactions.fail(bot.member_id, status, code)
    await reactions.react(bot.member_id, 1)
    assert caught(caplog) == []
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [(record.name, record.exc_info) for record in lines] == [("bot.replies.reaction_downloads", None)]
    (notice,) = reactions.in_channel()
    assert told in read(notice)
    assert f"<@{bot.member_id}>" in read(notice)
    assert notice.mention_ids == []
    await reactions.react(bot.member_id, 1)
    (sent,) = reactions.sent_to(bot.member_id)
    assert has_file(sent)
    # The notice goes by itself, though the bot was started anew meanwhile.
    await bot.pool.execute("update copies set due_at = now() where due_at is not null")
    await CopyRemover(bot.client, Copies(bot.pool)).remove_due()
    assert reactions.in_channel() == []
    assert reactions.sent_to(bot.member_id) == [sent]


async def test_a_picture_that_discord_took_is_sent_and_found_again_whatever_is_answered(
    bot: Connected, reactions: Reactions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    channel = reactions.world.direct_channel(bot.member_id)
    assert channel is not None
    path = f"/channels/{channel.id}/messages"
    await fault(bot.server.url, "rest", status=200, applied=True, body="empty", path=path)
    await reactions.react(bot.member_id, 1)
    await reactions.react(bot.member_id, 1)
    (sent,) = reactions.sent_to(bot.member_id)
    assert has_file(sent)
    assert await bot.pool.fetchval("select message_id from copies") == int(sent.id)
    await bot.pool.execute("delete from copies; delete from downloads")
    # Nothing tells where it is: it is sent all the same, and once.
    for body in ("null", "list"):
        reactions.world.messages[channel.id].clear()
        await fault(bot.server.url, "rest", status=200, applied=True, body=body, path=path, times=2)
        await reactions.react(bot.member_id, 1)
        assert len(reactions.sent_to(bot.member_id)) == 1
        await bot.pool.execute("delete from downloads")
    assert reactions.in_channel() == []
    assert caught(caplog) == []
    assert [record for record in caplog.records if record.exc_info] == []


async def test_who_fails_often_is_told_once(bot: Connected, reactions: Reactions) -> None:
    await reactions.fail(bot.member_id, 403, 50007, times=3)
    for _ in range(3):
        await reactions.react(bot.member_id, 1)
    assert len(reactions.in_channel()) == 1


@pytest.mark.parametrize(("status", "code"), [(413, 40005), (400, 50035), (400, 20009)])
async def test_a_file_that_discord_does_not_take_comes_as_a_link(
    bot: Connected, reactions: Reactions, status: int, code: int
) -> None:
    await reactions.fail(bot.member_id, status, code)
    await reactions.react(bot.member_id, 1)
    (sent,) = reactions.sent_to(bot.member_id)
    assert not has_file(sent)
    assert "Download" in read(sent)
    assert reactions.in_channel() == []


async def test_a_picture_whose_link_discord_takes_for_harmful_comes_as_a_file(
    bot: Connected, reactions: Reactions
) -> None:
    await reactions.fail(bot.member_id, 400, 240000)
    await reactions.react(bot.member_id, 1)
    (sent,) = reactions.sent_to(bot.member_id)
    assert (has_file(sent), "Download" in read(sent)) == (True, False)


async def test_who_cannot_be_answered_below_the_picture_is_told_in_a_message(
    bot: Connected, reactions: Reactions
) -> None:
    await reactions.fail(bot.member_id, 403, 50007)
    path = f"/channels/{reactions.channel.id}/messages"
    await fault(bot.server.url, "rest", status=400, code=160002, method="POST", path=path)
    await reactions.react(bot.member_id, 1)
    (notice,) = reactions.in_channel()
    assert f"<@{bot.member_id}>" in read(notice)


async def test_a_picture_that_cannot_be_reached_can_be_asked_for_at_once(
    bot: Connected, reactions: Reactions, bucket: Bucket
) -> None:
    (picture,) = (await stored(bot.pool, 1)).progress.pictures
    await bucket.remove(original_key(picture))
    await reactions.react(bot.member_id, 1)
    await bucket.put_original(picture, b"a picture")
    await reactions.react(bot.member_id, 1)
    first, second = reactions.sent_to(bot.member_id)
    assert "cannot be reached" in read(first)
    assert has_file(second)


async def test_who_asks_for_more_than_fits_the_line_is_told_once(
    bot: Connected, reactions: Reactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.replies.reaction_downloads.WAITING_MAX", 1)
    downloads = ReactionDownloads(bot.client, bot.client.services, (EMOJI,))
    bot.client.downloads = downloads
    await bot.pool.execute("update pictures set private = false")
    fetch, go = bot.client.fetch_user, asyncio.Event()

    async def fetch_later(user_id: int) -> discord.User:
        await go.wait()
        return await fetch(user_id)

    monkeypatch.setattr(bot.client, "fetch_user", fetch_later)
    for message_id in (1, 2, 101, 102):
        reactions.dispatch(bot.member_id, message_id)

    async def waiting() -> int:
        return len(downloads._in_progress)

    # The first is served, the second waits for it, and for the others there was no room.
    await until(lambda: _left_out(downloads), lambda members: members == {int(bot.member_id)})
    await until(waiting, lambda count: count == 2)
    go.set()
    await bot.settle()
    said = [read(message) for message in reactions.sent_to(bot.member_id)]
    assert [("Here is your picture" in one, "more pictures than fit" in one) for one in said] == [
        (True, False),
        (False, True),
        (True, False),
    ]


async def _left_out(downloads: ReactionDownloads) -> set[int]:
    return downloads._left_out


async def test_a_picture_that_is_covered_is_sent_covered(bot: Connected, reactions: Reactions) -> None:
    await bot.pool.execute("update orders set spoiler = (id = 2); update pictures set private = false")
    for message_id, is_covered in ((1, False), (2, True)):
        await reactions.react(bot.member_id, message_id)
        sent = reactions.sent_to(bot.member_id)[-1]
        (shown,) = pictures_of({"components": sent.components})
        assert shown["spoiler"] is is_covered


async def test_a_private_picture_and_a_deleted_one_are_sent_to_nobody_else(
    bot: Connected, reactions: Reactions
) -> None:
    """Whoever reacts, and wherever the message is: the id of one is known to who was shown it."""
    ada = next(user.id for user in reactions.world.users.values() if user.global_name == "Ada")
    await reactions.react(bot.member_id, 2)
    await bot.pool.execute("update pictures set private = true where id = 17")
    await reactions.react(ada, 1)
    await reactions.react(bot.member_id, 1)
    await Erasure(bot.pool).erase(17)
    await bot.pool.execute("delete from downloads")
    await reactions.react(bot.member_id, 1)
    assert reactions.in_channel() == []
    assert (len(reactions.sent_to(ada)), len(reactions.sent_to(bot.member_id))) == (0, 1)


async def several(bot: Connected, bucket: Bucket, **changes: Any) -> list[Picture]:
    """An order of four of which three are there, shown by the message 9."""
    await forget_orders(bot.pool)
    order = (await waiting(bot.pool, member_id=int(bot.member_id), count=4, **changes)).order
    jobs = await worker(bot.pool).claim(4)
    pictures = [await finish(bot.pool, job) for job in jobs[:3]]
    for picture in pictures:
        await bucket.put_original(picture, b"picture %d" % picture.number)
    await bot.pool.execute("update replies set message_id = 9 where order_id = $1", order.id)
    return pictures


def file_names(messages: list[Message]) -> list[str]:
    return [attachment.filename for message in messages for attachment in message.attachments]


async def test_all_that_an_order_shows_is_sent_each_in_a_message_of_its_own(
    bot: Connected, reactions: Reactions, bucket: Bucket
) -> None:
    pictures = await several(bot, bucket)
    await Erasure(bot.pool).erase(pictures[1].id)
    await reactions.react(bot.member_id, 9)
    wanted = [file_name(picture) for picture in (pictures[0], pictures[2])]
    assert file_names(reactions.sent_to(bot.member_id)) == wanted
    assert len(reactions.sent_to(bot.member_id)) == 2
    # Each is known where it went, and goes with its picture.
    rows = await bot.pool.fetch("select picture_ids from copies order by message_id")
    assert [row["picture_ids"] for row in rows] == [[pictures[0].id], [pictures[2].id]]
    # Whoever asks again is sent what came meanwhile.
    (last,) = (await stored(bot.pool, pictures[0].order.id)).progress.in_state(State.RUNNING)
    picture = await finish(bot.pool, last)
    await bucket.put_original(picture, b"the last one")
    await reactions.react(bot.member_id, 9)
    assert file_names(reactions.sent_to(bot.member_id)) == [*wanted, file_name(picture)]


async def test_none_of_a_private_order_is_sent_to_another_and_each_of_a_covered_one_is_covered(
    bot: Connected, reactions: Reactions, bucket: Bucket
) -> None:
    ada = next(user.id for user in reactions.world.users.values() if user.global_name == "Ada")
    await several(bot, bucket, private=True, spoiler=True)
    await reactions.react(ada, 9)
    await reactions.react(bot.member_id, 9)
    assert reactions.sent_to(ada) == []
    sent = reactions.sent_to(bot.member_id)
    shown = [one for message in sent for one in pictures_of({"components": message.components})]
    assert [one["spoiler"] for one in shown] == [True] * 3


async def test_where_one_does_not_arrive_the_others_are_not_tried_and_can_be_asked_for(
    bot: Connected, reactions: Reactions, bucket: Bucket
) -> None:
    await several(bot, bucket)
    await reactions.fail(bot.member_id, 403, 50007)
    await reactions.react(bot.member_id, 9)
    assert reactions.sent_to(bot.member_id) == []
    assert len(reactions.in_channel()) == 1
    await reactions.react(bot.member_id, 9)
    assert len(file_names(reactions.sent_to(bot.member_id))) == 3


async def test_what_has_expired_is_said_once_and_what_has_not_is_sent(
    bot: Connected, reactions: Reactions, bucket: Bucket
) -> None:
    pictures = await several(bot, bucket)
    await bot.pool.execute("update pictures set expired_at = now() where id <> $1", pictures[2].id)
    await reactions.react(bot.member_id, 9)
    assert file_names(reactions.sent_to(bot.member_id)) == [file_name(pictures[2])]
    await bot.pool.execute("update pictures set expired_at = now(); delete from downloads")
    await reactions.react(bot.member_id, 9)
    _file, said = reactions.sent_to(bot.member_id)
    assert "has expired" in read(said)


async def test_no_bot_is_sent_anything(bot: Connected, reactions: Reactions) -> None:
    calls = len(bot.exchanges)
    await reactions.react(bot.member_id, 1, is_bot=True)
    assert bot.exchanges[calls:] == []
