"""A picture that was reported: its message in the server's channel for that, the queue, and what is decided."""

import asyncio

import pytest

from bot.controls.buttons import Action
from db.reports import OPEN_OF_MEMBER_MAX, Decision
from sandbox.discord.interactions import COMPONENT
from sandbox.discord.rules.permissions import Permission as P
from sandbox.discord.state import Overwrite
from tests.integration.bot.test_reactions import has_file, read
from tests.member import fault
from tests.places import NOT_THERE, Place
from tests.reporting import LOG, Reports

NO_MODERATOR = "Only who manages messages in this server"
QUICKER = "Somebody was quicker"


async def test_a_report_is_shown_once_without_who_made_it(reports: Reports, place: Place) -> None:
    picture = await place.paint(place.cleo, "paintings", "a rude fox")
    assert "Report" in await place.press(Action.MORE, picture, place.ben, "paintings")
    assert "Thank you" in await reports.report(picture, "It is **rude**.\0")
    assert "reported already" in await reports.report(picture, by=place.ada)
    for _ in range(2):
        (message,) = await reports.shown()
    said = read(message)
    assert "a rude fox" in said
    assert r"It is \*\*rude\*\*\." in said
    assert f"<@{place.cleo}> in <#{picture.order.channel_id}>" in said
    assert place.ben not in said
    assert message.mention_ids == []
    media = message.components[0]["components"][0]["items"][0]
    assert media["spoiler"] is True
    assert media["description"] == "a rude fox (made by AI)"
    assert has_file(message)
    assert read(message).count("Block") == 2


async def test_one_s_own_and_private_pictures_are_not_reported(reports: Reports, place: Place) -> None:
    own = await place.paint(place.ben, "paintings", "a fox")
    private = await place.paint(place.cleo, "paintings", "a fox", private=True)
    assert "'label': 'Report'" not in await place.press(Action.MORE, own, place.ben, "paintings")
    for picture, why in ((own, "cannot be reported"), (private, NOT_THERE)):
        assert why in await place.press(Action.REPORT, picture, place.ben, "paintings")
        assert why in await reports.submit(picture, "", place.ben)
    elsewhere = await place.paint(place.ada, "attic", "a fox")
    assert NOT_THERE in await reports.submit(elsewhere, "", place.ben)
    assert await reports.shown() == []


@pytest.mark.parametrize("control", ["keep", "delete", "block-day", "block"])
async def test_what_is_decided_is_done_and_shown(reports: Reports, place: Place, control: str) -> None:
    picture = await place.paint(place.cleo, "paintings", "a rude fox")
    await reports.report(picture, "No.")
    await reports.shown()
    await reports.press(f"{control}:{await reports.newest()}")
    (message,) = await reports.shown()
    said = read(message)
    assert f"Decided by <@{place.ada}>" in said
    assert "Block for a day" not in said
    assert message.mention_ids == []
    is_kept = control == "keep"
    assert has_file(message) is ("a rude fox" in said) is await reports.is_there(picture) is is_kept
    blocks = await reports.pool.fetch("select member_id, until - now() < '25 hours' as is_short from blocks")
    expected = {"block-day": [(int(place.cleo), True)], "block": [(int(place.cleo), None)]}
    assert [tuple(row) for row in blocks] == expected.get(control, [])
    if "block" in control:
        press = f"lift:{await reports.newest()}"
        assert NO_MODERATOR in await reports.press(press, place.ben)
        assert "is not blocked in this server any more" in await reports.press(press)
        assert "is not blocked in this server." in await reports.press(press)
    # And by whoever comes later, whatever it is.
    for other in ("keep", "block"):
        assert QUICKER in await reports.press(f"{other}:{await reports.newest()}")
    row = await reports.pool.fetchrow("select reason, decided_by from reports")
    assert row is not None
    assert tuple(row) == ("No." if is_kept else "", int(place.ada))


