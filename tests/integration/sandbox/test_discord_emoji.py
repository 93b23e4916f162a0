"""The application's own emoji at the local Discord: what it takes, what it refuses, and how."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from bot.gateway.emoji import drawn
from tests.integration.sandbox.conftest import Answer, Bot

GIF = drawn()["painting"]


def still() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    return buffer.getvalue()


def image(content: bytes, kind: str = "gif") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


async def made(bot: Bot, **fields: Any) -> Answer:
    return await bot.call("POST", emojis(bot), {"name": "turning", "image": image(GIF), **fields})


def emojis(bot: Bot, id_: str = "") -> str:
    return f"/applications/{bot.application_id}/emojis" + (f"/{id_}" if id_ else "")


async def test_one_is_made_listed_renamed_fetched_and_deleted(bot: Bot) -> None:
    answer = await made(bot)
    turning = answer.body
    assert (answer.status, turning["name"], turning["animated"]) == (201, "turning", True)
    plain = (await made(bot, name="still", image=image(still(), "png"))).body
    assert plain["animated"] is False
    assert (await bot.call("GET", emojis(bot))).body == {"items": [turning, plain]}
    one = emojis(bot, turning["id"])
    assert (await bot.call("PATCH", one, {"name": "turns"})).body == {**turning, "name": "turns"}
    assert (await bot.call("GET", one)).body["name"] == "turns"
    fetched = await bot.fetch(f"{bot.server.url}/emojis/{turning['id']}")
    assert (fetched.body, fetched.headers["Content-Type"]) == (GIF, "image/gif")
    assert (await bot.call("DELETE", one)).status == 204
    assert (await bot.call("GET", one)).refusal == (404, 10014)
    assert (await bot.fetch(f"{bot.server.url}/emojis/{turning['id']}")).status == 404


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "x"}, "BASE_TYPE_BAD_LENGTH"),
        ({"name": "x" * 33}, "BASE_TYPE_BAD_LENGTH"),
        ({"name": "a-b"}, "STRING_TYPE_REGEX"),
        ({"name": "there"}, "APPLICATION_EMOJI_NAME_ALREADY_TAKEN"),
        ({"image": None}, "BASE_TYPE_REQUIRED"),
        ({"image": "https://example.com/x.gif"}, "IMAGE_INVALID"),
        ({"image": image(b"no picture")}, "IMAGE_INVALID"),
        ({"image": image(GIF + bytes(256 * 1024))}, "BINARY_TYPE_MAX_SIZE"),
        ({"roles": []}, "UNKNOWN_FIELD"),
    ],
)
async def test_what_is_no_emoji_is_refused_by_its_field(bot: Bot, fields: dict[str, Any], code: str) -> None:
    await made(bot, name="there")
    assert (await made(bot, **fields)).problem(*fields) == code


async def test_there_is_an_end_of_them(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.discord.rest.emoji.EMOJI_MAX", 1)
    await made(bot)
    assert (await made(bot, name="second")).refusal == (400, 30008)
