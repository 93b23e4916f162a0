"""A member of the local server: uses commands and watches messages, as a person in front of Discord does."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

TIMEOUT_SECONDS = 30.0

Message = dict[str, Any]


class Member:
    """`seen` holds, for each message, every version of it that this member was shown."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, user_id: str, channels: dict[str, str]
    ) -> None:
        self._session = session
        self._url = f"{url}/sandbox/members/{user_id}"
        self._changed = asyncio.Condition()
        self.user_id = user_id
        self.channels = channels
        self.seen: dict[str, list[Message]] = {}
        self.deleted: set[str] = set()
        self.failures: list[dict[str, Any]] = []
        self.bot_is_online = False

    async def until(self, condition: Callable[[], bool], *, within_seconds: float = TIMEOUT_SECONDS) -> None:
        """Returns when `condition`, looked at with each event, holds."""
        async with self._changed, asyncio.timeout(within_seconds):
            await self._changed.wait_for(condition)

    async def until_bot_is(self, *, online: bool) -> None:
        await self.until(lambda: self.bot_is_online is online)

    async def use(self, command: str, *, channel: str = "paintings", **options: str | int) -> str:
        """Uses a slash command and returns the interaction's id."""
        values = [
            {"name": name, "type": 4 if isinstance(value, int) else 3, "value": value}
            for name, value in options.items()
        ]
        answer = await self._post(channel, {"type": 2, "data": {"name": command, "options": values}})
        return str(answer["id"])

    async def imagine(self, prompt: str, *, channel: str = "paintings", **options: str | int) -> str:
        return await self.use("imagine", channel=channel, prompt=prompt, **options)

    async def reply(
        self,
        interaction_id: str,
        where: Callable[[Message], bool],
        *,
        within_seconds: float = TIMEOUT_SECONDS,
    ) -> Message:
        """The reply to an interaction, once it is as `where` says."""
        return await self.message(
            lambda m: interaction_of(m) == interaction_id and where(m), within_seconds=within_seconds
        )

    async def message(
        self, where: Callable[[Message], bool], *, within_seconds: float = TIMEOUT_SECONDS
    ) -> Message:
        """The newest version of a message that is as `where` says, waiting for it if need be."""

        def found() -> Message | None:
            newest = (versions[-1] for id_, versions in self.seen.items() if id_ not in self.deleted)
            return next((message for message in newest if where(message)), None)

        async with self._changed:
            try:
                async with asyncio.timeout(within_seconds):
                    await self._changed.wait_for(lambda: found() is not None)
            except TimeoutError:
                shown = [text(versions[-1]) for versions in self.seen.values()]
                raise AssertionError(
                    f"no such message within {within_seconds} s; there are {shown}"
                ) from None
            message = found()
            assert message is not None
            return message

    async def history(self, channel: str = "paintings") -> list[Message]:
        """The messages of a channel, as a client that has just opened it sees them."""
        async with self._session.get(f"{self._url}/channels/{self.channels[channel]}/messages") as response:
            assert response.status == 200
            messages: list[Message] = await response.json()
            return messages

    async def delete(self, message: Message) -> None:
        url = f"{self._url}/channels/{message['channel_id']}/messages/{message['id']}"
        async with self._session.delete(url) as response:
            assert response.status == 204, await response.text()
        await self.until(lambda: message["id"] in self.deleted)

    async def watch(self, connected: asyncio.Event) -> None:
        async with self._session.get(
            f"{self._url}/events",
            timeout=aiohttp.ClientTimeout(total=None),
            headers={"Accept": "text/event-stream"},
        ) as response:
            assert response.status == 200
            async for line in response.content:
                if line.startswith(b"data:"):
                    event = json.loads(line.removeprefix(b"data:"))
                    if event["t"] == "READY":
                        connected.set()
                    async with self._changed:
                        self._take(event["t"], event["d"])
                        self._changed.notify_all()

    def _take(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "READY":
            self.bot_is_online = data["bot_online"]
        elif kind == "BOT_PRESENCE":
            self.bot_is_online = data["online"]
        elif kind in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
            self.seen.setdefault(data["id"], []).append(data)
        elif kind == "MESSAGE_DELETE":
            self.deleted.add(data["id"])
        elif kind == "INTERACTION_FAILURE":
            self.failures.append(data)

    async def _post(self, channel: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._url}/channels/{self.channels[channel]}/interactions"
        async with self._session.post(url, json={"nonce": "1", "locale": "en-US", **body}) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == 200, answer
            return answer


@asynccontextmanager
async def member(url: str, name: str) -> AsyncIterator[Member]:
    """Ada, Ben or Cleo, looking at the server and at the direct messages with the bot (channel `dm`)."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/sandbox/world") as response:
            world = await response.json()
        users = [m["user"] for m in world["members"]]
        user_id = next(u["id"] for u in users if name in (u.get("global_name"), u["username"]))
        async with session.get(f"{url}/sandbox/members/{user_id}/channels") as response:
            channels = {c["name"] if c["type"] == 0 else "dm": c["id"] for c in await response.json()}
        one = Member(session, url, user_id, channels)
        connected = asyncio.Event()
        watching = asyncio.create_task(one.watch(connected))
        try:
            await asyncio.wait_for(connected.wait(), TIMEOUT_SECONDS)
            yield one
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def fault(url: str, kind: str, **details: Any) -> None:
    """Has the local Discord misbehave; its README lists the kinds."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/sandbox/faults", json={"kind": kind, **details}) as response,
    ):
        assert response.status == 204, await response.text()


def interaction_of(message: Message) -> str | None:
    id_: str | None = (message.get("interaction_metadata") or {}).get("id")
    return id_


def text(message: Message) -> str:
    """All that is to be read in a message, in order."""
    found = [message.get("content") or ""]
    for component in walk(message):
        found += [component[key] for key in ("content", "label") if component.get(key)]
    return "\n".join(part for part in found if part)


def walk(message: Message) -> list[dict[str, Any]]:
    """All components of a message, whatever holds them."""
    found: list[dict[str, Any]] = []
    pending = list(message.get("components", []))
    while pending:
        component = pending.pop(0)
        found.append(component)
        pending = component.get("components", []) + pending
    return found


def link_of(message: Message) -> str:
    """The URL of the one link button."""
    (url,) = (
        component["url"] for component in walk(message) if component["type"] == 2 and "url" in component
    )
    assert isinstance(url, str)
    return url


def pictures_of(message: Message) -> list[dict[str, Any]]:
    """The items of its galleries: `media` with a URL, and `description`, which is the alt text."""
    return [item for component in walk(message) for item in component.get("items", [])]


def is_waiting(message: Message) -> bool:
    return "⏳" in text(message)


def is_running(message: Message) -> bool:
    return "🔄" in text(message)


def is_done(message: Message) -> bool:
    return "Full size" in text(message)


def is_failed(message: Message) -> bool:
    return "⚠️" in text(message)