async def test_rights_are_asked_at_each_press(reports: Reports, place: Place) -> None:
    picture = await place.paint(place.cleo, "paintings", "a fox")
    await reports.report(picture)
    press = f"delete:{await reports.newest()}"
    assert NO_MODERATOR in await reports.press(press, place.ben)
    assert NO_MODERATOR in await reports.press("queue:0", place.ben)
    # To manage messages in a channel of one's own is not enough; in the one for reports it is.
    assert NO_MODERATOR in await reports.press(press, place.ben, "corner")
    forged = ("delete:0", "keep:-1", "block:x", "block-day:9223372036854775807", "keep", "burn:1")
    for control in forged:
        assert (
            "There is no such report" in (said := await reports.press(control)) or "another version" in said
        )
    assert await reports.is_there(picture)
    await place.changed(LOG, Overwrite(place.ben, 1, allow=P.MANAGE_MESSAGES))
    await reports.press(press, place.ben)
    assert not await reports.is_there(picture)


async def test_of_another_server_nothing_is_decided(reports: Reports, place: Place) -> None:
    picture = await place.paint(place.cleo, "paintings", "a fox")
    await reports.report(picture)
    attic = place.world.bot_guild(place.channel("attic").guild_id or "")
    assert attic is not None
    attic.owner_id = place.ada
    said = await reports.press(f"delete:{await reports.newest()}", place.ada, "attic")
    assert "There is no such report" in said
    assert await reports.is_there(picture)


async def test_of_two_who_decide_at_once_one_does(reports: Reports, place: Place) -> None:
    picture = await place.paint(place.cleo, "paintings", "a fox")
    await reports.report(picture)
    services = place.bot.client.services
    found = await services.reports.find(await reports.newest(), int(place.world.guild.id))
    assert found is not None
    decided = await asyncio.gather(
        *(services.reports.decide(found, one, by=number) for number, one in enumerate(Decision)),
        services.erasure.erase(picture.id),
        return_exceptions=True,
    )
    assert [one for one in decided if isinstance(one, AssertionError)] == []
    firsts = [one for one in decided[:-1] if one is True]
    assert len(firsts) <= 1
    assert len(firsts) == 1 or decided[-1] is None


async def test_with_a_picture_goes_what_its_report_shows(reports: Reports, place: Place) -> None:
    """By whatever way, decided or not; and what was not shown yet is not shown."""
    pictures = [await place.paint(place.cleo, "paintings", "a rude fox") for _ in range(3)]
    for picture in pictures[:2]:
        await reports.report(picture, "No.")
    assert len(await reports.shown()) == 2
    await reports.press(f"keep:{await reports.newest()}")
    await reports.report(pictures[2], "No.")
    for picture in pictures:
        await place.press(Action.ERASE, picture, place.cleo, "paintings")
    shown = await reports.shown()
    assert len(shown) == 2
    for message in shown:
        assert not has_file(message)
        assert "rude" not in read(message)
        assert r"No\." not in read(message)
    assert "nothing to decide" in read(shown[0])
    assert f"The picture stays. Decided by <@{place.ada}>.\n-# By now it is not there any more." in read(
        shown[1]
    )
    assert (
        await reports.pool.fetchval("select count(*) from reports where reason <> '' or decision is null")
        == 0
    )
    assert "no open reports" in await reports.press("queue:0")


