"""An event of a shape that nobody foresaw costs a line of the log: the bot lives, and a press is answered."""

import asyncio
import zlib
from typing import Any

import pytest

from sandbox.discord.interactions import COMMAND, COMPONENT
from sandbox.discord.oddities import GONE
from tests.conditions import until
from tests.connected import Connected, caught

LINK = {"type": 2, "style": 2, "label": "Link", "custom_id": "picture:link:17"}
PRESS = {"component_type": 2, "custom_id": "picture:link:17"}
QUEUE = {"id": "5", "name": "queue", "type": 1}

FOX = {"emoji": {"id": None, "name": "🦊"}, "count": 1}
ODD_PRESSES: list[dict[str, Any]] = [
    {"message.thread": None},
    {"message.reactions": [FOX]},
    {"message.reactions": None},
    {"message.reactions": [{"me": True, "count": "many", "emoji": "🦊"}]},
    {"message.embeds": None},
    {"message.attachments": [{"id": None}]},
    {"message.components": [{"type": 1}]},
    {"message.interaction_metadata": None, "message.poll": 7},
    {"message.message_reference": None},
    {"message.author": None},
    {"message.flags": None},
    {"message.content": GONE},
    {"message.type": "reply"},
    {"message": None},
    {"message": GONE},
    {"entitlements": None},
    {"entitlements": [{"id": None}], "entitlement_skus": ["x"]},
    {"attachment_size_limit": GONE},
    {"app_permissions": None},
    {"authorizing_integration_owners": None},
    {"authorizing_integration_owners": {"0": None}},
    {"context": [3]},
    {"version": GONE},
    {"locale": None},
    {"guild_locale": {}},
    {"guild": None},
    {"guild.features": None},
    {"channel": None},
    {"channel.type": 99},
    {"channel.name": GONE, "channel.id": "7"},
    {"channel.permission_overwrites": 1, "channel.id": "7"},
    {"member.roles": None},
    {"member.flags": GONE},
    {"member.avatar_decoration_data": "?", "member.joined_at": "yesterday"},
    {"member.user.primary_guild": 7, "member.user.username": None, "member.user.discriminator": GONE},
    {"member.permissions": "all"},
]
UNREADABLE: list[tuple[str, Any]] = [
    ("INTERACTION_CREATE", None),
    ("INTERACTION_CREATE", {"id": "41", "type": 3, "token": "its-secret"}),
    ("INTERACTION_CREATE", {"id": "its-secret", "token": "its-secret"}),
    ("GUILD_CREATE", {"id": "42", "members": [{"user": None}]}),
    ("GUILD_UPDATE", []),
    ("CHANNEL_CREATE", {"id": "43", "type": "x"}),
    ("MESSAGE_REACTION_ADD", {"emoji": None}),
    (
        "MESSAGE_REACTION_ADD",
        {"user_id": "1", "channel_id": "1", "message_id": "1", "type": 0, "emoji": {"id": None, "name": 7}},
    ),
    ("THREAD_CREATE", 7),
    ("MESSAGE_CREATE", "text"),
    ("READY", {"user": None}),
    ("RESUMED", None),
    ("NOBODY_KNOWS", {"at": "all"}),
]


async def test_a_press_with_fields_of_another_shape_is_answered(
    bot: Connected, caplog: pytest.LogCaptureFixture
) -> None:
    row = [{"type": 1, "components": [LINK]}]
    for changes in ODD_PRESSES:
        bot.server.gateway.oddities.order("INTERACTION_CREATE", changes, 1)
        pressed = await bot.interact(COMPONENT, PRESS, components=row)
        assert bot.is_answered(pressed), changes
        assert pressed.token not in caplog.text
    assert caught(caplog) == []


async def test_a_command_with_fields_of_another_shape_is_answered(bot: Connected) -> None:
    for changes in ({"data.resolved": None}, {"data.options": None}, {"data.options": [{"name": "x"}]}):
        bot.server.gateway.oddities.order("INTERACTION_CREATE", changes, 1)
        assert bot.is_answered(await bot.interact(COMMAND, QUEUE)), changes
    in_private = {"user.username": None, "channel": None, "entitlements": None}
    bot.server.gateway.oddities.order("INTERACTION_CREATE", in_private, 1)
    assert bot.is_answered(await bot.interact(COMMAND, QUEUE, direct=True))


async def test_whatever_cannot_be_read_is_a_line_and_the_next_command_is_answered(
    bot: Connected, caplog: pytest.LogCaptureFixture
) -> None:
    for kind, data in UNREADABLE:
        bot.server.gateway.send_event(kind, data)
    assert bot.is_answered(await bot.interact(COMMAND, QUEUE))
    assert "an event could not be read: INTERACTION_CREATE 41" in caplog.text
    assert "an event could not be read: GUILD_CREATE 42" in caplog.text
    assert "its-secret" not in caplog.text
    assert "Traceback" not in caplog.text
    assert bot.server.gateway.is_bot_online


async def test_frames_that_are_no_events_end_nothing(bot: Connected) -> None:
    (session,) = bot.server.gateway._sessions.values()
    assert session.connection is not None
    for text in ("[]", "{", "null", '{"op": 0, "t": [], "d": 1}', '{"op": 77}', '{"op": 0, "t": "RESUMED"}'):
        session.connection.send_text(text)
    assert bot.is_answered(await bot.interact(COMMAND, QUEUE))


