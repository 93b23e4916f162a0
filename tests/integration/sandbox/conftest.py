"""A bot and members in front of the local Discord, each speaking what goes over the wire."""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest

from sandbox.discord import DiscordServer, Exchange
from sandbox.discord.gateway import IDENTIFY_SECONDS
from tests.contract import DiscordContract
from tests.member import File, attached
from tests.specs import DISCORD, find_spec

Json = dict[str, Any]
Files = Mapping[str, bytes]

BOUND_SECONDS = 10.0

GUILDS, GUILD_MESSAGES, GUILD_REACTIONS, DIRECT_MESSAGES, DIRECT_REACTIONS = (
    1 << bit for bit in (0, 9, 10, 12, 13)
)
ALL_INTENTS = GUILDS | GUILD_MESSAGES | GUILD_REACTIONS | DIRECT_MESSAGES | DIRECT_REACTIONS

MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15

PAINT: Json = {
    "name": "paint",
    "description": "Paints a picture",
    "options": [
        {"type": 3, "name": "prompt", "description": "What to paint", "required": True, "max_length": 20},
        {"type": 4, "name": "steps", "description": "How long", "min_value": 1, "max_value": 50},
        {"type": 3, "name": "style", "description": "How", "choices": [{"name": "Ink", "value": "ink"}]},
        {"type": 3, "name": "mood", "description": "Which", "autocomplete": True},
    ],
}


class Clock:
    """The time, which a test may put forward, or stop lest a slow machine make a difference."""

    def __init__(self) -> None:
        self.ahead_seconds = 0.0
        self._stopped_at: float | None = None

    def __call__(self) -> float:
        now = time.time() if self._stopped_at is None else self._stopped_at
        return now + self.ahead_seconds

    def stop(self) -> None:
        self._stopped_at = time.time()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def refusal(self) -> tuple[int, int]:
        return self.status, self.body["code"]

    def problem(self, *path: str) -> str:
        """The code of the first error of a field, named by the keys that lead to it."""
        assert self.refusal == (400, 50035), self.body
        place = self.body["errors"]
        for key in path:
            assert key in place, self.body
            place = place[key]
        code: str = place["_errors"][0]["code"]
        return code


async def _call(session: aiohttp.ClientSession, method: str, url: str, **more: Any) -> Answer:
    async with session.request(method, url, **more) as response:
        content = await response.read()
        is_json = content and response.content_type == "application/json"
        return Answer(response.status, json.loads(content) if is_json else content, response.headers)


class Bot:
    """Its REST calls."""

    def __init__(self, session: aiohttp.ClientSession, server: DiscordServer, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self.server = server
        self.application_id = server.world.application_id
        self.guild_id = server.world.guild.id
        self.channels = {c.name: f"/channels/{c.id}" for c in server.world.channels.values() if c.name}
        self.paintings = self.channels["paintings"]
        self.commands = f"/applications/{self.application_id}/commands"

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        files: Files | None = None,
        authorization: str | None = None,
        patient: bool = True,
    ) -> Answer:
        """Where it is told to wait for a limit, it puts the clock forward, unless it is not `patient`."""
        headers = {"Authorization": authorization or f"Bot {self.server.token}"}
        while True:
            content = {"data": _form(body, files)} if files else {} if body is None else {"json": body}
            url = self.server.api_base + path
            answer = await _call(self._session, method, url, headers=headers, **content)
            if answer.status != 429 or not patient:
                return answer
            self._clock.ahead_seconds += answer.body["retry_after"]

    async def raw(self, method: str, path: str, content: bytes, content_type: str) -> Answer:
        headers = {"Authorization": f"Bot {self.server.token}", "Content-Type": content_type}
        url = self.server.api_base + path
        return await _call(self._session, method, url, headers=headers, data=content)

    async def say(self, body: Json | None = None, *, files: Files | None = None) -> Json:
        """Posts a message in the paintings channel."""
        answer = await self.call(
            "POST", self.paintings + "/messages", body or {"content": "Hello"}, files=files
        )
        assert answer.status == 200, answer.body
        message: Json = answer.body
        return message

    async def respond(self, interaction: Json, kind: int, data: Json | None = None, **more: Any) -> Answer:
        """The first answer."""
        path = f"/interactions/{interaction['id']}/{interaction['token']}/callback?with_response=true"
        body = {"type": kind} if data is None else {"type": kind, "data": data}
        return await self.call("POST", path, body, authorization="none", **more)

    async def follow_up(self, interaction: Json, method: str, path: str, body: Any = None) -> Answer:
        """All other calls with an interaction's token."""
        webhook = f"/webhooks/{self.application_id}/{interaction['token']}"
        return await self.call(method, webhook + path, body, authorization="none")

    async def fault(self, kind: str, **details: Any) -> Answer:
        url = f"{self.server.url}/sandbox/faults"
        return await _call(self._session, "POST", url, json={"kind": kind, **details})

    async def fetch(self, url: str) -> Answer:
        return await _call(self._session, "GET", url)


