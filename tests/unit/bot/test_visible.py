"""Who sees which picture where, by what discord.py knows of the server; pairs of channels tried one by one."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.rights.audience import may_all_read, reading
from bot.rights.visibility import (
    may_be_shown_to_all,
    may_see,
    may_write,
    parent_channel_id,
    rights_where_made,
    seen_channel_ids,
)
from core.orders import Order
from tests.jobs import order
from tests.unit.bot.members import (
    ADA,
    AFTER_DARK,
    BEN,
    BOT,
    CLEO,
    CORNER,
    GONE,
    GUILD,
    LATE,
    NO_PAST,
    PAINTINGS,
    SKETCHES,
    STAFF,
    STAFF_TALK,
    STAFF_TOO,
    VOICE,
    WHISPERS,
    House,
    guild,
)

PARENTS = {SKETCHES: PAINTINGS, WHISPERS: None, STAFF_TALK: STAFF}
P = discord.Permissions


def made(at: int, **changes: Any) -> Order:
    return order(**{"member_id": ADA, "channel_id": at, "parent_channel_id": PARENTS.get(at), **changes})


PLACES = (PAINTINGS, STAFF, AFTER_DARK, CORNER, NO_PAST, VOICE, SKETCHES, WHISPERS, STAFF_TALK, GONE)


@pytest.mark.parametrize(
    ("by", "at", "seen"),
    [
        (BEN, PAINTINGS, {PAINTINGS, CORNER, SKETCHES}),
        (CLEO, PAINTINGS, {PAINTINGS, CORNER, SKETCHES, STAFF, STAFF_TALK}),
        (BEN, AFTER_DARK, {PAINTINGS, CORNER, SKETCHES, AFTER_DARK}),
        (BEN, LATE, {PAINTINGS, CORNER, SKETCHES, AFTER_DARK}),
        (BEN, WHISPERS, {PAINTINGS, CORNER, SKETCHES, WHISPERS}),
        (BEN, NO_PAST, {PAINTINGS, CORNER, SKETCHES, NO_PAST}),
        (ADA, PAINTINGS, set(PLACES)),
    ],
)
def test_a_picture_is_seen_by_who_could_see_it_where_it_was_made(by: int, at: int, seen: set[int]) -> None:
    pressed = House().press(by, at)
    assert {place for place in PLACES if may_see(pressed, made(place))} == seen


def test_one_whose_thread_is_gone_is_seen_where_its_channel_is_and_no_private_one_is() -> None:
    pressed = House().press(BEN, CORNER)
    assert may_see(pressed, made(GONE, parent_channel_id=PAINTINGS))
    assert not may_see(pressed, made(GONE, parent_channel_id=STAFF))
    assert not may_see(pressed, made(GONE, parent_channel_id=None))


def test_what_is_private_or_of_another_server_is_for_its_member_alone() -> None:
    house = House()
    for of in (made(PAINTINGS, private=True), made(PAINTINGS, guild_id=5), made(PAINTINGS, guild_id=None)):
        assert not may_see(house.press(BEN), of)
        assert not may_see(house.press(BEN, guild_id=None), of)
        assert may_see(house.press(ADA, CORNER), of)
        assert may_see(house.press(ADA, guild_id=None), of)
    assert not may_see(house.press(BEN, guild_id=5), made(PAINTINGS))
    # Of a server that has the commands and not the bot nothing is known but where the member is.
    nowhere = house.press(BEN, CORNER, guild=None)
    assert not may_see(nowhere, made(PAINTINGS))
    assert may_see(nowhere, made(CORNER))
    # And so it is with who is not known to be a member.
    assert not may_see(house.press(BEN, CORNER, user=SimpleNamespace(id=BEN)), made(PAINTINGS))


@pytest.mark.parametrize(
    ("by", "at", "seen"),
    [
        (BEN, PAINTINGS, [PAINTINGS, CORNER, SKETCHES, PAINTINGS]),
        (BEN, NO_PAST, [PAINTINGS, CORNER, SKETCHES]),
        (BEN, WHISPERS, [PAINTINGS, CORNER, SKETCHES, WHISPERS]),
        (BEN, LATE, [PAINTINGS, AFTER_DARK, CORNER, LATE, SKETCHES, LATE]),
        (CLEO, PAINTINGS, [PAINTINGS, STAFF, CORNER, STAFF_TOO, SKETCHES, STAFF_TALK, PAINTINGS]),
    ],
)
def test_a_gallery_is_of_the_channels_that_are_seen(by: int, at: int, seen: list[int]) -> None:
    house = House()
    assert sorted(seen_channel_ids(house.press(by, at))) == sorted(seen)
    assert seen_channel_ids(house.press(by, guild_id=None)) == []
    assert seen_channel_ids(house.press(by, guild=None)) == []
    assert at not in seen_channel_ids(house.press(by, None))[-1:]


def test_rights_are_those_where_it_was_made() -> None:
    house = House()

    def manages(by: int, at: int, of: Order, **more: Any) -> bool:
        return rights_where_made(house.press(by, at, **more), of).manage_messages

    assert manages(BEN, PAINTINGS, made(CORNER))
    assert manages(BEN, CORNER, made(CORNER))
    assert not manages(BEN, CORNER, made(PAINTINGS))
    assert not manages(BEN, CORNER, made(SKETCHES))
    assert not manages(BEN, CORNER, made(GONE))
    assert not manages(BEN, CORNER, made(CORNER, guild_id=5))
    assert not manages(BEN, CORNER, made(CORNER), guild_id=5)
    assert not manages(BEN, CORNER, made(CORNER, guild_id=None), guild_id=None)
    assert not manages(BEN, PAINTINGS, made(CORNER), user=SimpleNamespace(id=BEN))
    assert not manages(BEN, PAINTINGS, made(CORNER), guild=None)
    # In that very channel Discord says with the press what the member may do.
    assert manages(BEN, PAINTINGS, made(PAINTINGS), permissions=P(manage_messages=True))
    assert not manages(BEN, PAINTINGS, made(SKETCHES), permissions=P(manage_messages=True))


@pytest.mark.parametrize(
    ("there", "here", "shown"),
    [
        (PAINTINGS, PAINTINGS, True),
        (PAINTINGS, CORNER, True),
        (PAINTINGS, SKETCHES, True),
        (SKETCHES, PAINTINGS, True),
        (SKETCHES, CORNER, True),
        (PAINTINGS, STAFF, True),
        (STAFF, PAINTINGS, False),
        (STAFF, STAFF_TOO, True),
        (STAFF, STAFF_TALK, True),
        (STAFF_TALK, STAFF, True),
        (STAFF_TALK, PAINTINGS, False),
        (WHISPERS, WHISPERS, True),
        (WHISPERS, PAINTINGS, False),
        (PAINTINGS, WHISPERS, True),
        (NO_PAST, PAINTINGS, False),
        (PAINTINGS, NO_PAST, True),
        (VOICE, PAINTINGS, False),
        (AFTER_DARK, AFTER_DARK, True),
        (AFTER_DARK, PAINTINGS, False),
        (AFTER_DARK, LATE, True),
        (PAINTINGS, LATE, True),
        (GONE, PAINTINGS, False),
    ],
)
def test_it_is_shown_to_all_where_all_of_them_see_it_anyway(there: int, here: int, shown: bool) -> None:
    house = House()
    assert may_be_shown_to_all(house.press(ADA, here), made(there)) is shown
    assert not may_be_shown_to_all(house.press(ADA, here), made(there, private=True))
    if there != here:
        assert not may_be_shown_to_all(house.press(ADA, here), made(there, guild_id=5))
        assert not may_be_shown_to_all(house.press(ADA, here, guild=None), made(there))
        assert not may_be_shown_to_all(house.press(ADA, here, channel=None), made(there))


def test_in_direct_messages_ones_own_is_shown() -> None:
    house = House()
    at_home = house.press(ADA, guild_id=None)
    assert may_be_shown_to_all(at_home, made(PAINTINGS))
    assert not may_be_shown_to_all(at_home, made(PAINTINGS, private=True))
    assert not may_be_shown_to_all(house.press(BEN, guild_id=None), made(PAINTINGS))


@pytest.mark.parametrize("known", [ADA, 1, BOT])
def test_of_those_who_see_all_or_made_it_it_is_not_asked(known: int) -> None:
    only = {STAFF_TOO: [(GUILD, 0, P(), P(view_channel=True)), (known, 1, P(view_channel=True), P())]}
    house = House(server=guild(changed={**only, STAFF: [(GUILD, 0, P(), P(view_channel=True))]}))
    assert may_be_shown_to_all(house.press(ADA, STAFF_TOO), made(STAFF))
    only[STAFF_TOO][1] = (BEN, 1, P(view_channel=True), P())
    house = House(server=guild(changed={**only, STAFF: [(GUILD, 0, P(), P(view_channel=True))]}))
    assert not may_be_shown_to_all(house.press(ADA, STAFF_TOO), made(STAFF))


def test_where_too_many_would_have_to_be_asked_the_answer_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    server = guild()
    there, here = server.get_channel(STAFF), server.get_channel(STAFF_TOO)
    # One member of whom nothing is known, with no role and with the one that counts.
    monkeypatch.setattr("bot.rights.audience.COMBINATIONS_MAX", 2)
    assert may_all_read(there, here)
    monkeypatch.setattr("bot.rights.audience.COMBINATIONS_MAX", 1)
    assert not may_all_read(there, here)


def test_to_read_a_voice_channel_takes_the_right_to_join_it() -> None:
    server = guild()
    assert reading(server.get_channel(VOICE)) == P(view_channel=True, read_message_history=True, connect=True)
    assert reading(server.get_channel(PAINTINGS)) == P(view_channel=True, read_message_history=True)


def test_who_may_write() -> None:
    house, threads, plain = House(), P(send_messages_in_threads=True), P(send_messages=True)
    for at, permissions, may in (
        (PAINTINGS, plain, True),
        (PAINTINGS, threads, False),
        (SKETCHES, threads, True),
        (SKETCHES, plain, False),
    ):
        assert may_write(house.press(BEN, at, permissions=permissions)) is may
    assert may_write(house.press(BEN, guild_id=None, permissions=P()))


def test_of_a_public_thread_alone_its_channel_is_written_down() -> None:
    house = House()
    found = [parent_channel_id(house.press(ADA, at)) for at in (PAINTINGS, SKETCHES, WHISPERS, STAFF_TALK)]
    assert found == [None, PAINTINGS, None, STAFF]
