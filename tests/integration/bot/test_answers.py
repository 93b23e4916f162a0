"""An interaction that came again, too late, or for what cannot be done is one line of the log."""

import gc
import logging
from contextlib import AsyncExitStack

import pytest
from discord.ui import LayoutView, Modal

from core.settings import DatabaseSettings
from sandbox.discord import errors
from sandbox.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT
from tests.connected import Connected, caught

GALLERY = {"id": "5", "name": "gallery", "type": 1}
QUEUE = {"id": "5", "name": "queue", "type": 1}
EDIT = {"component_type": 2, "custom_id": "order:edit:1"}
WIDE = [{"name": "prompt", "type": 3, "value": "a fox"}, {"name": "width", "type": 4, "value": 7}]
TYPED = [{"name": "search", "type": 3, "value": "fo", "focused": True}]


@pytest.mark.parametrize("command", [GALLERY, QUEUE])
async def test_a_command_that_is_replayed_is_a_line(
    bot: Connected, caplog: pytest.LogCaptureFixture, command: dict[str, object]
) -> None:
    first = await bot.interact(COMMAND, command)
    assert bot.is_answered(first)
    await _again(bot, first.id)
    # Nobody answered it in time.
    first.response_type, first.failed = None, True
    await _again(bot, first.id)
    lines = [record for record in caplog.records if record.name.startswith("bot")]
    assert [record.levelno for record in lines if "came again" in record.getMessage()] == [logging.INFO] * 2
    assert not [record for record in lines if record.levelno > logging.INFO]
    assert caught(caplog) == []
    assert "Traceback" not in caplog.text


async def test_discord_py_keeps_nothing_of_what_one_alone_is_shown(bot: Connected) -> None:
    row = [
        {"type": 1, "components": [{"type": 2, "style": 2, "label": "Edit", "custom_id": EDIT["custom_id"]}]}
    ]
    before = _views()
    assert bot.is_answered(await bot.interact(COMMAND, QUEUE))
    assert bot.is_answered(await bot.interact(COMPONENT, EDIT, components=row))
    assert _views() == before


def _views() -> int:
    """How many views and forms are in memory."""
    gc.collect()
    return sum(issubclass(type(one), (LayoutView, Modal)) for one in gc.get_objects())


async def test_what_a_member_asked_for_in_vain_is_a_line_in_their_words(
    bot: Connected, caplog: pytest.LogCaptureFixture
) -> None:
    refused = await bot.interact(COMMAND, {"id": "5", "name": "imagine", "type": 1, "options": WIDE})
    assert bot.is_answered(refused)
    assert "an interaction was refused" in caplog.text
    assert "raised an exception" not in caplog.text


async def test_typing_is_answered_by_nothing_where_postgres_does_not_answer(
    bot: Connected, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.rights.access.ANSWER_SECONDS", 0.2)
    async with AsyncExitStack() as held:
        for _ in range(DatabaseSettings.model_fields["database_pool_size"].default):
            await held.enter_async_context(bot.pool.acquire())
        typing = await bot.interact(AUTOCOMPLETE, {**GALLERY, "options": TYPED})
    assert typing.response_type is not None
    assert "no suggestions" in caplog.text

    monkeypatch.setattr("sandbox.discord.interactions.Interactions.find", _over)
    await bot.interact(AUTOCOMPLETE, {**GALLERY, "options": TYPED})
    assert "autocompletion could not be answered" in caplog.text
    assert caught(caplog) == []
    assert "Traceback" not in caplog.text


def _over(*_arguments: object) -> object:
    raise errors.unknown_interaction()


async def _again(bot: Connected, id_: str) -> None:
    came = bot.client.wait_for("interaction", timeout=10)
    bot.server.interactions.send(bot.server.world.interactions[id_])
    await came
    await bot.settle()
