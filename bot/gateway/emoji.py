"""Has Discord hold the signs that move, as the application's own emoji, and has the messages use them.

Until it does, and where it does not, the plain ones stand there, so nothing waits for it. The name of an emoji has the
checksum of its picture: one that was drawn anew is another.
"""

import asyncio
import base64
import logging
import re
import zlib
from collections.abc import Mapping
from dataclasses import fields
from importlib import resources
from typing import Any

import discord

from bot.discord_errors import in_a_line, is_final, own_pauses, retry_after_seconds
from bot.emoji.signs import Signs
from bot.gateway.endpoints import FAILURES
from core.errors import BadAnswer

log = logging.getLogger(__name__)

AGAIN_SECONDS_MIN = 5.0
AGAIN_SECONDS_MAX = 900.0
_OURS = re.compile(r"tigerbrush_[a-z]+_[0-9a-f]{8}")


def drawn() -> dict[str, bytes]:
    """The pictures, by the names of the signs."""
    directory = resources.files("bot.emoji")
    return {sign.name: directory.joinpath(f"{sign.name}.gif").read_bytes() for sign in fields(Signs)}


def name_of(sign: str, picture: bytes) -> str:
    return f"tigerbrush_{sign}_{zlib.crc32(picture):08x}"


class ApplicationEmoji:
    def __init__(self, client: discord.Client, signs: Signs) -> None:
        self._client = client
        self._signs = signs

    async def serve(self, *, uploads: bool) -> None:
        """Tries until all are there, or Discord refuses. One process of the bot uploads, the others wait for it."""
        delay_seconds = AGAIN_SECONDS_MIN
        while True:
            try:
                with own_pauses():
                    if await self.update(uploads=uploads):
                        return
                seconds = delay_seconds
            except FAILURES as error:
                if isinstance(error, discord.HTTPException) and is_final(error):
                    log.warning(
                        "Discord refuses the signs that move, so plain ones are shown: %s", in_a_line(error)
                    )
                    return
                seconds = max(delay_seconds, retry_after_seconds(error) or 0.0)
                log.info(
                    "plain signs are shown; those that move are tried in %.0f s: %s",
                    seconds,
                    in_a_line(error),
                )
            await asyncio.sleep(seconds)
            delay_seconds = min(delay_seconds * 2, AGAIN_SECONDS_MAX)

    async def update(self, *, uploads: bool) -> bool:
        """Whether all are there now."""
        pictures, stored = drawn(), await self._stored()
        names = {name_of(sign, picture): sign for sign, picture in pictures.items()}
        for name, sign in names.items():
            if name not in stored and uploads:
                stored[name] = await self._upload(name, pictures[sign])
            if name in stored:
                setattr(self._signs, sign, f"<a:{name}:{stored[name]}>")
        if uploads:
            # Of an earlier version: what shows one is a card that waits, and is made anew. What is done stays.
            for name in (one for one in stored.keys() - names.keys() if "_done_" not in one):
                await self._http.delete_application_emoji(self._application_id, stored[name])
                log.info("removed the emoji %s, which is drawn otherwise now", name)
        return names.keys() <= stored.keys()

    async def _stored(self) -> dict[str, int]:
        """Of this bot's, the ids by the names."""
        answer: Any = await self._http.get_application_emojis(self._application_id)
        if not isinstance(answer, Mapping) or not isinstance(answer.get("items"), list):
            raise BadAnswer("the application's emoji cannot be read")
        return dict(_read(one) for one in answer["items"] if _OURS.fullmatch(_read(one)[0]))

    async def _upload(self, name: str, picture: bytes) -> int:
        image = f"data:image/gif;base64,{base64.b64encode(picture).decode()}"
        answer: Any = await self._http.create_application_emoji(self._application_id, name, image)
        log.info("uploaded the emoji %s", name)
        return _read(answer)[1]

    @property
    def _http(self) -> discord.http.HTTPClient:
        return self._client.http

    @property
    def _application_id(self) -> int:
        if self._client.application_id is None:
            raise AssertionError("it is known since the login")
        return self._client.application_id


def _read(emoji: Any) -> tuple[str, int]:
    if not isinstance(emoji, Mapping) or not str(emoji.get("id")).isdecimal():
        raise BadAnswer("an emoji cannot be read")
    return str(emoji.get("name")), int(emoji["id"])
