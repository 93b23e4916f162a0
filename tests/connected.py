"""The bot's client and the local Discord in one process: a test learns all that comes of an event."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from PIL import Image

from bot.client import Client
from bot.export import Exports
from bot.gateway.endpoints import point_at
from bot.held_bytes import HeldBytes
from bot.instruments import Instruments
from bot.messages.words import Languages
from bot.owner.admission import Admission
from bot.owner.doctor import BotDoctor
from bot.owner.membership import Membership
from bot.owner.owners import Owners
from bot.replies.reaction_downloads import ReactionDownloads
from bot.rules import RulesAtHand
from bot.services import Services
from core.policy import Limits
from core.rules import House
from core.settings import DatabaseSettings
from db.audit import Audit
from db.blocks import Blocks
from db.bucket.client import Bucket
from db.copies import Copies
from db.dashboard import Dashboard
from db.downloads import Downloads
from db.erasure import Erasure
from db.export import Export
from db.favourites import Favourites
from db.ledger import Ledger
from db.members import Members
from db.orders import Orders
from db.picture_store import PictureStore
from db.pictures import Pictures
from db.pool import Pool
from db.rate_limits import IdentifyLimit
from db.replies import Replies
from db.reports import Reports
from db.servers import Servers
from db.spill import Spill
from db.uploads import Uploads
from ops.metrics import new_registry
from ops.storage_checks import StorageChecks
from sandbox.discord import DiscordServer, Exchange
from sandbox.discord.gateway import Intent
from sandbox.discord.interactions import COMMAND, MODAL_SUBMIT
from sandbox.discord.state import Channel, Interaction, Message, MessageFlag
from tests.lives import painted, waiting

BOUND_SECONDS = 30.0
EMOJI = "📥"


class Connected:
    """`member` is who acts, in the server or in direct messages; `exchanges` are the client's REST calls."""

    def __init__(
        self,
        server: DiscordServer,
        client: Client,
        pool: Pool,
        exchanges: list[Exchange],
        running: asyncio.Task[None],
    ) -> None:
        self.server = server
        self.client = client
        self.pool = pool
        self.exchanges = exchanges
        self._running = running
        world = server.world
        self.member_id = next(user.id for user in world.users.values() if user.global_name == "Ben")
        direct = world.direct_channel(self.member_id)
        assert direct is not None
        self.opener: Interaction | None = None
        """The one that is said to have opened each modal."""

        self._direct = direct
        self._public = next(channel for channel in world.channels.values() if channel.name == "paintings")

    async def interact(
        self,
        kind: int,
        data: dict[str, Any],
        *,
        direct: bool = False,
        components: Any = None,
        channel: Channel | None = None,
        member_id: str | None = None,
    ) -> Interaction:
        """What Discord knows of it when all is over. `components` are those of the message it is about.

        Nothing of `data` is checked, as it would be if a member's client had sent it.
        """
        channel = channel or self.channel(direct=direct)
        message = self.message(channel, components) if components is not None else None
        came = self.client.wait_for("interaction", timeout=BOUND_SECONDS)
        interaction = self.server.interactions.begin(
            kind,
            member_id or self.member_id,
            channel,
            data,
            locale="en-US",
            message=message,
            opener=self.opener if kind == MODAL_SUBMIT else None,
        )
        await came
        await self.settle()
        return interaction

    def channel(self, *, direct: bool = False) -> Channel:
        return self._direct if direct else self._public

    async def react(self, message_id: int, emoji: dict[str, Any]) -> None:
        came = self.client.wait_for("raw_reaction_add", timeout=BOUND_SECONDS)
        world = self.server.world
        data = {
            "channel_id": self._public.id,
            "message_id": str(message_id),
            "user_id": self.member_id,
            "guild_id": world.guild.id,
            "emoji": emoji,
            "burst": False,
            "type": 0,
        }
        self.server.gateway.dispatch(
            "MESSAGE_REACTION_ADD", data, intent=Intent.GUILD_MESSAGE_REACTIONS, guild_id=world.guild.id
        )
        await came
        await self.settle()

    def message(self, channel: Channel, components: Any) -> Message:
        world = self.server.world
        message = Message(
            world.snowflakes.next(),
            channel.id,
            world.bot_id,
            "2026-01-01T00:00:00+00:00",
            flags=MessageFlag.COMPONENTS_V2,
            components=components,
        )
        world.put_message(message)
        return message

    async def settle(self) -> None:
        """What a handler raises that nobody caught is raised here; what discord.py caught is in its log."""
        async with asyncio.timeout(BOUND_SECONDS):
            while tasks := self.client.running_handlers():
                await asyncio.gather(*tasks)
        assert not self._running.done()

    def is_answered(self, interaction: Interaction) -> bool:
        """With more than that it is being thought about."""
        if interaction.response_type is None:
            return False
        original = self.server.world.message(interaction.channel_id, interaction.original_id or "")
        return original is None or not original.has_flag(MessageFlag.LOADING)


