"""A member of the local server: uses commands and watches messages, as a person in front of Discord does."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.emoji.signs import Signs

TIMEOUT_SECONDS = 30.0

STRING_SELECT = 3
SELECTS = (STRING_SELECT, 5, 6, 7, 8)
"""The others are of users, roles, both, and channels."""

Message = dict[str, Any]
Values = str | bool | list[str] | list["File"]


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content: bytes


class Member:
    """`seen` holds, for each message, every version of it that this member was shown."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, user_id: str, channels: dict[str, str]
    ) -> None:
        self._session = session
        self._url = f"{url}/sandbox/members/{user_id}"
        self._changed = asyncio.Condition()
        self.user_id = user_id
        self.url = url
        self.locale = "en-US"
        self.channels = channels
        self.seen: dict[str, list[Message]] = {}
        self.deleted: set[str] = set()
        self.failures: list[dict[str, Any]] = []
        self.modals: list[dict[str, Any]] = []
        self.reactions: set[tuple[str, str, str]] = set()
        """Of each: the message, who reacted, and the emoji."""
        self.bot_is_online = False

    async def until(self, condition: Callable[[], bool], *, within_seconds: float = TIMEOUT_SECONDS) -> None:
        """Returns when `condition`, looked at with each event, holds."""
        async with self._changed, asyncio.timeout(within_seconds):
            await self._changed.wait_for(condition)

    async def until_bot_is(self, *, online: bool) -> None:
        await self.until(lambda: self.bot_is_online is online)

    async def use(self, command: str, *, channel: str = "paintings", **options: Any) -> str:
        """Uses a slash command, such as `imagine` or `change vary`, and returns the interaction's id.

        An option that is a File is uploaded.
        """
        files = [value for value in options.values() if isinstance(value, File)]
        given = [
            {"name": name, "type": 11, "value": files.index(value)}
            if isinstance(value, File)
            else {"name": name, "type": 3, "value": value}
            for name, value in options.items()
        ]
        data = {**named(command, given), **await self._attached(self.channels[channel], files)}
        return str((await self._post(self.channels[channel], {"type": 2, "data": data}))["id"])

    async def use_on(self, message: Message, command: str) -> str:
        """Uses a command from the menu of a message and returns the interaction's id."""
        data = {"type": 3, "name": command, "target_id": message["id"]}
        return str((await self._post(message["channel_id"], {"type": 2, "data": data}))["id"])

    async def say(self, content: str = "", *files: File, channel: str = "paintings") -> Message:
        channel_id = self.channels[channel]
        body = {"content": content, **await self._attached(channel_id, list(files))}
        async with self._session.post(f"{self._url}/channels/{channel_id}/messages", json=body) as response:
            message: Message = await response.json()
            assert response.status == 200, message
            return message

    async def proposals(self, command: str, option: str, typed: str) -> list[str]:
        """What autocomplete offers for the text typed so far."""
        options = [{"name": option, "type": 3, "value": typed, "focused": True}]
        answer = await self._post(self.channels["paintings"], {"type": 4, "data": named(command, options)})
        return [choice["name"] for choice in answer["choices"]]

    async def press(self, message: Message, label: str) -> str:
        """Presses the button with this label and returns the interaction's id."""
        button = next(one for one in walk(message) if one["type"] == 2 and one.get("label") == label)
        return await self._component(message, {"custom_id": button["custom_id"], "component_type": 2})

    async def panel(self, message: Message) -> Message:
        """What More opens under the one picture of a message."""
        return await self.reply(await self.press(message, "More"), lambda m: "Favourite" in buttons_of(m))

    async def more(self, message: Message, label: str) -> str:
        """Presses a button of that panel, or enlarges the picture by its menu."""
        panel = await self.panel(message)
        if label != "Upscale":
            return await self.press(panel, label)
        (menu,) = (one for one in walk(panel) if one["type"] == 3)
        values = [option["value"] for option in menu["options"]]
        return await self.choose(panel, next(value for value in values if "upscale-fast" in value))

    async def delete_asked(self, message: Message) -> Message:
        """The question that takes the panel's place."""
        panel = await self.panel(message)
        await self.press(panel, "Delete")
        return await self.message(lambda m: m["id"] == panel["id"] and "for good" in text(m))

    async def choose(self, message: Message, *values: str, menu: str = "") -> str:
        """Chooses from the one select menu, or the one with `menu` in its placeholder or custom id.

        Members, roles and channels are given by their names, or by their ids.
        """
        (select,) = (
            one
            for one in walk(message)
            if one["type"] in SELECTS and menu in f"{one.get('placeholder')} {one['custom_id']}"
        )
        chosen = await self._chosen(select["type"], list(values), message["channel_id"])
        data = {"custom_id": select["custom_id"], "component_type": select["type"], "values": chosen}
        return await self._component(message, data)

    async def modal(self) -> dict[str, Any]:
        """The newest modal that the bot opened."""
        await self.until(lambda: bool(self.modals))
        return self.modals[-1]

    async def submit(self, modal: dict[str, Any], **values: Values) -> str:
        """Fills in some fields of a modal, leaves the others as they are, and sends it.

        Members, roles and channels are given as for `choose`.
        """
        files: list[File] = []
        for field in walk(modal):
            given = values.get(field.get("custom_id", ""))
            if field["type"] in SELECTS and isinstance(given, list):
                names = [one for one in given if isinstance(one, str)]
                values[field["custom_id"]] = await self._chosen(field["type"], names, modal["channel_id"])
        components = [
            _filled(field, values.get(field["custom_id"]), files)
            for field in walk(modal)
            if "custom_id" in field
        ]
        data = {
            "custom_id": modal["custom_id"],
            "components": components,
            **await self._attached(modal["channel_id"], files),
        }
        return str((await self._post(modal["channel_id"], {"type": 5, "data": data}))["id"])

    async def react(self, message: Message, emoji: str = "📥") -> None:
        """Adds a reaction, anew if it is there already."""
        url = f"{self._url}/channels/{message['channel_id']}/messages/{message['id']}/reactions/{emoji}"
        if (message["id"], self.user_id, emoji) in self.reactions:
            async with self._session.delete(url) as response:
                assert response.status == 204, await response.text()
        async with self._session.put(url) as response:
            assert response.status == 204, await response.text()

    async def imagine(self, prompt: str, *, channel: str = "paintings", **options: Any) -> str:
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
        elif kind == "INTERACTION_MODAL_CREATE":
            self.modals.append(data)
        elif kind == "MESSAGE_REACTION_ADD":
            self.reactions.add((data["message_id"], data["user_id"], data["emoji"]["name"]))
        elif kind == "MESSAGE_REACTION_REMOVE":
            self.reactions.discard((data["message_id"], data["user_id"], data["emoji"]["name"]))

    async def world(self) -> dict[str, Any]:
        """The servers with their roles, members and channels, as the page is told them."""
        async with self._session.get(f"{self.url}/sandbox/world") as response:
            world: dict[str, Any] = await response.json()
            return world

    async def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, status: int = 204
    ) -> Any:
        """What the page can ask for besides; `path` is below this member's."""
        async with self._session.request(method, self._url + path, json=body) as response:
            answer = await response.json() if response.content_type == "application/json" else None
            assert response.status == status, answer
            return answer

    async def _chosen(self, kind: int, values: list[str], channel_id: str) -> list[str]:
        """The ids of what a select menu of this type has by these names; other values as they are."""
        if kind == STRING_SELECT:
            return values
        world = await self.world()
        guild_id = next(one["guild_id"] for one in world["channels"] if one["id"] == channel_id)
        ids = ids_in(world, guild_id, kind)
        return [ids.get(value, value) for value in values]

    async def _attached(self, channel_id: str, files: list[File]) -> dict[str, Any]:
        return await attached(self._session, f"{self._url}/channels/{channel_id}", files)

    async def _component(self, message: Message, data: dict[str, Any]) -> str:
        body = {"type": 3, "message_id": message["id"], "data": data}
        return str((await self._post(message["channel_id"], body))["id"])

    async def _post(self, channel_id: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._url}/channels/{channel_id}/interactions"
        async with self._session.post(url, json={"nonce": "1", "locale": self.locale, **body}) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == 200, answer
            return answer