def _form(body: Any, files: Files) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("payload_json", json.dumps(body or {}), content_type="application/json")
    for number, (name, content) in enumerate(files.items()):
        form.add_field(f"files[{number}]", io.BytesIO(content), filename=name)
    return form


class GatewayClient:
    """One connection of a bot. `kinds` are the events it was sent, in order."""

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse, token: str, clock: Clock | None = None
    ) -> None:
        self.socket = socket
        self._token = token
        self._clock = clock
        self.session_id = ""
        self.sequence: int | None = None
        self.kinds: list[str] = []

    async def send(self, op: object, data: object) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def receive(self) -> Json:
        message = await self.socket.receive(timeout=BOUND_SECONDS)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        return self._take(message.data)

    def _take(self, text: str) -> Json:
        payload: Json = json.loads(text)
        if payload["op"] == 0:
            self.sequence = payload["s"]
            self.kinds.append(payload["t"])
        return payload

    async def until(self, op: int) -> Any:
        while (payload := await self.receive())["op"] != op:
            pass
        return payload["d"]

    async def event(self, kind: str) -> Json:
        while (payload := await self.receive())["t"] != kind:
            pass
        data: Json = payload["d"]
        return data

    async def closed(self) -> int:
        """The code that it is closed with."""
        while (message := await self.socket.receive(timeout=BOUND_SECONDS)).type is aiohttp.WSMsgType.TEXT:
            self._take(message.data)
        assert message.type is aiohttp.WSMsgType.CLOSE, message
        code: int = message.data
        return code

    async def identify(self, intents: int = ALL_INTENTS, **more: Any) -> Json:
        """Returns READY, once Discord takes another session: the clock is put forward for that."""
        if self._clock is not None:
            self._clock.ahead_seconds += IDENTIFY_SECONDS
        await self.ask(intents=intents, **more)
        ready = await self.event("READY")
        self.session_id = ready["session_id"]
        return ready

    async def ask(self, **fields: Any) -> None:
        properties = {"os": "linux", "browser": "test", "device": "test"}
        data = {"token": self._token, "properties": properties, "intents": ALL_INTENTS}
        await self.send(2, {**data, **fields})

    async def resume(self, session_id: str, sequence: int | None) -> None:
        await self.send(6, {"token": self._token, "session_id": session_id, "seq": sequence})


Dial = Callable[..., Awaitable[GatewayClient]]


