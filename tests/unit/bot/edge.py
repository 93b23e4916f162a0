"""Discord as discord.py shows it, for tests that need no server: what it is asked is kept, and fails as a test says."""

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import discord
import pytest

BOT_ID = 99
EPHEMERAL = 64


def refusal(status: int, code: int, text: str = "No", **headers: str) -> discord.HTTPException:
    """Discord's own word."""
    response: Any = SimpleNamespace(
        status=status, reason="", headers={"Content-Type": "application/json", **headers}
    )
    return discord.HTTPException(response, {"code": code, "message": text})


class Edge:
    """In the place of the client. `calls` are what was asked: what, in which channel, of which message, and how.

    `faults` are raised by what they are named after, one after the other. Direct messages to a member go to the
    channel of 1000 more than the member's id.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, int, Any, dict[str, Any]]] = []
        self.faults: defaultdict[str, list[BaseException]] = defaultdict(list)
        self.user = SimpleNamespace(id=BOT_ID)
        self.http = SimpleNamespace(proxy="http://proxy")
        self.bots: set[int] = set()
        self.flags = 0
        self.at_channel = 30

    def take_webhooks(self, monkeypatch: pytest.MonkeyPatch) -> "Edge":
        def partial(application_id: int, token: str, *, client: Any) -> Any:
            assert (application_id, token, client) == (1, "token", self)
            return _Webhook(self)

        monkeypatch.setattr(discord.Webhook, "partial", partial)
        return self

    def names(self) -> list[str]:
        return [name for name, *_ in self.calls]

    def do(self, name: str, channel_id: int, message_id: Any = None, **how: Any) -> None:
        self.calls.append((name, channel_id, message_id, how))
        if self.faults[name]:
            raise self.faults[name].pop(0)

    def get_partial_messageable(self, channel_id: int, *, guild_id: int | None = None) -> "_Channel":
        return _Channel(self, channel_id, guild_id)

    async def create_dm(self, user: Any) -> "_Channel":
        self.do("open", user.id)
        return _Channel(self, 1000 + user.id, None, "direct")

    async def fetch_user(self, user_id: int) -> Any:
        self.do("user", user_id)
        channel = _Channel(self, 1000 + user_id, None, "direct")
        return SimpleNamespace(id=user_id, bot=user_id in self.bots, send=channel.send)

    def message(self, channel_id: int, message_id: int) -> Any:
        flags = discord.MessageFlags._from_value(self.flags)
        return SimpleNamespace(id=message_id, channel=SimpleNamespace(id=channel_id), flags=flags)


class _Channel:
    def __init__(self, edge: Edge, id_: int, guild_id: int | None, name: str = "post") -> None:
        self.id = id_
        self._edge = edge
        self._guild_id = guild_id
        self._name = name

    async def send(self, *, view: Any, files: Any, nonce: str, **more: Any) -> Any:
        self._edge.do(
            self._name, self.id, view=view, files=files, nonce=nonce, guild_id=self._guild_id, **more
        )
        return self._edge.message(self.id, 500 + len(self._edge.calls))

    def get_partial_message(self, message_id: int) -> "_Message":
        return _Message(self._edge, self.id, message_id)


class _Message:
    def __init__(self, edge: Edge, channel_id: int, id_: int) -> None:
        self._at = channel_id, id_
        self._edge = edge

    async def edit(self, **how: Any) -> None:
        self._edge.do("edit", *self._at, **how)

    async def delete(self) -> None:
        self._edge.do("delete", *self._at)

    async def add_reaction(self, emoji: str) -> None:
        self._edge.do("react", *self._at, emoji=emoji)

    def to_reference(self, *, fail_if_not_exists: bool) -> tuple[int, bool]:
        return self._at[1], fail_if_not_exists


class _Webhook:
    def __init__(self, edge: Edge) -> None:
        self.proxy: str | None = None
        self._edge = edge

    async def edit_message(self, message_id: Any, **how: Any) -> Any:
        self._edge.do("token", self._edge.at_channel, message_id, proxy=self.proxy, **how)
        return self._edge.message(self._edge.at_channel, 5)

    async def fetch_message(self, message_id: Any) -> Any:
        self._edge.do("fetch", self._edge.at_channel, message_id)
        return self._edge.message(self._edge.at_channel, 5)

    async def delete_message(self, message_id: Any) -> None:
        self._edge.do("take back", self._edge.at_channel, message_id, proxy=self.proxy)
