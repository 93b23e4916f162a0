"""The bot in two servers, whose members see and may do different things in their channels."""

import io
from dataclasses import dataclass
from typing import Any

from PIL import Image

from bot.controls.buttons import ORDER_ACTIONS, Action, OrderButton, PictureButton
from bot.controls.page_controls import Move, Query
from bot.controls.verbs import Step, Verb
from core.orders import JOB_NUMBERS, Order, Picture
from db.bucket.client import Bucket
from db.pool import Pool
from sandbox.discord import DiscordServer
from sandbox.discord.interactions import COMMAND, COMPONENT, MODAL_SUBMIT
from sandbox.discord.rules.permissions import Permission as P
from sandbox.discord.state import PRIVATE_THREAD, PUBLIC_THREAD, Channel, Overwrite, Role, World
from tests.connected import Connected
from tests.lives import finish, stored, worker

NOT_THERE = "This picture is not there any more, or it is not for you to see here."
NOT_THEIRS = "Only the member who asked for this picture"
STAFF = "1"


@dataclass
class Place:
    """What members do, each in the channel that is named."""

    bot: Connected
    bucket: Bucket
    ada: str
    ben: str
    cleo: str

    @property
    def world(self) -> World:
        return self.bot.server.world

    def channel(self, name: str) -> Channel:
        """Of a server that the bot is in."""
        known = {guild.id for guild in self.world.bot_guilds()}
        return next(one for one in self.world.channels.values() if one.name == name and one.guild_id in known)

    async def act(self, kind: int, data: dict[str, Any], by: str, at: str, **looks: Any) -> str:
        """All that the bot says because of it. `looks` are what a component has beside what is sent of it."""
        before = len(self.bot.exchanges)
        row = None
        if kind == COMPONENT:
            pressed = {"type": data["component_type"], "custom_id": data["custom_id"], "id": 2, **looks}
            row = [{"type": 1, "id": 1, "components": [pressed]}]
        place = self.channel(at)
        await self.bot.interact(kind, data, channel=place, member_id=by, components=row)
        calls = self.bot.exchanges[before:]
        assert [call for call in calls if call.status >= 400 and call.method != "GET"] == []
        return str([call.request for call in calls])

    async def press(self, action: Action, of: Order | Picture, by: str, at: str) -> str:
        order = of if isinstance(of, Order) else of.order
        button = (
            OrderButton(action, order.id)
            if action in ORDER_ACTIONS
            else PictureButton(action, of.id if isinstance(of, Picture) else first_of(of))
        )
        data = {"custom_id": button.custom_id, "component_type": 2}
        return await self.act(COMPONENT, data, by, at, style=2, label="x")

    async def enlarge(self, picture: Picture, by: str, at: str) -> str:
        """By the panel's menu, fast, which asks nothing more."""
        verb = Verb("upscale", picture.id, "upscale-fast").custom_id(Step.VERB)
        data = {"custom_id": verb, "component_type": 2}
        return await self.act(COMPONENT, data, by, at, style=2, label="x")

    async def open(self, picture: Picture, by: str, at: str) -> str:
        options = [{"label": "x", "value": str(picture.id)}]
        data = {"custom_id": "gallery:open", "component_type": 3, "values": [str(picture.id)]}
        return await self.act(COMPONENT, data, by, at, options=options)

    async def edit(self, picture: Picture, by: str, at: str) -> str:
        fields = {"prompt": "a badger", "size": "256 x 256", "negative_prompt": ""}
        components = [
            {"type": 18, "component": {"type": 4, "custom_id": name, "value": value}}
            for name, value in fields.items()
        ]
        self.bot.opener = await self.bot.interact(
            COMMAND, command("queue"), channel=self.channel(at), member_id=by
        )
        data = {"custom_id": f"edit:{picture.order.id}", "components": components}
        return await self.act(MODAL_SUBMIT, data, by, at)

    async def gallery(self, by: str, at: str, **options: Any) -> str:
        return await self.act(COMMAND, command("gallery", **options), by, at)

    async def page(self, move: Move, cursor: int, query: Query, by: str, at: str) -> str:
        data = {"custom_id": query.custom_id(move, cursor), "component_type": 2}
        return await self.act(COMPONENT, data, by, at, style=2, label="x")

    async def share(self, at: str, *pictures: Picture) -> str:
        """Ada shares all of hers, by the pages that begin with these."""
        query = Query(int(self.ada), "", False, 9)
        said = [await self.page(Move.SHARE, picture.id, query, self.ada, at) for picture in pictures]
        return str(said)

    async def imagine(self, by: str, at: str, prompt: str, **options: Any) -> Order:
        await self.act(COMMAND, command("imagine", prompt=prompt, width=256, height=256, **options), by, at)
        return await self.newest()

    async def paint(self, by: str, at: str, prompt: str, **options: Any) -> Picture:
        order = await self.imagine(by, at, prompt, **options)
        (claimed,) = await worker(self.bot.pool).claim(1)
        assert claimed.order.id == order.id
        file = io.BytesIO()
        Image.new("RGB", (8, 8)).save(file, "WEBP")
        await self.bucket.put_preview(claimed, file.getvalue())
        return await finish(self.bot.pool, claimed)

    async def newest(self) -> Order:
        return (await stored(self.bot.pool, await self.bot.pool.fetchval("select max(id) from orders"))).order

    async def end_waiting(self) -> None:
        await end_waiting(self.bot.pool)

    async def changed(self, name: str, *overwrites: Overwrite) -> None:
        """The channel's overwrites are these now, and the bot has been told."""
        channel = self.channel(name)
        channel.overwrites = list(overwrites)
        came = self.bot.client.wait_for("guild_channel_update", timeout=10)
        self.bot.server.owner.channel_changed(channel)
        await came