async def test_what_is_compressed_is_read_and_a_broken_stream_is_another_connections(
    bot: Connected, caplog: pytest.LogCaptureFixture
) -> None:
    (session,) = bot.server.gateway._sessions.values()
    before = session.connection
    assert before is not None
    stream = zlib.compressobj()
    for text in ('{"op": 0, "t": "GUILD_CREATE", "d": {"id": "44", "members": [7]}}', "[]"):
        packed = stream.compress(text.encode()) + stream.flush(zlib.Z_SYNC_FLUSH)
        # A message may come in pieces.
        await before._websocket.send_bytes(packed[:2])
        await before._websocket.send_bytes(packed[2:])
    await _said(caplog, "an event could not be read: GUILD_CREATE 44")
    await _said(caplog, "a message of the gateway could not be read")
    assert session.connection is before
    await before._websocket.send_bytes(b"not compressed" + packed[-4:])
    await _said(caplog, "the gateway's stream is broken")

    async def another() -> bool:
        return session.connection not in (None, before)

    await until(another, bool)
    assert bot.is_answered(await bot.interact(COMMAND, QUEUE))
    assert "Traceback" not in caplog.text


async def test_a_session_that_begins_oddly_is_a_session(
    bot: Connected, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _begin_sessions_at_once(monkeypatch)
    gateway = bot.server.gateway
    gateway.oddities.order(
        "READY", {"user": None, "guilds": [7, {"id": "x"}], "resume_gateway_url": GONE, "application": 7}, 1
    )
    gateway.oddities.order("GUILD_CREATE", {"channels": 7, "members": None}, 1)
    gateway.invalidate_sessions(resumable=False)
    await _back(bot)
    assert bot.is_answered(await bot.interact(COMMAND, QUEUE))
    assert bot.client.gateway_status.away_seconds == 0

    gateway.oddities.order("RESUMED", {}, 1)
    gateway.disconnect(4000)
    await _back(bot)
    assert bot.is_answered(await bot.interact(COMMAND, QUEUE))

    # Without it nothing can be resumed, so another is begun.
    gateway.oddities.order("READY", {"session_id": GONE}, 1)
    gateway.invalidate_sessions(resumable=False)
    await _back(bot)
    assert bot.is_answered(await bot.interact(COMMAND, QUEUE))
    assert caplog.text.count("Traceback") == 0


async def test_codes_that_end_discord_py_and_sessions_that_do_not_begin_are_waited_for(
    bot: Connected, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _begin_sessions_at_once(monkeypatch)
    gateway = bot.server.gateway
    for code in (4004, 4014):
        gateway.disconnect(code)
        await _back(bot)
        assert f"it hung up with {code}" in caplog.text
    gateway.refuse_sessions(4011, 1)
    gateway.disconnect(1000)
    await _back(bot)
    assert bot.is_answered(await bot.interact(COMMAND, QUEUE))
    assert "see DISCORD_SHARD_COUNT" in caplog.text
    monkeypatch.setattr("bot.gateway.shard.READY_SECONDS", 0.2)
    gateway.hold_sessions(1)
    gateway.disconnect(4000)
    await _said(caplog, "no session begins within 0.2 s")
    await _back(bot)
    assert bot.is_answered(await bot.interact(COMMAND, QUEUE))
    assert bot.client.gateway_status.problem is None
    assert "Traceback" not in caplog.text


async def test_no_session_is_begun_where_none_is_left_or_the_token_is_not_known_any_more(
    bot: Connected, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _begin_sessions_at_once(monkeypatch)
    monkeypatch.setattr("bot.gateway.endpoints.WRONG_TOKEN_SECONDS", 0.05)
    gateway = bot.server.gateway
    gateway.sessions_left, gateway.sessions_reset_after_seconds = 0, 0.0
    token, bot.client.http.token = bot.client.http.token, "another"
    gateway.disconnect(4004)
    await _said(caplog, "and asks again")
    assert bot.client.gateway_status.problem == "Discord does not accept DISCORD_TOKEN any more"
    bot.client.http.token = token
    await _said(caplog, "no more new sessions of this bot today")
    assert gateway.sessions_left == 0
    gateway.sessions_left = 1
    await _back(bot)
    assert gateway.sessions_left == 0


def _begin_sessions_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses between two of them are another test's."""
    monkeypatch.setattr("db.rate_limits.IDENTIFY_SECONDS", 0.0)
    monkeypatch.setattr("bot.gateway.shard.STEADY_SECONDS", 0.0)
    monkeypatch.setattr("sandbox.discord.gateway.IDENTIFY_SECONDS", 0.0)


async def _back(bot: Connected) -> None:
    """The connection of before is gone, and there is another."""

    async def connected() -> bool:
        return bot.server.gateway.is_bot_online and bot.client.gateway_status.away_seconds == 0

    await asyncio.sleep(0)
    await until(connected, bool)
    await bot.settle()


async def _said(caplog: pytest.LogCaptureFixture, words: str) -> None:
    async def said() -> str:
        return caplog.text

    await until(said, lambda text: words in text)
