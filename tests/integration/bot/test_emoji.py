"""The signs that move: uploaded once, anew where they were drawn anew, and plain where Discord does not take them."""

import asyncio
from dataclasses import fields
from typing import Any

import pytest

from bot.emoji.signs import Signs
from bot.gateway.emoji import ApplicationEmoji, drawn, name_of
from sandbox.discord.outages import RestFault
from tests.conditions import until
from tests.connected import Connected
from tests.member import with_plain_signs

NAMES = [sign.name for sign in fields(Signs)]
PLAIN = Signs()


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.gateway.emoji.AGAIN_SECONDS_MIN", 0.01)
    monkeypatch.setattr("bot.gateway.emoji.AGAIN_SECONDS_MAX", 0.05)


def stored(bot: Connected) -> list[str]:
    return sorted(one.name for one in bot.server.world.emoji.values())


def calls(bot: Connected, method: str) -> int:
    return sum(one.method == method and "/emojis" in one.path for one in bot.exchanges)


async def served(bot: Connected, *, uploads: bool = True) -> Signs:
    signs = Signs()
    await asyncio.wait_for(ApplicationEmoji(bot.client, signs).serve(uploads=uploads), 10)
    return signs


def shown(signs: Signs) -> list[str]:
    return [getattr(signs, name) for name in NAMES]


async def test_they_are_uploaded_once_and_each_process_shows_them(bot: Connected) -> None:
    first = await served(bot)
    assert stored(bot) == sorted(name_of(name, picture) for name, picture in drawn().items())
    ids = {one.name: one.id for one in bot.server.world.emoji.values()}
    expected = [f"<a:{name_of(name, drawn()[name])}:{ids[name_of(name, drawn()[name])]}>" for name in NAMES]
    assert shown(first) == expected
    assert [with_plain_signs(sign) for sign in expected] == shown(PLAIN)
    for uploads in (True, False):
        assert shown(await served(bot, uploads=uploads)) == expected
    assert (calls(bot, "POST"), calls(bot, "DELETE")) == (len(NAMES), 0)


async def test_what_is_drawn_anew_is_uploaded_anew_and_only_finished_cards_keep_the_former(
    bot: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = drawn()
    monkeypatch.setattr("bot.gateway.emoji.drawn", lambda: dict.fromkeys(NAMES, pictures["painting"]))
    before = await served(bot)
    monkeypatch.undo()
    after = await served(bot)
    assert before.painting == after.painting
    assert before.waiting != after.waiting
    done = name_of("done", pictures["painting"])
    assert stored(bot) == sorted([done, *(name_of(name, one) for name, one in pictures.items())])


@pytest.mark.parametrize(
    ("method", "refusal"), [("GET", {"status": 403, "code": 50001}), ("POST", {"status": 400, "code": 30008})]
)
async def test_where_discord_refuses_plain_ones_stay(
    bot: Connected, caplog: pytest.LogCaptureFixture, method: str, refusal: dict[str, Any]
) -> None:
    fault = {**refusal, "path": "/emojis", "method": method, "times": None}
    bot.server._faults.rest.order(RestFault.read(fault))
    assert shown(await served(bot)) == shown(PLAIN)
    assert "plain ones are shown" in caplog.text
    assert calls(bot, method) == 1


async def test_what_passes_is_waited_for(bot: Connected) -> None:
    for method in ("GET", "POST"):
        for fault in (
            {"status": 503},
            {"status": 403, "body": "html"},
            {"status": 200, "applied": True, "body": "list"},
        ):
            ordered = {**fault, "path": "/emojis", "method": method, "times": 1}
            bot.server._faults.rest.order(RestFault.read(ordered))
    assert "<a:" in (await served(bot)).done
    assert len(stored(bot)) == len(NAMES)


async def test_who_does_not_upload_waits_for_who_does(bot: Connected) -> None:
    waiting = asyncio.create_task(served(bot, uploads=False))

    async def asked() -> int:
        return calls(bot, "GET")

    await until(asked, lambda count: count > 1)
    assert stored(bot) == []
    uploaded = await served(bot)
    assert shown(await waiting) == shown(uploaded)
