"""Who is sent what for a reaction, and what is said where it does not arrive."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.held_bytes import HELD_BYTES_MAX, HeldBytes
from bot.messages.content import LINK_URL_LENGTH_MAX
from bot.messages.words import Languages
from bot.replies.reaction_downloads import CROWD, FILE_BYTES_MAX, ReactionDownloads
from core.errors import BucketUnavailable
from core.orders import Picture
from core.rules import Server, ServerRules, Wishes
from tests.conditions import until
from tests.jobs import NOW, order, picture
from tests.unit.bot.edge import BOT_ID, Edge, refusal

MINE, THEIRS = 10, 11
CLOSED = refusal(403, 50007)


class House:
    """The tables and the store, in front of a Discord that keeps what it is asked."""

    def __init__(self, *pictures: Picture) -> None:
        self.edge = Edge()
        self.pictures = list(pictures) or [picture()]
        self.begun: list[tuple[int, int]] = []
        self.taken_back: list[tuple[int, int]] = []
        self.recorded: list[tuple[Any, ...]] = []
        self.sent_lately: set[int] = set()
        self.url: str | None = "https://b.example/full"
        self.is_away = False
        self.go = asyncio.Event()
        self.go.set()
        self.postgres: list[Exception] = []
        self.rules = ServerRules()
        servers = SimpleNamespace(of=lambda _id: Server(20, rules=self.rules))
        members = SimpleNamespace(known=lambda _id: SimpleNamespace(wishes=Wishes()))
        self.held_bytes = HeldBytes()
        services = SimpleNamespace(
            pictures=self,
            downloads=self,
            copies=self,
            picture_store=self,
            languages=Languages(),
            held_bytes=self.held_bytes,
            rules=SimpleNamespace(servers=servers, members=members),
        )
        client, given = cast("tuple[Any, Any]", (self.edge, services))
        self.downloads = ReactionDownloads(client, given, ("📥", "❤️"))

    async def by_message(self, message_id: int) -> list[Picture]:
        if self.postgres:
            raise self.postgres.pop()
        return self.pictures if message_id == 5 else [picture(of=order(id=message_id))]

    async def begin(self, member_id: int, picture_id: int) -> bool:
        self.begun.append((member_id, picture_id))
        return picture_id not in self.sent_lately

    async def take_back(self, member_id: int, picture_id: int) -> None:
        self.taken_back.append((member_id, picture_id))

    async def record(self, message_id: int, channel_id: int, **of: Any) -> None:
        self.recorded.append((message_id, channel_id, of))

    async def original(self, of: Picture) -> bytes:
        await self.go.wait()
        if self.is_away:
            raise BucketUnavailable("away")
        return b"original %d" % of.number

    async def preview(self, of: Picture) -> bytes:
        if self.is_away:
            raise BucketUnavailable("away")
        return b"preview %d" % of.number

    def link(self, of: Picture, *, download: bool) -> str | None:
        assert download
        return self.url and f"{self.url}/{of.number}"

    async def react(self, by: int = MINE, emoji: str = "📥", message_id: int = 5, **of: Any) -> None:
        payload = SimpleNamespace(
            user_id=by,
            message_id=message_id,
            channel_id=30,
            guild_id=20,
            emoji=SimpleNamespace(name=emoji),
            member=of.get("member"),
        )
        await self.downloads.on_reaction(cast("discord.RawReactionActionEvent", payload))

    def sent(self, name: str = "direct") -> list[tuple[int, str, list[bytes]]]:
        """To which channels, what is to be read, and the files."""
        return [
            (channel_id, said(how["view"]), [file.fp.read() for file in how["files"]])
            for one, channel_id, _id, how in self.edge.calls
            if one == name
        ]


def said(view: Any) -> str:
    return str(view.to_components())


def files_of(house: House) -> list[list[bytes]]:
    return [files for _channel, _said, files in house.sent()]


async def test_whoever_reacts_is_sent_the_file_and_the_link_to_it() -> None:
    house = House(replace(picture(), width=1280))
    await house.react(THEIRS)
    ((channel_id, text, files),) = house.sent()
    assert (channel_id, files) == (1011, [b"original 1"])
    for word in ("Here is your picture", "a red fox in the snow", "1280 × 480", "https://b.example/full/1"):
        assert word in text
    assert house.recorded == [
        (502, 1011, {"member_id": THEIRS, "picture_ids": [17], "stays_seconds": None, "is_download": True})
    ]
    assert house.taken_back == []


@pytest.mark.parametrize("spoiler", [True, False])
async def test_a_spoiler_is_covered_there_too(spoiler: bool) -> None:
    house = House(picture(of=order(spoiler=spoiler)))
    await house.react()
    ((_channel, text, _files),) = house.sent()
    assert f"'spoiler': {spoiler}" in text


async def test_each_picture_of_an_order_is_sent_with_its_own_file() -> None:
    house = House(*(picture(number, of=order(count=3)) for number in (1, 2, 3)))
    await house.react()
    assert files_of(house) == [[b"original 1"], [b"original 2"], [b"original 3"]]
    assert [f"full/{number}" in house.sent()[number - 1][1] for number in (1, 2, 3)] == [True] * 3


async def test_one_that_was_sent_a_minute_ago_is_left_out_and_the_others_come() -> None:
    house = House(picture(1), picture(2))
    house.sent_lately = {17}
    await house.react()
    assert files_of(house) == [[b"original 2"]]


@pytest.mark.parametrize("emoji", ["📥", "❤", "❤️"])
async def test_what_counts_is_told_with_and_without_its_selector(emoji: str) -> None:
    house = House()
    await house.react(emoji=emoji)
    assert len(house.sent()) == 1


@pytest.mark.parametrize(("emoji", "sent"), [("⬆", 1), ("⬆️", 1), ("📥", 1), ("🎉", 0)])
async def test_a_servers_own_counts_and_the_one_under_its_older_pictures(emoji: str, sent: int) -> None:
    house = House()
    house.rules = ServerRules(reaction="⬆️")
    await house.react(emoji=emoji)
    assert len(house.sent()) == sent


async def test_other_reactions_and_those_of_bots_count_for_nothing() -> None:
    house = House()
    await house.react(emoji="👍")
    await house.react(BOT_ID)
    await house.react(member=SimpleNamespace(bot=True))
    assert house.edge.calls == []
    house.edge.bots = {THEIRS}
    await house.react(THEIRS)
    assert house.sent() == []
    await house.react(member=SimpleNamespace(bot=False))
    assert len(house.sent()) == 1


async def test_a_private_picture_is_for_its_member_alone() -> None:
    house = House(picture(of=order(private=True)))
    await house.react(THEIRS)
    assert (house.edge.calls, house.begun) == ([], [])
    await house.react(MINE)
    assert [channel_id for channel_id, *_ in house.sent()] == [1010]


async def test_what_has_expired_is_told_of_once_and_only_where_nothing_else_comes() -> None:
    old = [picture(number, expired_at=NOW) for number in (1, 2)]
    house = House(*old)
    await house.react()
    ((_channel, text, files),) = house.sent()
    assert ("has expired" in text, files, house.recorded) == (True, [], [])
    house = House(*old, picture(3))
    await house.react()
    assert files_of(house) == [[b"original 3"]]


async def test_its_own_member_reads_it_in_their_language_and_others_in_english() -> None:
    house = House(picture(of=order(locale="de")))
    await house.react(THEIRS)
    await house.react(MINE)
    theirs, mine = (text for _channel, text, _files in house.sent())
    assert "Here is your picture" in theirs
    assert "Here is your picture" not in mine


async def test_while_the_bucket_is_away_it_is_said_and_can_be_asked_for_again() -> None:
    house = House(picture(1), picture(2))
    house.is_away = True
    await house.react()
    ((_channel, text, files),) = house.sent()
    assert ("cannot be reached" in text, files) == (True, [])
    assert (house.taken_back, house.recorded) == ([(MINE, 17)], [])


async def test_the_picture_is_seen_in_the_message_also_where_it_is_too_large_to_go_with_it() -> None:
    house = House(picture(1, bytes=FILE_BYTES_MAX), picture(2, bytes=FILE_BYTES_MAX + 1))
    await house.react()
    assert files_of(house) == [[b"original 1"], [b"preview 2"]]
    (_, original, _), (_, preview, _) = house.sent()
    shown = "'items': [{'media': {'url': 'attachment://{}'}"
    assert shown.replace("{}", "a-red-fox-in-the-snow-17.png") in original
    assert shown.replace("{}", "preview.webp") in preview
    assert "full/2" in preview
    house.is_away = True
    house.pictures = house.pictures[1:]
    await house.react(THEIRS)
    assert files_of(house)[2:] == [[]]
    assert "full/2" in house.sent()[2][1]


async def test_no_more_is_held_in_memory_than_may_be() -> None:
    house = House(picture(1, bytes=FILE_BYTES_MAX))
    house.go.clear()
    at_once = [asyncio.create_task(house.react(member_id)) for member_id in range(100, 104)]

    async def held() -> int:
        return len(house.edge.calls)

    # Four are served; the store keeps two of them, and the others have the small one by then.
    await until(held, lambda count: count == 6)
    assert house.held_bytes.held == HELD_BYTES_MAX
    assert files_of(house) == [[b"preview 1"]] * 2
    house.go.set()
    await asyncio.gather(*at_once)
    # What was read above is read.
    assert sorted(files_of(house)) == [[b""]] * 2 + [[b"original 1"]] * 2
    assert house.held_bytes.held == 0


@pytest.mark.parametrize(("waiting", "links"), [(CROWD, 0), (CROWD + 1, 1)])
async def test_where_many_wait_links_go_alone(waiting: int, links: int) -> None:
    house = House(picture(1, bytes=10))
    house.downloads._line.length = waiting
    await house.react()
    assert files_of(house).count([b"preview 1"]) == links


async def _value(value: int) -> int:
    return value


async def test_the_same_reaction_twice_is_served_once() -> None:
    house = House()
    house.go.clear()
    both = [asyncio.create_task(house.react()) for _ in range(2)]
    await until(lambda: _value(len(house.begun)), bool)
    house.go.set()
    await asyncio.gather(*both)
    assert len(house.sent()) == 1
    await house.react()
    assert len(house.sent()) == 2


@pytest.mark.parametrize(
    ("error", "with_file", "with_link"),
    [(refusal(413, 40005), False, True), (refusal(400, 240000), True, False)],
)
async def test_what_discord_does_not_take_is_left_out(
    error: Exception, with_file: bool, with_link: bool
) -> None:
    house = House()
    house.edge.faults["direct"] = [error]
    await house.react()
    first, second = (how for name, *_, how in house.edge.calls if name == "direct")
    assert [file.filename for file in first["files"]] == [
        file.filename for file in second["files"] or first["files"]
    ]
    assert bool(second["files"]) is with_file
    assert ("Download" in said(second["view"])) is with_link
    assert ("attachment://" in said(second["view"])) is with_file
    assert (house.taken_back, house.sent("post")) == ([], [])


@pytest.mark.parametrize(
    ("error", "words", "tries"),
    [
        (CLOSED, "your direct messages are closed", 1),
        (refusal(403, 50278), "your direct messages are closed", 1),
        (refusal(503, 0), "could not be sent", 1),
        (ConnectionError(), "could not be sent", 1),
    ],
)
async def test_who_cannot_be_reached_is_told_below_the_picture(
    error: Exception, words: str, tries: int
) -> None:
    house = House(picture(1), picture(2))
    house.edge.faults["direct"] = [error]
    await house.react(THEIRS)
    assert len(house.sent()) == tries
    ((name, channel_id, _id, how),) = [call for call in house.edge.calls if call[0] == "post"]
    text = said(how["view"])
    assert words in text
    assert f"<@{THEIRS}>" in text
    assert (name, channel_id, how["reference"], how["guild_id"]) == ("post", 30, (5, False), 20)
    assert house.taken_back == [(THEIRS, 17)]
    ((_message, at, of),) = house.recorded
    assert (at, of["picture_ids"], of["stays_seconds"], of["is_download"]) == (30, [], 30.0, False)


async def test_who_fails_often_is_told_once_and_each_member_by_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = 1000.0
    monkeypatch.setattr("bot.replies.reaction_downloads.time.monotonic", lambda: clock)
    house = House()
    house.edge.faults["direct"] = [CLOSED] * 5
    await house.react(MINE)
    await house.react(MINE)
    await house.react(THEIRS)
    assert len(house.sent("post")) == 2
    clock += 31
    await house.react(MINE)
    assert len(house.sent("post")) == 3
    assert len(house.downloads._told_until) == 1


async def test_where_nothing_can_be_referred_to_it_is_said_alone() -> None:
    house = House()
    house.edge.faults["direct"], house.edge.faults["post"] = [CLOSED], [refusal(400, 160002)]
    await house.react()
    first, second = (how for name, *_, how in house.edge.calls if name == "post")
    assert ("reference" in first, "reference" in second) == (True, False)
    assert len(house.recorded) == 1


async def test_who_cannot_be_told_at_all_is_no_fault() -> None:
    house = House()
    house.edge.faults["direct"], house.edge.faults["post"] = [CLOSED], [refusal(503, 0)]
    await house.react()
    assert (len(house.sent("post")), house.recorded) == (1, [])


async def test_a_link_that_is_too_long_for_a_button_and_one_that_is_not_there_yet_are_words() -> None:
    house = House()
    house.url = "https://b.example/".ljust(LINK_URL_LENGTH_MAX - 2, "x")
    await house.react()
    house.url += "x"
    await house.react()
    house.url = None
    await house.react()
    button, text, nothing = (one for _channel, one, _files in house.sent())
    assert "'label': 'Download'" in button
    assert ("'url': 'https" in button, "[Download](" in button) == (True, False)
    assert ("'url': 'https" in text, "[Download](" in text) == (False, True)
    assert "appears under the picture shortly" in nothing


async def test_postgres_being_away_ends_no_more_than_this_reaction() -> None:
    house = House()
    house.postgres = [ConnectionError()]
    await house.react()
    await house.react()
    assert len(house.sent()) == 1


async def test_who_was_left_out_is_told_after_the_last_that_was_in_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.replies.reaction_downloads.WAITING_MAX", 1)
    house = House()
    house.go.clear()
    all_ = [asyncio.create_task(house.react(message_id=5 + number)) for number in range(3)]
    await until(lambda: _value(len(house.downloads._left_out)), bool)
    house.go.set()
    await asyncio.gather(*all_)
    texts = [text for _channel, text, _files in house.sent()]
    assert ["more pictures than fit" in text for text in texts] == [False, True, False]
    assert house.downloads._left_out == set()


async def test_a_message_whose_place_is_not_known_is_sent_and_not_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.sending.is_taken", lambda _error: True)
    house = House()
    house.edge.faults["direct"] = [KeyError("id"), KeyError("id")]
    await house.react()
    nonces = [how["nonce"] for name, *_, how in house.edge.calls if name == "direct"]
    assert (len(nonces), len(set(nonces)), len(nonces[0])) == (2, 1, 24)
    assert (house.recorded, house.taken_back) == ([], [])
