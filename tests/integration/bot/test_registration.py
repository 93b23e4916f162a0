"""The commands are registered when they are others than Discord has, however long that takes."""

import asyncio
import copy
from typing import Any

import pytest

from bot.client import commands
from bot.commands.apps import context_menus
from bot.gateway.registration import Registration
from sandbox.discord.interactions import COMMAND
from sandbox.discord.outages import RestFault
from tests.conditions import until
from tests.connected import Connected

QUEUE = {"id": "5", "name": "queue", "type": 1}
REFUSED: list[dict[str, Any]] = [
    {"status": 403, "code": 50001},
    {"status": 400, "code": 50035},
    {"status": 503},
    {"status": 401, "body": "html"},
    {"status": 429, "code": 30034, "via": False, "retry_after": 0},
    {"status": 200, "applied": True, "body": "html"},
]


@pytest.fixture(autouse=True)
def _unregistered(bot: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    """As before the first start, and with short pauses."""
    bot.server.world.commands.clear()
    bot.exchanges.clear()
    monkeypatch.setattr("bot.gateway.registration.AGAIN_SECONDS_MIN", 0.01)
    monkeypatch.setattr("bot.gateway.registration.AGAIN_SECONDS_MAX", 0.05)
    monkeypatch.setattr("bot.gateway.registration.SERVER_SECONDS", 0.0)


def registered(bot: Connected, guild: str | None = None) -> list[str]:
    commands = bot.server.world.commands.values()
    return sorted(command["name"] for command in commands if command.get("guild_id") == guild)


def sent(bot: Connected) -> int:
    return sum(exchange.method == "PUT" and exchange.path.endswith("/commands") for exchange in bot.exchanges)


ALL = sorted(command.name for command in (*commands(), *context_menus()))


async def test_whatever_it_is_refused_by_it_is_tried_again_with_a_line(
    bot: Connected, caplog: pytest.LogCaptureFixture
) -> None:
    for fault in REFUSED:
        for method in ("GET", "PUT"):
            path = {"path": "/commands", "method": method, "times": 1}
            bot.server._faults.rest.order(RestFault.read({**fault, **path}))
    await asyncio.wait_for(bot.client.registration.serve(registers=True), 10)
    assert registered(bot) == ALL
    assert caplog.text.count("the former ones stay; again in") >= len(REFUSED)
    assert bot.client.registration.overdue is None
    assert "Traceback" not in caplog.text
    assert "<html" not in caplog.text


async def test_a_pause_of_an_hour_keeps_nobody_from_an_answer(
    bot: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.gateway.registration.OVERDUE_SECONDS_MAX", 0.0)
    fault = {"status": 429, "code": 30034, "retry_after": 3600, "method": "PUT", "times": None}
    bot.server._faults.rest.order(RestFault.read({**fault, "path": "/commands"}))
    registering = asyncio.create_task(bot.client.registration.serve(registers=True))

    async def tried() -> int:
        return sent(bot)

    await until(tried, bool)
    assert bot.is_answered(await bot.interact(COMMAND, QUEUE))
    assert "Retry in 3600" in str(bot.client.registration.overdue)
    registering.cancel()


async def test_a_server_that_the_bot_is_not_in_is_named_by_its_variable(
    bot: Connected, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.gateway.registration.OVERDUE_SECONDS_MAX", 0.0)
    wrong = Registration(bot.client.tree, guild_id=999)
    registering = asyncio.create_task(wrong.serve(registers=True))

    async def said() -> str:
        return caplog.text

    await until(said, lambda text: "COMMANDS_GUILD_ID" in text)
    assert "50001" in caplog.text
    assert "COMMANDS_GUILD_ID should be the id of a server" in str(wrong.overdue)
    registering.cancel()


async def test_where_they_are_registered_for_all_and_for_a_server_the_others_are_taken_away(
    bot: Connected,
) -> None:
    guild = bot.server.world.guild.id
    everywhere, for_one = bot.client.registration, Registration(bot.client.tree, guild_id=int(guild))
    await everywhere.serve(registers=True)
    await for_one.serve(registers=True)
    assert (registered(bot), registered(bot, guild)) == ([], ALL)
    foreign = {**next(iter(bot.server.world.commands.values())), "id": "77", "name": "somebody-elses"}
    bot.server.world.commands["77"] = foreign
    await asyncio.wait_for(everywhere.serve(registers=True), 20)
    assert (registered(bot), registered(bot, guild)) == (ALL, ["somebody-elses"])


async def test_what_discord_adds_is_no_change_and_what_was_sent_is_compared(bot: Connected) -> None:
    registration = bot.client.registration
    await registration.update()
    stored = bot.server.world.commands
    for command in stored.values():
        command |= {"handler": 2, "is_new": True, "contexts": command["contexts"][::-1]}
        for option in command.get("options", []):
            option |= {"hint": {"text": "?"}, "rank": 7}
            for choice in option.get("choices", []):
                choice["icon"] = "🦊"
    await registration.update()
    assert sent(bot) == 1

    imagine = next(command for command in stored.values() if command["name"] == "imagine")
    before = copy.deepcopy(imagine)
    for change in (
        {"description": "Another"},
        {"nsfw": True},
        {"options": imagine["options"][:-1]},
        {"options": [{**imagine["options"][0], "max_length": 7}, *imagine["options"][1:]]},
        {"name_localizations": {"de": "mahlen"}},
        {"contexts": [0]},
    ):
        imagine.update(change)
        assert not await registration.is_up_to_date(), change
        imagine.clear()
        imagine.update(before)
    assert await registration.is_up_to_date()


async def test_what_is_about_a_server_is_not_offered_in_direct_messages(bot: Connected) -> None:
    await asyncio.wait_for(bot.client.registration.serve(registers=True), 10)
    contexts = {command["name"]: command["contexts"] for command in bot.server.world.commands.values()}
    in_servers_only = {name for name, where in contexts.items() if where == [0]}
    assert in_servers_only == {"settings", "reports"}
    assert all(where == [0, 1] for name, where in contexts.items() if name not in in_servers_only)
