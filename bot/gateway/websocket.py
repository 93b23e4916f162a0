"""One connection to Discord's gateway, which passes over what it cannot read."""

import json
import logging
from typing import Any

import aiohttp
import discord
from discord.gateway import DiscordWebSocket, ReconnectWebSocket, WebSocketClosure

from core.addresses import is_url
from core.errors import reason

log = logging.getLogger(__name__)

TRANSIENT = (
    ReconnectWebSocket,
    WebSocketClosure,
    discord.ConnectionClosed,
    discord.HTTPException,
    aiohttp.ClientError,
    OSError,
)


class WebSocket(DiscordWebSocket):
    is_ready = False
    """Whether the session has started or is resumed."""

    async def received_message(self, msg: Any, /) -> None:
        text = self._inflate(msg)
        if text is None:
            return
        try:
            await super().received_message(text if self.is_ready else self._beginning(text))
        except TRANSIENT:
            raise
        except Exception as error:  # the outermost frame of a message: whatever is in it, the bot lives on
            log.error("a message of the gateway could not be read: %r", reason(error)[:200])
            if self._keep_alive is None or self.session_id is None:
                raise ReconnectWebSocket(self.shard_id, resume=self.session_id is not None) from error

    def _inflate(self, message: Any) -> str | None:
        if not isinstance(message, bytes):
            return str(message)
        try:
            return self._decompressor.decompress(message)
        except Exception as error:  # zlib and zstd have errors of their own
            log.error("the gateway's stream is broken: %s", reason(error))
            raise ReconnectWebSocket(self.shard_id, resume=self.session_id is not None) from error

    def _beginning(self, text: str) -> str:
        """READY and RESUMED, with what discord.py needs of them."""
        message = json.loads(text)
        data = message.get("d")
        match message.get("t"):
            case "READY":
                message["d"] = self._ready(data)
            case "RESUMED":
                message["d"] = {}
            case _:
                return text
        self.is_ready = True
        return json.dumps(message)

    def _ready(self, data: dict[str, Any]) -> dict[str, Any]:
        """The bot's own user is known from the login; of the servers there is no more than their ids yet."""
        me, guilds, resume_url = self._connection.user, data.get("guilds"), data.get("resume_gateway_url")
        if me is None:
            raise AssertionError("a session before the login")
        known = [guild for guild in guilds if isinstance(guild, dict)] if isinstance(guilds, list) else []
        ids = [str(guild.get("id")) for guild in known]
        return {
            "session_id": data["session_id"],
            "resume_gateway_url": resume_url if _is_web_socket(resume_url) else str(self.DEFAULT_GATEWAY),
            "user": {
                "id": str(me.id),
                "username": me.name,
                "global_name": me.global_name,
                "discriminator": me.discriminator,
                "avatar": None,
                "bot": True,
            },
            "shard": [self.shard_id, self.shard_count],
            "guilds": [{"id": id_, "unavailable": True} for id_ in ids if id_.isascii() and id_.isdigit()],
        }


def _is_web_socket(url: object) -> bool:
    return isinstance(url, str) and is_url(url, "ws", "wss")
