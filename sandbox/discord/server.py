"""The local Discord as one process: REST and gateway for the bot, the page and its API for members."""

import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from yarl import URL

from sandbox.discord import errors
from sandbox.discord.body import look_at
from sandbox.discord.cdn import Cdn
from sandbox.discord.events import Events
from sandbox.discord.exchange import Exchange
from sandbox.discord.faults import Faults
from sandbox.discord.gateway import HEARTBEAT_INTERVAL_SECONDS, Gateway
from sandbox.discord.guilds import Guilds
from sandbox.discord.interactions import Interactions
from sandbox.discord.managers import Managers
from sandbox.discord.member_interactions import MemberInteractions
from sandbox.discord.members import Members
from sandbox.discord.messages import Messages
from sandbox.discord.owner import Owner
from sandbox.discord.ratelimits import RateLimits
from sandbox.discord.render import Render
from sandbox.discord.rest.channels import Channels
from sandbox.discord.rest.commands import Commands
from sandbox.discord.rest.emoji import ApplicationEmoji
from sandbox.discord.rest.guilds import GuildsOfBot
from sandbox.discord.rest.users import Users
from sandbox.discord.rest.webhooks import Webhooks
from sandbox.discord.rest.wire import PREFIX, Wire, errors_in_shape
from sandbox.discord.rules.attachments import ATTACHMENT_BYTES_MAX
from sandbox.discord.seed import another_guild
from sandbox.discord.store import Store
from sandbox.discord.streams import Streams
from sandbox.discord.uploads import Uploads
from sandbox.discord.viewers import Viewers
from sandbox.discord.wire import Json
from sandbox.guard import guard

log = logging.getLogger(__name__)

PAGE = Path(__file__).parent / "page"


class DiscordServer:
    """`directory` keeps the world over restarts; without one it is forgotten.

    `interactions` and `gateway` tell the bot of anything; a member's client can only do what Discord lets it.
    `owner` and `guilds` do what the owner of a server does, whoever that is.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        token: str = "sandbox-bot-token",
        clock: Callable[[], float] = time.time,
        heartbeat_interval_seconds: float = HEARTBEAT_INTERVAL_SECONDS,
        on_exchange: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.token = token
        self.url = ""
        self.welcome: Json | None = None
        """What the page shows to begin with: a note, and prompts to click."""
        self._store = Store(directory, clock)
        self.world = self._store.world
        self._streams = Streams()
        self._runner: web.AppRunner | None = None

        cdn = Cdn(self.world, self._store, lambda: self.url, key=token)
        render = Render(self.world, cdn)
        self._render = render
        self.gateway = Gateway(
            self.world,
            render,
            token=token,
            heartbeat_interval_seconds=heartbeat_interval_seconds,
        )
        events = self._events = Events(self.world, render, self.gateway, self._streams)
        messages = Messages(self.world, self._store, events)
        interactions = Interactions(self.world, self._store, render, events, self.gateway, messages)
        self.interactions = interactions
        self.owner = Owner(self.world, self._store, events)
        self.guilds = Guilds(self.world, self._store, render, events)
        self._faults = Faults(self.world, self.gateway, interactions, self.owner)
        viewers = Viewers(self.world, messages)
        uploads = Uploads(self.world, viewers)
        members = Members(
            self.world,
            render,
            self.gateway,
            self._streams,
            messages,
            viewers,
            uploads,
            welcome=lambda: self.welcome,
        )
        asking = MemberInteractions(self.world, self._store, messages, interactions, viewers, uploads)
        managing = Managers(self.world, render, viewers, messages, self.owner, self.guilds)
        self._beside_rest = (members, asking, uploads, cdn, managing, self.owner)
        wire = Wire(RateLimits(clock), self._faults.rest, token=token, clock=clock, on_exchange=on_exchange)
        self._rest = web.Application(middlewares=wire.middlewares, client_max_size=_BODY_BYTES_MAX)
        for part in (
            Users(self.world, render, self.gateway, gateway_url=lambda: self.gateway_url),
            GuildsOfBot(self.world, render, self.guilds),
            Commands(self.world, self._store, events),
            ApplicationEmoji(self.world, self._store, render),
            Channels(self.world, render, messages),
            Webhooks(self.world, render, messages, interactions),
        ):
            self._rest.add_routes(part.routes())
        self._rest.router.add_route("*", "/{path:.*}", _not_implemented)

    @property
    def api_base(self) -> str:
        return self.url + PREFIX

    @property
    def gateway_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/gateway"

    def add_guild(self, name: str, channel_name: str) -> str:
        """The id of one more server, with the members of the first and the bot. For tests."""
        guild = another_guild(self.world, name, channel_name)
        self._store.changed()
        self._events.bot_joined(guild)
        return guild.id

    def attach(self, filename: str, content: bytes) -> str:
        """The id of a file as it comes with an interaction. For tests that begin one themselves."""
        attachment = look_at(filename, content, self.world.snowflakes.next()).attachment
        self._store.put_file(attachment.id, content)
        self.world.put_ephemeral_attachments([attachment])
        return attachment.id

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        app = web.Application(middlewares=[guard, errors_in_shape])
        app.add_subapp(PREFIX, self._rest)
        app.router.add_get("/gateway", self.gateway.handle)
        # discord.py dials a URL with a slash at its end.
        app.router.add_get("/gateway/", self.gateway.handle)
        app.router.add_post("/sandbox/faults", self._faults.handle)
        for part in self._beside_rest:
            app.add_routes(part.routes())
        app.router.add_get("/", self._index)
        app.router.add_static("/page/", PAGE)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        app.on_shutdown.append(self._hang_up)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        address = self._runner.addresses[0]
        self.url = f"http://{address[0]}:{address[1]}"
        if host == "127.0.0.1":
            # Not every machine has the other address, or this port of it free.
            with contextlib.suppress(OSError):
                await web.TCPSite(self._runner, "::1", address[1]).start()

    async def _index(self, request: web.Request) -> web.StreamResponse:
        """By another name of this machine it leads to that of the pictures: a browser keeps them apart."""
        url = URL(self.url)
        if request.url.port == url.port and request.url.host != url.host:
            return web.Response(status=302, headers={"Location": f"{self.url}/"})
        return web.FileResponse(PAGE / "index.html")

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        self._store.save()

    async def _hang_up(self, _app: web.Application) -> None:
        self._streams.close()
        # It may resume once the server is back.
        self.gateway.disconnect(4000)


# Ten attachments of the largest size, and the JSON beside them.
_BODY_BYTES_MAX = 10 * ATTACHMENT_BYTES_MAX + 1024 * 1024


async def _not_implemented(request: web.Request) -> web.Response:
    raise errors.not_implemented(f"{request.method} {request.path}")