async def test_what_cannot_be_shown_waits_in_the_queue(reports: Reports, place: Place) -> None:
    came = place.bot.client.wait_for("guild_channel_delete", timeout=10)
    doomed = place.channel("doomed")
    await reports.log_to(doomed)
    place.bot.server.owner.remove_channel(doomed)
    await came
    first = await place.paint(place.cleo, "paintings", "a rude fox")
    second = await place.paint(place.cleo, "paintings", "a rude owl")
    await reports.report(first)
    await reports.report(second)
    await reports.messages.show_due()
    queue = await reports.press("queue:0")
    assert "a rude fox" in queue
    assert "a rude owl" not in queue
    assert f"not in <#{doomed.id}>" in queue
    ids = [row["id"] for row in await reports.pool.fetch("select id from reports order by id")]
    assert f"report:queue:{ids[1]}" in queue
    onward = await reports.press(f"queue:{ids[1]}")
    assert "a rude owl" in onward
    assert f"report:queue:{ids[0]}" in onward
    await reports.log_to(None)
    assert "has no channel for reports" in await reports.press("queue:0")

    await fault(place.bot.server.url, "rest", status=503, body="html", method="POST", path="/messages")
    await reports.log_to(place.channel(LOG))
    for _ in range(2):
        await reports.later()
        shown = await reports.shown()
    # In whichever order.
    assert sorted(("fox" in read(one), "owl" in read(one)) for one in shown) == [(False, True), (True, False)]


async def test_a_message_that_moderators_removed_stops_nobody(reports: Reports, place: Place) -> None:
    picture = await place.paint(place.cleo, "paintings", "a fox")
    await reports.report(picture)
    (message,) = await reports.shown()
    place.world.messages[message.channel_id].pop(message.id)
    await place.press(Action.ERASE, picture, place.cleo, "paintings")
    assert await reports.shown() == []
    assert await reports.pool.fetchval("select count(*) from reports where tell_at is not null") == 0


async def test_a_message_that_was_not_recorded_is_found_by_a_press_on_it(
    reports: Reports, place: Place
) -> None:
    """The bot died, and the picture was deleted, before it was."""
    picture = await place.paint(place.cleo, "paintings", "a fox")
    await reports.report(picture)
    await reports.shown()
    await reports.pool.execute("update reports set message_id = null, channel_id = null")
    await place.press(Action.ERASE, picture, place.cleo, "paintings")
    assert QUICKER in await reports.press(f"keep:{await reports.newest()}")
    row = await reports.pool.fetchrow("select channel_id, message_id, tell_at from reports")
    assert row is not None
    assert (row["channel_id"], row["tell_at"]) == (int(place.channel(LOG).id), None)
    pressed = place.world.message(place.channel(LOG).id, str(row["message_id"]))
    assert pressed is not None
    assert "nothing to decide" in read(pressed)


async def test_a_block_is_lifted_by_those_who_could_set_it(reports: Reports, place: Place) -> None:
    guild_id = int(place.world.guild.id)
    for blocked, where in ((place.cleo, guild_id), (place.ben, 0)):
        await place.bot.client.services.blocks.block(int(blocked), where, by=int(place.ada), reason="rude")
    listed = await reports.press("blocked")
    assert f"1. <@{place.cleo}>: for good, by <@{place.ada}>. (rude)" in listed
    assert place.ben not in listed
    assert NO_MODERATOR in await reports.press("blocked", place.ben)
    for member_id, by, answer in (
        (place.cleo, place.ben, NO_MODERATOR),
        # Of the bot's owner's, and of nobody's, nothing is lifted here.
        (place.ben, place.ada, place.cleo),
        ("x", place.ada, place.cleo),
        (place.cleo, place.ada, "Nobody is blocked"),
    ):
        data = {"custom_id": "report:lift-block", "component_type": 3, "values": [member_id]}
        options = [{"label": "x", "value": member_id}]
        assert answer in await place.act(COMPONENT, data, by, LOG, options=options)
    assert await reports.pool.fetchval("select array_agg(member_id) from blocks") == [int(place.ben)]


async def test_nobody_floods_the_moderators(reports: Reports, place: Place) -> None:
    picture = await place.paint(place.cleo, "paintings", "a fox")
    await reports.pool.execute(
        "insert into reports (picture_id, guild_id, member_id) select n, $1, $2 from generate_series(1, $3::int) n",
        int(place.world.guild.id),
        int(place.ben),
        OPEN_OF_MEMBER_MAX,
    )
    assert "nobody has decided about yet" in await reports.report(picture)
    assert "Thank you" in await reports.report(picture, by=place.ada)