class Person:
    """A member and the page they look at. `events` are what the page was told."""

    def __init__(self, session: aiohttp.ClientSession, server: DiscordServer, name: str) -> None:
        world = server.world
        self._session = session
        self._changed = asyncio.Condition()
        self.id = next(user.id for user in world.users.values() if user.global_name == name)
        self.url = f"{server.url}/sandbox/members/{self.id}"
        self.channels = {c.name: f"/channels/{c.id}" for c in world.channels.values() if c.name}
        direct = world.direct_channel(self.id)
        assert direct is not None
        self.direct = self.channels["dm"] = f"/channels/{direct.id}"
        self.paintings = self.channels["paintings"]
        self.events: list[tuple[str, Json]] = []

    async def call(self, method: str, path: str, body: Any = None) -> Answer:
        content = {} if body is None else {"json": body}
        return await _call(self._session, method, self.url + path, **content)

    async def attached(self, *files: File, channel: str = "paintings") -> Json:
        """Uploads the files; the answer belongs into what names them, by their places."""
        return await attached(self._session, self.url + self.channels[channel], list(files))

    async def say(self, content: str = "Hello", *files: File, channel: str = "paintings") -> Json:
        body = {"content": content, **await self.attached(*files, channel=channel)}
        answer = await self.call("POST", self.channels[channel] + "/messages", body)
        assert answer.status == 200, answer.body
        message: Json = answer.body
        return message

    async def history(self, channel: str = "paintings") -> list[Json]:
        answer = await self.call("GET", self.channels[channel] + "/messages")
        assert answer.status == 200
        messages: list[Json] = answer.body
        return messages

    async def interact(self, kind: int, data: Any, *, channel: str = "paintings", **more: Any) -> Answer:
        path = self.channels[channel] + "/interactions"
        return await self.call("POST", path, {"type": kind, "nonce": "n", "data": data, **more})

    async def use(self, name: str = "paint", *, channel: str = "paintings", **options: Any) -> Answer:
        given = [{"type": 3, "name": name, "value": value} for name, value in options.items()]
        return await self.interact(2, {"name": name, "options": given}, channel=channel)

    async def press(self, message: Json, custom_id: str, **data: Any) -> Answer:
        pressed = {"component_type": 2, "custom_id": custom_id, **data}
        return await self.interact(3, pressed, message_id=message["id"])

    async def told(self, kind: str, **fields: Any) -> Json:
        """The first event of the kind with these fields, waiting for it if need be."""

        def found() -> Json | None:
            told = (data for one, data in self.events if one == kind)
            return next((data for data in told if fields.items() <= data.items()), None)

        async with self._changed, asyncio.timeout(BOUND_SECONDS):
            await self._changed.wait_for(lambda: found() is not None)
        data = found()
        assert data is not None
        return data

    async def watch(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._session.get(self.url + "/events", timeout=timeout) as response:
            async for line in response.content:
                if line.startswith(b"data:"):
                    event = json.loads(line.removeprefix(b"data:"))
                    async with self._changed:
                        self.events.append((event["t"], event["d"]))
                        self._changed.notify_all()


@pytest.fixture(scope="session")
def contract() -> DiscordContract | None:
    """None where the document is not at hand."""
    document = find_spec(DISCORD)
    return DiscordContract(document) if document else None


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
async def server(
    clock: Clock, exchanges: list[Exchange], contract: DiscordContract | None
) -> AsyncIterator[DiscordServer]:
    """Whatever it answers is held against Discord's document, and so is what it takes."""
    server = DiscordServer(clock=clock, on_exchange=exchanges.append)
    await server.start()
    yield server
    await server.stop()
    if contract is not None:
        # What is refused here is wrong on purpose. Of 500 and above the document knows none.
        taken = [
            replace(e, request=None, query={}) if e.status >= 400 else e
            for e in exchanges
            if e.status < 500 and not e.provoked
        ]
        assert [problem for exchange in taken for problem in contract.check(exchange)] == []


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def bot(session: aiohttp.ClientSession, server: DiscordServer, clock: Clock) -> Bot:
    return Bot(session, server, clock)


@pytest.fixture
async def dial(session: aiohttp.ClientSession, server: DiscordServer, clock: Clock) -> AsyncIterator[Dial]:
    """Connects to the gateway and has the greeting behind it."""
    async with AsyncExitStack() as stack:

        async def dial(query: str = "?v=10&encoding=json") -> GatewayClient:
            socket = await stack.enter_async_context(session.ws_connect(server.gateway_url + query))
            return GatewayClient(socket, server.token, clock)

        yield dial


@pytest.fixture
async def gateway(dial: Dial) -> GatewayClient:
    """An identified connection that is told everything."""
    client = await dial()
    await client.identify()
    await client.event("GUILD_CREATE")
    return client


@asynccontextmanager
async def _person(server: DiscordServer, name: str) -> AsyncIterator[Person]:
    async with aiohttp.ClientSession() as session:
        person = Person(session, server, name)
        watching = asyncio.create_task(person.watch())
        await person.told("READY")
        yield person
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


@pytest.fixture
async def ada(server: DiscordServer) -> AsyncIterator[Person]:
    """The owner of the server."""
    async with _person(server, "Ada") as person:
        yield person


@pytest.fixture
async def ben(server: DiscordServer) -> AsyncIterator[Person]:
    """An ordinary member."""
    async with _person(server, "Ben") as person:
        yield person


@pytest.fixture
async def cleo(server: DiscordServer) -> AsyncIterator[Person]:
    """May look and react."""
    async with _person(server, "Cleo") as person:
        yield person


@pytest.fixture
async def interaction(bot: Bot, gateway: GatewayClient, ada: Person) -> Json:
    """Ada's command, of which the bot was just told."""
    assert (await bot.call("PUT", bot.commands, [PAINT])).status == 200
    answer = await ada.use(prompt="a fox")
    assert answer.status == 200, answer.body
    told = await gateway.event("INTERACTION_CREATE")
    assert told["id"] == answer.body["id"]
    return told
