"""Pages, pictures and commands, where Discord takes less than all of it, or answers by what is none."""

from collections.abc import Awaitable
from typing import Any

import pytest

from sandbox.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT
from sandbox.discord.state import Interaction, Message
from tests.connected import Connected, caught
from tests.member import fault, text

GALLERY = {"id": "5", "name": "gallery", "type": 1}
BAD_LINK = {
    "components": {"url": {"_errors": [{"code": "URL_TYPE_INVALID_URL", "message": "Not well formed."}]}}
}
EDIT, FIRST_ANSWER = {"method": "PATCH", "path": "/webhooks/"}, {"path": "/callback"}


@pytest.fixture
async def channel(bot: Connected) -> Connected:
    """With the member's picture in the channel where it is looked at."""
    place = bot.channel()
    assert place.guild_id is not None
    for table in ("orders", "pictures"):
        sql = f"update {table} set guild_id = $1, channel_id = $2 where id in (1, 17)"
        await bot.pool.execute(sql, int(place.guild_id), int(place.id))
    return bot


async def press(bot: Connected, custom_id: str, *values: str) -> Interaction:
    kind = 3 if values else 2
    control: dict[str, Any] = {"type": kind, "custom_id": custom_id, "id": 2}
    control |= (
        {"options": [{"label": v, "value": v} for v in values]} if values else {"style": 2, "label": "?"}
    )
    data = {"custom_id": custom_id, "component_type": kind, **({"values": list(values)} if values else {})}
    row = [{"type": 1, "id": 1, "components": [control]}]
    return await bot.interact(COMPONENT, data, components=row)


def answer(bot: Connected, interaction: Interaction) -> Message:
    found = bot.server.world.message(interaction.channel_id, interaction.original_id or "")
    assert found is not None
    return found


def read(message: Message) -> str:
    return text({"components": message.components})


async def ways(bot: Connected) -> list[Interaction]:
    """A page, a page that is shared, and one picture."""
    return [
        await bot.interact(COMMAND, GALLERY),
        await press(bot, f"gallery:s:17:{bot.member_id}:6:0:"),
        await press(bot, "gallery:open", "17"),
    ]


@pytest.mark.parametrize(("status", "code", "why"), [(400, 20009, "explicit"), (413, 40005, "did not take")])
async def test_pictures_that_discord_does_not_take_are_words_and_links(
    channel: Connected, caplog: pytest.LogCaptureFixture, status: int, code: int, why: str
) -> None:
    await fault(channel.server.url, "rest", status=status, code=code, times=1, **EDIT)
    page = await channel.interact(COMMAND, GALLERY)
    await fault(channel.server.url, "rest", status=status, code=code, times=1, **EDIT)
    shared = await press(channel, f"gallery:s:17:{channel.member_id}:6:0:")
    await fault(channel.server.url, "rest", status=status, code=code, times=1, **EDIT)
    one = await press(channel, "gallery:open", "17")
    for interaction in (page, shared, one):
        shown = answer(channel, interaction)
        assert shown.attachments == []
        assert why in read(shown)
        assert "a red fox in the snow" in read(shown)
    assert caught(caplog) == []


async def test_a_link_that_discord_does_not_take_is_text_or_not_there(channel: Connected) -> None:
    await fault(channel.server.url, "rest", status=400, code=50035, errors=BAD_LINK, times=1, **EDIT)
    one = answer(channel, await press(channel, "gallery:open", "17"))
    assert (len(one.attachments), "[Full size]" in read(one)) == (1, True)
    await fault(channel.server.url, "rest", status=400, code=240000, times=1, **EDIT)
    one = answer(channel, await press(channel, "gallery:open", "17"))
    assert (len(one.attachments), "for harmful" in read(one)) == (1, True)


@pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015), (502, 0), (403, 0)])
async def test_a_page_that_comes_too_late_or_to_nobody_is_a_line(
    channel: Connected, caplog: pytest.LogCaptureFixture, status: int, code: int
) -> None:
    await fault(channel.server.url, "rest", status=status, code=code, times=1, **EDIT)
    await press(channel, f"gallery:s:17:{channel.member_id}:6:0:")
    assert [record for record in caplog.records if record.exc_info] == []
    assert caught(caplog) == []


LOST: list[dict[str, Any]] = [{"status": 200, "body": "cut"}, {"status": 502, "body": "html"}]


@pytest.mark.parametrize("lost", LOST)
async def test_a_command_goes_on_whose_first_answer_was_taken_and_what_said_so_got_lost(
    channel: Connected, caplog: pytest.LogCaptureFixture, lost: dict[str, Any]
) -> None:
    await lose(channel, lost)
    page = await channel.interact(COMMAND, GALLERY)
    assert "Pictures of" in read(answer(channel, page))
    assert caught(caplog) == []
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


async def test_so_do_presses_modals_and_typing(channel: Connected, caplog: pytest.LogCaptureFixture) -> None:
    async def losing(way: Awaitable[Interaction]) -> Interaction:
        await lose(channel, LOST[0])
        return await way

    for way in (
        press(channel, "gallery:open", "17"),
        press(channel, f"gallery:s:17:{channel.member_id}:6:0:"),
    ):
        assert "a red fox in the snow" in read(answer(channel, await losing(way)))
    queue = await losing(channel.interact(COMMAND, {"id": "5", "name": "queue", "type": 1}))
    assert "Your queue" in read(answer(channel, queue))
    changed = await losing(press(channel, "order:edit:1"))
    assert changed.modal is not None
    typed = [{"name": "search", "type": 3, "value": "fo", "focused": True}]
    await losing(channel.interact(AUTOCOMPLETE, {**GALLERY, "options": typed}))
    forgotten = await losing(press(channel, "forget-me"))
    assert "Deleted" in read(answer(channel, forgotten))
    assert caught(caplog) == []
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


async def lose(bot: Connected, lost: dict[str, Any]) -> None:
    await fault(bot.server.url, "rest", applied=True, times=1, **lost, **FIRST_ANSWER)
