"""Discord misbehaves: no job is doubled, and no reply is left behind."""

import pytest

from tests.house import House, paint, start
from tests.member import Member, fault, interaction_of, is_done, is_running, is_waiting


async def ask(one: Member) -> str:
    """For a picture that is quick to make."""
    return await one.imagine("a fox", width=256, height=256)


@pytest.mark.parametrize("resumable", [True, False])
async def test_a_session_that_is_no_longer_valid_is_replaced(
    house: House, ada: Member, resumable: bool
) -> None:
    house.servers.stability.latency_seconds = 2
    await start(house, ada)
    interaction = await ask(ada)
    await ada.reply(interaction, is_running)
    await fault(house.servers.discord.url, "invalid_session", resumable=resumable)
    await ada.reply(interaction, is_done)
    await ada.until_bot_is(online=True)
    await ada.reply(await ask(ada), is_done)
    assert len(house.servers.stability.calls) == 2


async def test_a_bot_that_starts_while_discord_is_away_waits_for_it(house: House, ada: Member) -> None:
    # After which discord.py itself does not try again.
    await fault(house.servers.discord.url, "rest", status=503, times=2)
    bot = await house.bot()
    await ada.until_bot_is(online=True)
    assert await bot.stop() == 0


@pytest.mark.parametrize("status", [500, 429])
async def test_an_edit_that_is_refused_for_now_is_made_later(house: House, ada: Member, status: int) -> None:
    await house.bot()
    await ada.until_bot_is(online=True)
    interaction = await ask(ada)
    waiting = await ada.reply(interaction, is_waiting)
    # More than discord.py tries in the time that one edit is given.
    await fault(house.servers.discord.url, "rest", status=status, times=4, path="/webhooks/", retry_after=0.5)
    await house.worker()
    done = await ada.reply(interaction, is_done, within_seconds=60)
    assert done["id"] == waiting["id"]
    assert len(await ada.history()) == 1
    assert len(house.servers.stability.calls) == 1


async def test_a_permission_lost_in_the_middle_sends_the_picture_to_the_member(
    house: House, ada: Member
) -> None:
    house.servers.stability.latency_seconds = 2
    await start(house, ada)
    await ada.reply(await ask(ada), is_running)
    url = house.servers.discord.url
    await fault(url, "forbid", channel=ada.channels["paintings"], permission="VIEW_CHANNEL")
    await fault(url, "expire_tokens")
    done = await ada.message(is_done)
    assert done["channel_id"] == ada.channels["dm"]
    assert len(house.servers.stability.calls) == 1


async def test_a_command_that_reaches_the_bot_too_late_is_answered_by_a_message(
    house: House, ada: Member
) -> None:
    await start(house, ada)
    await fault(house.servers.discord.url, "drop_events", times=1)
    await ask(ada)
    # Discord tells the member after 3 seconds that the bot did not answer.
    await ada.until(lambda: bool(ada.failures))
    assert len(house.servers.stability.calls) == 0
    await fault(house.servers.discord.url, "disconnect")
    done = await ada.message(is_done)
    assert done["channel_id"] == ada.channels["paintings"]
    assert len(await ada.history()) == 1
    assert len(house.servers.stability.calls) == 1


async def test_a_gateway_that_is_shut_while_one_is_painted_and_another_asked_for_loses_and_doubles_nothing(
    house: House, ada: Member
) -> None:
    await start(house, ada)
    first = await paint(ada)
    house.servers.stability.latency_seconds = 2
    second = await ask(ada)
    await ada.reply(second, is_running)
    url = house.servers.discord.url
    await fault(url, "shut_gateway")
    await ada.press(first, "Again")
    # It is shut for as long as that takes, and longer than the bot's first try to resume.
    await ada.reply(second, is_done)
    assert not ada.bot_is_online
    assert len(house.servers.stability.calls) == 2

    house.servers.stability.latency_seconds = 0
    await ada.until(lambda: bool(ada.failures))
    await fault(url, "open_gateway")
    await ada.until_bot_is(online=True)
    # The session is resumed, whatever failed before, and brings what was pressed meanwhile: it came too late
    # for an answer, and is shown by a message.
    known = (interaction_of(first), second)
    await ada.message(lambda message: is_done(message) and interaction_of(message) not in known)
    assert len(await ada.history()) == 3
    assert len(house.servers.stability.calls) == 3
