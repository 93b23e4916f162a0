"""What members report and moderators decide, and what is in the server's channel for that."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from bot.controls.buttons import Action
from bot.moderation.report_messages import ReportMessages
from core.orders import Picture
from sandbox.discord.interactions import COMMAND, COMPONENT, MODAL_SUBMIT
from sandbox.discord.state import Channel, Message
from tests.places import Place, command

LOG = "after-dark"


class Reports:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.pool = place.bot.pool
        services = place.bot.client.services
        self.messages = ReportMessages(
            place.bot.client,
            services.reports,
            services.rules.servers,
            services.pictures,
            services.picture_store,
            services.languages,
        )

    async def log_to(self, channel: Channel | None) -> None:
        guild_id = int(self.place.world.guild.id)
        log_channel = int(channel.id) if channel is not None else None
        await self.place.bot.client.services.rules.servers.edit(
            guild_id,
            0,
            None,
            lambda server: replace(server, is_allowed=True, rules=server.rules.but(log_channel=log_channel)),
        )

    async def report(self, picture: Picture, reason: str = "", by: str | None = None) -> str:
        by = by or self.place.ben
        assert "Report this picture" in await self.place.press(Action.REPORT, picture, by, "paintings")
        return await self.submit(picture, reason, by)

    async def submit(self, picture: Picture, reason: str, by: str, at: str = "paintings") -> str:
        self.place.bot.opener = await self.place.bot.interact(
            COMMAND, command("queue"), channel=self.place.channel(at), member_id=by
        )
        field = {"type": 18, "component": {"type": 4, "custom_id": "reason", "value": reason}}
        data = {"custom_id": f"report:why:{picture.id}", "components": [field]}
        return await self.place.act(MODAL_SUBMIT, data, by, at)

    async def press(self, control: str, by: str | None = None, at: str = LOG) -> str:
        data = {"custom_id": f"report:{control}", "component_type": 2}
        said = await self.place.act(COMPONENT, data, by or self.place.ada, at, style=2, label="x")
        await self.messages.show_due()
        return said

    async def shown(self, channel: Channel | None = None) -> list[Message]:
        await self.messages.show_due()
        where = (channel or self.place.channel(LOG)).id
        found = self.place.world.messages.get(where, {}).values()
        return [one for one in found if str(one.nonce).startswith("report")]

    async def newest(self) -> int:
        return int(await self.pool.fetchval("select max(id) from reports"))

    async def later(self) -> None:
        await self.pool.execute("update reports set tell_at = now() where tell_at is not null")

    async def is_there(self, picture: Picture) -> bool:
        return await self.place.bot.client.services.pictures.find(picture.id, 0) is not None


@asynccontextmanager
async def reporting(place: Place) -> AsyncIterator[Reports]:
    one = Reports(place)
    await one.pool.execute("truncate reports, blocks, audit")
    await one.log_to(place.channel(LOG))
    yield one
    await one.pool.execute("truncate reports, blocks, audit")