async def end_waiting(pool: Pool) -> None:
    """So that there is room for more."""
    await pool.execute("update jobs set state = 'cancelled', finished_at = now() where state = 'queued'")


def first_of(order: Order) -> int:
    """The id of its first picture, whether that is there or not."""
    return order.id * JOB_NUMBERS + 1


def command(name: str, **options: Any) -> dict[str, Any]:
    kinds = {bool: 5, int: 4, str: 3}
    given = [
        {"name": key, "type": 6 if key == "member" else kinds[type(value)], "value": value}
        for key, value in options.items()
    ]
    return {"id": "5", "name": name, "type": 1, "options": given}


def furnish(server: DiscordServer) -> None:
    """Channels that not everybody sees, threads, an age-restricted one, and a second server."""
    world, guild = server.world, server.world.guild
    ben = next(user.id for user in world.users.values() if user.global_name == "Ben")
    cleo = next(user.id for user in world.users.values() if user.global_name == "Cleo")
    guild.roles[STAFF] = Role(STAFF, "Staff", 0, 1)
    hidden = [Overwrite(guild.id, 0, deny=P.VIEW_CHANNEL), Overwrite(STAFF, 0, allow=P.VIEW_CHANNEL)]
    add = server.owner.add_channel
    staff = add("staff", overwrites=hidden)
    add("staff-too", overwrites=hidden)
    add("corner", overwrites=[Overwrite(ben, 1, allow=P.MANAGE_MESSAGES)])
    add("no-past", overwrites=[Overwrite(guild.id, 0, deny=P.READ_MESSAGE_HISTORY)])
    add("after-dark", nsfw=True)
    add("doomed")
    paintings = next(one for one in world.channels.values() if one.name == "paintings")
    add("sketches", type=PUBLIC_THREAD, parent_id=paintings.id)
    add(
        "whispers",
        type=PRIVATE_THREAD,
        parent_id=paintings.id,
        thread_member_ids=[guild.owner_id, world.bot_id],
    )
    add("staff-talk", type=PUBLIC_THREAD, parent_id=staff.id)
    server.add_guild("The Attic", "attic")
    guild.members[cleo].roles = []


EVERYWHERE = (
    "paintings", "sketches", "announcements", "staff", "staff-talk", "whispers", "no-past", "after-dark",
    "attic",
)  # fmt: skip


async def paint_everywhere(place: Place) -> dict[str, Picture]:
    """Ada's, who sees all; each says where it was made."""
    made = {name: await place.paint(place.ada, name, f"made in {name}.") for name in EVERYWHERE}
    made["private"] = await place.paint(place.ada, "paintings", "made in private.", private=True)
    made["doomed"] = await place.paint(place.ada, "doomed", "made in doomed.")
    came = place.bot.client.wait_for("guild_channel_delete", timeout=10)
    place.bot.server.owner.remove_channel(place.channel("doomed"))
    await came
    return made


def seen(said: str, made: dict[str, Picture]) -> set[str]:
    return {name for name in made if f"made in {name}." in said}