@asynccontextmanager
async def connected(
    settings: DatabaseSettings,
    pool: Pool,
    bucket: Bucket,
    *,
    furnish: Callable[[DiscordServer], None] = lambda server: None,
) -> AsyncIterator[Connected]:
    """With the orders 1 to 3: a picture, somebody else's private one, and one that waits. The first two are shown by
    the messages 1 and 2.

    `furnish` changes the world before the client comes into it.
    """
    exchanges: list[Exchange] = []
    server = DiscordServer(on_exchange=exchanges.append)
    furnish(server)
    await server.start()
    point_at(server.api_base, server.gateway_url)
    client = Client(Languages())
    client.identify_limit = IdentifyLimit(pool)
    client.services = services_for(client, settings, pool, bucket)
    client.downloads = ReactionDownloads(client, client.services, (EMOJI,))
    try:
        async with client:
            came = client.wait_for("connect", timeout=BOUND_SECONDS)
            running = asyncio.create_task(client.start(server.token))
            await came
            await client.tree.sync()
            one = Connected(server, client, pool, exchanges, running)
            await _paint(one, bucket)
            one.opener = await one.interact(COMMAND, {"id": "5", "name": "queue", "type": 1})
            yield one
            # As the bot does before it closes the client; by itself it would wait for its next try.
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    finally:
        await server.stop()


def caught(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What discord.py or asyncio had to catch, so that whoever asked was told nothing."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.partition(".")[0] in ("discord", "asyncio") and record.levelno >= logging.ERROR
    ]


def services_for(client: Client, settings: DatabaseSettings, pool: Pool, bucket: Bucket) -> Services:
    storage = StorageChecks(settings, pool, bucket)
    servers, members, languages = Servers(pool, House()), Members(pool), Languages()
    doctor = BotDoctor(client, client.registration, storage, servers, settings)
    admission = Admission(client, servers, Owners(client), members, languages, ())
    membership = Membership(client, servers, admission)
    return Services(
        orders=Orders(pool),
        replies=Replies(pool),
        pictures=Pictures(pool),
        picture_store=PictureStore(bucket, Spill(pool)),
        uploads=Uploads(pool),
        favourites=Favourites(pool),
        downloads=Downloads(pool),
        copies=Copies(pool),
        erasure=Erasure(pool),
        blocks=Blocks(pool),
        languages=languages,
        model="core",
        count_max=4,
        wake=lambda: None,
        doctor=doctor,
        command_permissions=client.command_permissions,
        instruments=Instruments(new_registry()),
        rules=RulesAtHand(servers, members, admission, membership, Limits()),
        ledger=Ledger(pool),
        exports=Exports(Export(pool), members, Ledger(pool), PictureStore(bucket, Spill(pool))),
        audit=Audit(pool),
        dashboard=Dashboard(pool),
        reports=Reports(pool, Erasure(pool)),
        held_bytes=HeldBytes(),
    )


async def _paint(one: Connected, bucket: Bucket) -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "WEBP")
    mine = await painted(one.pool, member_id=int(one.member_id))
    theirs = await painted(one.pool, member_id=int(one.member_id) + 1, private=True)
    for picture in (mine, theirs):
        await bucket.put_preview(picture, file.getvalue())
        await bucket.put_original(picture, file.getvalue())
    await one.pool.execute("update replies set message_id = order_id")
    await waiting(one.pool, member_id=int(one.member_id))