async def attached(session: aiohttp.ClientSession, channel_url: str, files: list[File]) -> dict[str, Any]:
    """Uploads the files, and names them as what they belong to has to: each by its place in the list."""
    if not files:
        return {}
    asked = [{"id": n, "filename": one.name, "file_size": len(one.content)} for n, one in enumerate(files)]
    async with session.post(f"{channel_url}/attachments", json={"files": asked}) as response:
        places = await response.json()
        assert response.status == 200, places
    entries = []
    for file, place in zip(files, places["attachments"], strict=True):
        async with session.put(place["upload_url"], data=io.BytesIO(file.content)) as response:
            assert response.status == 200, await response.text()
        entries.append(
            {"id": str(place["id"]), "filename": file.name, "uploaded_filename": place["upload_filename"]}
        )
    return {"attachments": entries}


def named(command: str, options: list[dict[str, Any]]) -> dict[str, Any]:
    """The data of a command, whose options stand inside its subcommand."""
    name, *path = command.split()
    for place, inner in enumerate(reversed(path)):
        options = [{"name": inner, "type": 1 if place == 0 else 2, "options": options}]
    return {"name": name, "type": 1, "options": options}


def _filled(field: dict[str, Any], value: Values | None, files: list[File]) -> dict[str, Any]:
    """`files` take those that are to be uploaded."""
    filled = {"type": field["type"], "custom_id": field["custom_id"]}
    chosen = [option["value"] for option in field.get("options", []) if option.get("default")]
    chosen += [one["id"] for one in field.get("default_values", [])]
    match field["type"]:
        case 4:  # a text input
            return {**filled, "value": field.get("value", "") if value is None else value}
        case 19:  # an upload
            new = [one for one in value if isinstance(one, File)] if isinstance(value, list) else []
            files += new
            return {**filled, "values": [str(files.index(one)) for one in new]}
        case 21:  # radio buttons
            return {**filled, "value": value or (chosen[0] if chosen else None)}
        case 23:  # a checkbox
            return {**filled, "value": field.get("default", False) if value is None else value}
        case _:
            return {**filled, "values": chosen if value is None else value}


