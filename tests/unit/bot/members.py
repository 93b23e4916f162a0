"""A server as discord.py knows it, and members who press something there: what the bot answers and stores is kept."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, TypeAlias, cast
from uuid import UUID

import discord

from bot.editing import submit_edit
from bot.held_bytes import HeldBytes
from bot.instruments import Instruments
from bot.messages.words import Languages
from bot.rules import RulesAtHand
from bot.services import Interaction
from core import rules
from core.orders import COUNT_MAX, JOB_NUMBERS, Estimate, Order, Picture, Progress, Request, Upload
from core.policy import Limits
from db.members import Members
from ops.metrics import new_registry
from tests.jobs import NOW, job, order, picture, progress

ADA, BEN, CLEO, BOT = 10, 11, 12, 99
GUILD, STAFF_ROLE = 20, 21
PAINTINGS, STAFF, AFTER_DARK, CORNER, NO_PAST, VOICE, STAFF_TOO, LATE = 30, 31, 32, 33, 34, 35, 36, 37
SKETCHES, WHISPERS, STAFF_TALK = 40, 41, 42
GONE = 77

_P = discord.Permissions
Overwrites: TypeAlias = "list[tuple[int, int, discord.Permissions, discord.Permissions]]"
"""Of whom, whether that is a member, what is allowed and what is denied."""

_ALL = _P(
    view_channel=True,
    read_message_history=True,
    send_messages=True,
    send_messages_in_threads=True,
    use_application_commands=True,
    connect=True,
)
_HIDDEN = [(GUILD, 0, _P(), _P(view_channel=True)), (STAFF_ROLE, 0, _P(view_channel=True), _P())]


def guild(
    *, changed: dict[int, list[tuple[int, int, discord.Permissions, discord.Permissions]]] | None = None
) -> Any:
    """Ada and Cleo see all by their role, and Ben may manage messages in a corner. Other overwrites can be given."""
    state: Any = discord.Client(intents=discord.Intents.none())._connection
    state.user = SimpleNamespace(id=BOT)
    overwrites = {
        STAFF: _HIDDEN,
        STAFF_TOO: _HIDDEN,
        CORNER: [(BEN, 1, _P(manage_messages=True), _P())],
        NO_PAST: [(GUILD, 0, _P(), _P(read_message_history=True))],
        VOICE: [(GUILD, 0, _P(), _P(connect=True))],
        **(changed or {}),
    }
    members = [_member(one, [STAFF_ROLE] if one in (ADA, CLEO) else []) for one in (ADA, BEN, CLEO, BOT)]
    data: dict[str, Any] = {
        "id": str(GUILD),
        "name": "x",
        "owner_id": "1",
        "roles": [_role(GUILD, _ALL), _role(STAFF_ROLE, _P())],
        "channels": [
            {"id": str(one), "type": 2 if one == VOICE else 0, "name": "x", "position": 0,
             "nsfw": one in (AFTER_DARK, LATE), "bitrate": 1, "user_limit": 0,
             "permission_overwrites": [
                 {"id": str(of), "type": kind, "allow": str(allow.value), "deny": str(deny.value)}
                 for of, kind, allow, deny in overwrites.get(one, [])
             ]}
            for one in (PAINTINGS, STAFF, AFTER_DARK, CORNER, NO_PAST, VOICE, STAFF_TOO, LATE)
        ],
        "threads": [_thread(SKETCHES, PAINTINGS, 11), _thread(WHISPERS, PAINTINGS, 12),
                    _thread(STAFF_TALK, STAFF, 11)],
        "members": members,
    }  # fmt: skip
    made: Any = discord.Guild(data=cast("Any", data), state=state)
    for one in members:
        made._add_member(discord.Member(data=one, guild=made, state=state))
    return made


def _role(id_: int, permissions: discord.Permissions) -> dict[str, Any]:
    return {
        "id": str(id_),
        "name": "x",
        "permissions": str(permissions.value),
        "position": 0,
        "color": 0,
        "colors": {"primary_color": 0},
        "hoist": False,
        "managed": False,
        "mentionable": False,
    }


def _member(id_: int, roles: list[int]) -> Any:
    return {
        "user": {"id": str(id_), "username": f"member-{id_}", "discriminator": "0", "avatar": None},
        "roles": [str(role) for role in roles],
        "joined_at": "2026-01-01T00:00:00+00:00",
        "flags": 0,
        "deaf": False,
        "mute": False,
    }


def _thread(id_: int, parent_id: int, kind: int) -> dict[str, Any]:
    ended = {"archived": False, "auto_archive_duration": 60, "archive_timestamp": "2026-01-01T00:00:00+00:00"}
    return {"id": str(id_), "guild_id": str(GUILD), "parent_id": str(parent_id), "owner_id": "1", "name": "x",
            "type": kind, "message_count": 0, "member_count": 0, "thread_metadata": ended}  # fmt: skip


class House:
    """What the bot has to do with: one order, whose pictures are there, and what is asked because of it."""

    def __init__(self, of: Order | None = None, *, server: Any = None, **changes: Any) -> None:
        self.order = of or order(channel_id=PAINTINGS, member_id=ADA)
        self.pictures = {
            self.order.id * JOB_NUMBERS + number: picture(number, of=self.order, **changes)
            for number in range(1, self.order.count + 1)
        }
        self.guild = server or guild()
        self.said: list[tuple[str, Any]] = []
        self.stored: list[Request] = []
        self.done: list[tuple[Any, ...]] = []
        self.may: bool | None = True
        self.marked: set[int] = set()
        self.uploads: dict[int, Upload] = {}
        self.faults: dict[str, Exception] = {}
        self.file = b"original"
        self.url: str | None = "https://b.example/full"
        self.registry = new_registry()
        self.instruments = Instruments(self.registry)
        house = cast("Any", self)
        self.services = SimpleNamespace(
            orders=_Orders(self),
            pictures=_Pictures(self),
            picture_store=house,
            favourites=house,
            erasure=house,
            replies=house,
            signer=None,
            languages=Languages(),
            model="core",
            count_max=COUNT_MAX,
            uploads=_Uploads(self),
            held_bytes=HeldBytes(),
            wake=lambda: self.done.append(("wake",)),
            command_permissions=house,
            instruments=self.instruments,
            rules=RulesAtHand(
                self._servers(), Members(cast("Any", None)), cast("Any", None), house, Limits()
            ),
        )

    link_ttl_seconds = 3600.0

    async def is_known(self, _member_id: int) -> bool:
        return True

    def _servers(self) -> Any:
        """Each is let in, and has no rules of its own."""
        return SimpleNamespace(
            house=rules.House(),
            house_revision=1,
            of=lambda guild_id: rules.Server(guild_id or rules.HOUSE, is_allowed=True, revision=1),
        )

    def link(self, of: Picture, *, download: bool = False) -> str | None:
        return self.url and f"{self.url}/{of.id}"

    async def preview(self, of: Picture) -> bytes:
        return b"preview %d" % of.id

    async def original(self, of: Picture) -> bytes:
        self.done.append(("original", of.id))
        return self.file

    async def load(self, order_ids: list[int]) -> list[Any]:
        self.done.append(("load", *order_ids))
        return []

    async def may_use(self, _interaction: Any, command: str) -> bool | None:
        self.done.append(("may use", command))
        return self.may

    async def among(self, member_id: int, picture_ids: list[int]) -> set[int]:
        self.done.append(("among", member_id))
        return self.marked.intersection(picture_ids)

    async def add(self, member_id: int, picture_id: int) -> bool:
        self.done.append(("add", member_id, picture_id))
        return "add" not in self.faults

    async def remove(self, member_id: int, picture_id: int) -> None:
        self.done.append(("remove", member_id, picture_id))

    async def erase(self, picture_id: int) -> None:
        self.done.append(("erase", picture_id))
        if "erase" in self.faults:
            raise self.faults["erase"]

    async def found(self, order_id: int, *, message_id: int, channel_id: int) -> None:
        self.done.append(("found", order_id, message_id, channel_id))

    async def first_shown(self, order_id: int, **how: Any) -> None:
        self.done.append(("first shown", order_id, how))

    def press(
        self, by: int = ADA, at: int | None = PAINTINGS, *, guild_id: int | None = GUILD, **more: Any
    ) -> Interaction:
        """An interaction of this member there; in direct messages `guild_id` is None."""
        is_here = guild_id == GUILD
        channel = self.guild.get_channel_or_thread(at) if is_here else SimpleNamespace(id=at, type=1)
        member = self.guild.get_member(by)
        permissions = more.pop("permissions", None)
        if permissions is None:
            permissions = channel.permissions_for(member) if is_here and channel is not None else _ALL
        plain: dict[str, Any] = {
            "id": 900,
            "application_id": 1,
            "token": "token",
            "created_at": NOW,
            "user": member if is_here else SimpleNamespace(id=by),
            "guild_id": guild_id,
            "guild": self.guild if is_here else None,
            "channel_id": at,
            "channel": channel,
            "permissions": permissions,
            "type": discord.InteractionType.component,
            "locale": discord.Locale.american_english,
            "guild_locale": discord.Locale.american_english if guild_id is not None else None,
            "client": SimpleNamespace(services=self.services, user=SimpleNamespace(id=BOT)),
            "message": None,
            "data": {},
            "response": _Response(self),
            "followup": SimpleNamespace(send=_saying(self, "followup")),
            "edit_original_response": _saying(self, "original"),
        }
        return cast("Interaction", SimpleNamespace(**{**plain, **more}))

    def words(self) -> str:
        """All that was said, as it is read."""
        views = [how["view"] for _name, how in self.said if how.get("view") is not None]
        embeds = [embed for _name, how in self.said for embed in how.get("embeds", ())]
        return " ".join(str(part) for part in (*map(_components, views), *map(discord.Embed.to_dict, embeds)))

    def names(self) -> list[str]:
        return [name for name, *_ in self.done]


def _components(view: Any) -> Any:
    return view.to_components()


async def edit(house: House, by: Interaction, **fields: str) -> House:
    """The form of Edit is sent with these of its fields; the others are as they were."""
    typed = {"prompt": "a badger", "size": "256 x 512", "negative_prompt": "", **fields}
    chosen = {name: typed.pop(name) for name in ("model", "style") if name in typed}
    inside = [{"type": 4, "custom_id": name, "value": value} for name, value in typed.items()]
    inside += [{"type": 3, "custom_id": name, "values": [value]} for name, value in chosen.items()]
    submitted: Any = {"components": [{"type": 18, "component": one} for one in inside]}
    by.data = submitted
    await submit_edit(by, house.order.id)
    return house


def _saying(house: House, name: str) -> Any:
    async def say(**how: Any) -> Any:
        house.said.append((name, how))
        return SimpleNamespace(message_id=700, id=700)

    return say


class _Response:
    def __init__(self, house: House) -> None:
        self.send_message = _saying(house, "message")
        self.edit_message = _saying(house, "edit")
        self.defer = _saying(house, "defer")
        self._house = house

    async def send_modal(self, modal: discord.ui.Modal) -> None:
        self._house.said.append(("modal", {"modal": modal.to_dict()}))

    def is_done(self) -> bool:
        return bool(self._house.said)


class _Orders:
    def __init__(self, house: House) -> None:
        self._house = house

    async def find(self, order_id: int) -> Progress | None:
        order = self._house.order
        return progress(job(of=order)) if order.id == order_id else None

    async def create(self, request: Request, _limits: object, _seen: object) -> Progress | None:
        house = self._house
        if "create" in house.faults:
            raise house.faults["create"]
        if "replay" in house.faults:
            return None
        house.stored.append(request)
        fields = {
            name: getattr(request, name) for name in Order.__dataclass_fields__ if hasattr(request, name)
        }
        stored = replace(house.order, **{**fields, "id": 2, "created_at": datetime.now(UTC)})
        return progress(*(job(number, of=stored) for number in range(1, request.count + 1)))

    async def cancel(self, order_id: int) -> list[Any]:
        self._house.done.append(("cancel", order_id))
        if "cancel" in self._house.faults:
            raise self._house.faults["cancel"]
        return [job()]

    async def open_of(self, member_id: int) -> list[Any]:
        self._house.done.append(("open of", member_id))
        return []

    async def estimate(self, _progress: Progress) -> Estimate:
        if "estimate" in self._house.faults:
            raise self._house.faults["estimate"]
        return Estimate(3, 40.0)


class _Pictures:
    def __init__(self, house: House) -> None:
        self._house = house

    async def find(self, picture_id: int, viewer_id: int) -> Picture | None:
        self._house.done.append(("find", viewer_id))
        return self._house.pictures.get(picture_id)


class _Uploads:
    def __init__(self, house: House) -> None:
        self._house = house

    async def find(self, upload_id: int) -> Upload | None:
        return self._house.uploads.get(upload_id)

    async def add(self, member_id: int, *, url: str, width: int, height: int, size: int) -> Upload:
        upload = Upload(
            id=-1 - len(self._house.uploads),
            key=UUID(int=1),
            member_id=member_id,
            width=width,
            height=height,
            bytes=size,
            url=url,
        )
        self._house.uploads[upload.id] = upload
        return upload
