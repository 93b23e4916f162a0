"""What the gateway tells of channels and roles, packed until somebody asks for one.

discord.py makes an object of each as it comes: of 2,500 servers with 50 channels and 40 roles these are 225,000. They
take a hundred megabytes, and whenever the garbage collector looks through them, everybody waits. Here those of a
server are Discord's own JSON, compressed, and objects of discord.py only while the server is in use.
"""

import json
import logging
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, MutableMapping
from functools import partial
from typing import Any, TypeAlias

import discord
from discord.channel import _guild_channel_factory
from discord.state import ConnectionState

from bot.discord_errors import UNREADABLE
from core.errors import reason

log = logging.getLogger(__name__)

State: TypeAlias = "ConnectionState[Any]"
Payload: TypeAlias = dict[str, Any]

IN_USE_MAX = 200
"""So many are unpacked at once: the channels and the roles of a hundred servers."""

_UNUSED = ("presences", "voice_states", "stage_instances", "guild_scheduled_events", "soundboard_sounds")
"""Of a server, what the bot does not look at."""


class Packed(MutableMapping[int, Any]):
    """Stands where discord.py has a dictionary of a server's channels, or of its roles, by their ids.

    One that discord.py cannot read is not there, and the log has a line of it.
    """

    __slots__ = ("_in_use", "_made", "_make", "_packed", "_payloads")

    def __init__(self, payloads: Any, make: Callable[[Payload], Any], in_use: "InUse") -> None:
        self._make = make
        self._in_use = in_use
        listed = payloads if isinstance(payloads, list) else []
        self._pack({id_: one for one in listed if (id_ := _id(one))})

    def _pack(self, payloads: dict[str, Payload]) -> None:
        self._packed = zlib.compress(json.dumps(payloads, separators=(",", ":")).encode(), 1)
        self.forget()

    def forget(self) -> None:
        """The objects; whoever holds one keeps it."""
        self._payloads: dict[str, Payload] | None = None
        self._made: dict[int, Any] = {}

    def _open(self) -> dict[str, Payload]:
        if self._payloads is None:
            self._payloads = json.loads(zlib.decompress(self._packed))
        self._in_use.note(self)
        return self._payloads

    def put(self, payload: Payload) -> None:
        """Discord tells of a new one, or of a change."""
        if id_ := _id(payload):
            self._pack({**self._open(), id_: payload})

    def get(self, key: int, default: Any = None) -> Any:
        payloads = self._open()
        if key not in self._made and (payload := payloads.get(str(key))) is not None:
            self._made[key] = self._read(payload)
        found = self._made.get(key)
        return default if found is None else found

    def _read(self, payload: Payload) -> Any:
        try:
            return self._make(payload)
        except UNREADABLE as error:
            log.error("a part of a server could not be read: %s", reason(error)[:200])
            return None

    def __getitem__(self, key: int) -> Any:
        if (found := self.get(key)) is None:
            raise KeyError(key)
        return found

    def __setitem__(self, key: int, value: Any) -> None:
        """What discord.py made of an event, for which `put` comes next."""
        self._open()
        self._made[key] = value

    def __delitem__(self, key: int) -> None:
        payloads = dict(self._open())
        del payloads[str(key)]
        self._pack(payloads)

    def __iter__(self) -> Iterator[int]:
        return (key for key in map(int, self._open()) if self.get(key) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class InUse:
    """Those that are unpacked, the one that was used last at the end."""

    def __init__(self) -> None:
        self._order: OrderedDict[int, Packed] = OrderedDict()

    def note(self, packed: Packed) -> None:
        self._order[id(packed)] = packed
        self._order.move_to_end(id(packed))
        if len(self._order) > IN_USE_MAX:
            self._order.popitem(last=False)[1].forget()


def pack_servers(state: State) -> None:
    """Has this state keep them so."""
    in_use = InUse()
    notes: dict[str, Callable[..., None]] = {
        "GUILD_CREATE": partial(_server, in_use=in_use),
        "GUILD_UPDATE": partial(_server, in_use=in_use),
        "CHANNEL_CREATE": _channel,
        "CHANNEL_UPDATE": _channel,
        "GUILD_ROLE_CREATE": _role,
        "GUILD_ROLE_UPDATE": _role,
    }
    for kind, note in notes.items():
        state.parsers[kind] = partial(note, state, state.parsers[kind])


def _server(state: State, parse: Callable[[Payload], None], data: Payload, *, in_use: InUse) -> None:
    told = {name: data.pop(name) for name in _MAKERS if name in data}
    for name in _UNUSED:
        data.pop(name, None)
    parse(data)
    guild = state._get_guild(int(data["id"]))
    if guild is None:
        return
    for name, payloads in told.items():
        setattr(guild, f"_{name}", Packed(payloads, partial(_MAKERS[name], guild, state), in_use))


def _channel(state: State, parse: Callable[[Payload], None], data: Payload) -> None:
    parse(data)
    guild = state._get_guild(int(data.get("guild_id") or 0))
    if guild is not None and isinstance(guild._channels, Packed):
        guild._channels.put(data)


def _role(state: State, parse: Callable[[Payload], None], data: Payload) -> None:
    parse(data)
    guild = state._get_guild(int(data["guild_id"]))
    if guild is not None and isinstance(guild._roles, Packed):
        guild._roles.put(data["role"])


def _id(payload: Any) -> str:
    found = str(payload.get("id")) if isinstance(payload, dict) else ""
    return found if found.isascii() and found.isdigit() else ""


def _channel_of(guild: discord.Guild, state: State, payload: Payload) -> Any:
    factory, _kind = _guild_channel_factory(payload["type"])
    return factory and factory(guild=guild, state=state, data=payload)


def _role_of(guild: discord.Guild, state: State, payload: Payload) -> Any:
    return discord.Role(guild=guild, state=state, data=payload)  # type: ignore[arg-type]  # theirs is a TypedDict


_MAKERS: dict[str, Callable[[discord.Guild, State, Payload], Any]] = {
    "channels": _channel_of,
    "roles": _role_of,
}