def ids_in(world: dict[str, Any], guild_id: str, kind: int) -> dict[str, str]:
    """Of a server's members, roles or channels, by their names, as far as a select menu of this type has them."""
    guild = next(one for one in world["guilds"] if one["id"] == guild_id)
    users = {name_of(one["user"]): one["user"]["id"] for one in world["members"]}
    users[world["bot"]["username"]] = world["bot"]["id"]
    here = {one["user_id"] for one in guild["members"]}
    members = {name: id_ for name, id_ in users.items() if id_ in here}
    roles = {one["name"]: one["id"] for one in guild["roles"]}
    channels = {one["name"]: one["id"] for one in world["channels"] if one["guild_id"] == guild_id}
    # Where a role has the name of a member, as that of the bot, the member is meant.
    return {5: members, 6: roles, 7: {**roles, **members}, 8: channels}[kind]


def name_of(user: dict[str, Any]) -> str:
    name: str = user.get("global_name") or user["username"]
    return name


def _channels_of(world: dict[str, Any], seen: list[dict[str, Any]], server: str | None) -> dict[str, str]:
    """By their names in `server`, and else in those servers that the bot is in, the first of them first."""
    order = [one["id"] for one in world["guilds"] if one["has_bot"]]
    if server is not None:
        order.insert(0, next(one["id"] for one in world["guilds"] if one["name"] == server))
    channels = {"dm": next(one["id"] for one in seen if one["type"] == 1)}
    for guild_id in order:
        for one in seen:
            if one["guild_id"] == guild_id:
                channels.setdefault(one["name"], one["id"])
    return channels


@asynccontextmanager
async def member(url: str, name: str, *, server: str | None = None) -> AsyncIterator[Member]:
    """Ada, Ben, Cleo or Dora, looking at their servers and at the direct messages with the bot (channel `dm`).

    `server` is looked at even if the bot is not in it, and where two have a channel of one name, that is its.
    """
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/sandbox/world") as response:
            world = await response.json()
        user_id = next(one["user"]["id"] for one in world["members"] if name_of(one["user"]) == name)
        async with session.get(f"{url}/sandbox/members/{user_id}/channels") as response:
            channels = _channels_of(world, await response.json(), server)
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
    found = [message.get("content") or "", *(one.get("description", "") for one in message.get("embeds", []))]
    for component in walk(message):
        found += [component[key] for key in ("content", "label") if component.get(key)]
    return with_plain_signs("\n".join(part for part in found if part)).replace("\N{NO-BREAK SPACE}", " ")


def with_plain_signs(read: str) -> str:
    """With the plain signs in place of the emoji that move."""
    return re.sub(r"<a:tigerbrush_([a-z]+)_[0-9a-f]{8}:\d+>", lambda found: getattr(Signs(), found[1]), read)


def walk(message: Message) -> list[dict[str, Any]]:
    """All components of a message, whatever holds them."""
    found: list[dict[str, Any]] = []
    pending = list(message.get("components", []))
    while pending:
        component = pending.pop(0)
        found.append(component)
        inside = [component[slot] for slot in ("accessory", "component") if slot in component]
        pending = component.get("components", []) + inside + pending
    return found


def links_of(message: Message) -> list[str]:
    """The URLs of its link buttons."""
    return [component["url"] for component in walk(message) if component["type"] == 2 and "url" in component]


def link_of(message: Message) -> str:
    """The URL of the one link button."""
    (url,) = links_of(message)
    return url


def buttons_of(message: Message) -> dict[str, bool]:
    """The labels of its buttons that are no links, and whether each can be pressed."""
    return {
        component.get("label", ""): not component.get("disabled", False)
        for component in walk(message)
        if component["type"] == 2 and "custom_id" in component
    }


def pictures_of(message: Message) -> list[dict[str, Any]]:
    """The items of its galleries: `media` with a URL, and `description`, which is the alt text."""
    return [item for component in walk(message) for item in component.get("items", [])]


def is_waiting(message: Message) -> bool:
    return "⏳" in text(message)


def is_running(message: Message) -> bool:
    return "🔄" in text(message)


def is_done(message: Message) -> bool:
    """All of it: of an order of several, some may be there while others are painted."""
    return "Full size" in text(message) and not is_running(message)


def is_cancelled(message: Message) -> bool:
    return "🚫" in text(message).splitlines()[0]


def is_failed(message: Message) -> bool:
    return "⚠️" in text(message)
