"""What the owner of a server changes: its channels, and under Integrations who may use which command."""

from typing import Any

from aiohttp import web

from sandbox.discord import errors
from sandbox.discord.events import Events
from sandbox.discord.rules.command_permissions import read_entries
from sandbox.discord.state import GUILD_TEXT, Channel, World
from sandbox.discord.store import Store
from sandbox.discord.wire import Json


class Owner:
    """The bot is told of each change. Without `guild_id` it is the first server's."""

    def __init__(self, world: World, store: Store, events: Events) -> None:
        self._world = world
        self._store = store
        self._events = events

    def routes(self) -> list[web.RouteDef]:
        return [web.put("/sandbox/guilds/{guild}/commands/{command}/permissions", self.put_permissions)]

    def add_channel(self, name: str, *, guild_id: str | None = None, **more: Any) -> Channel:
        """`more` are the other fields of Channel; with `type` and `parent_id` it is a thread."""
        guild = self._world.guilds[guild_id] if guild_id is not None else self._world.guild
        fields = {"type": GUILD_TEXT, "position": len(self._world.channels), **more}
        channel = Channel(self._world.snowflakes.next(), name=name, guild_id=guild.id, **fields)
        self._world.channels[channel.id] = channel
        self._store.changed()
        self._events.channel("THREAD_CREATE" if channel.is_thread else "CHANNEL_CREATE", channel)
        return channel

    def channel_changed(self, channel: Channel) -> None:
        """After something of it was changed in the world, such as its overwrites."""
        self._store.changed()
        self._events.channel("CHANNEL_UPDATE", channel)

    def remove_channel(self, channel: Channel) -> None:
        """With its threads, and all that was said there."""
        threads = [one.id for one in self._world.channels.values() if one.parent_id == channel.id]
        for id_ in (channel.id, *threads):
            del self._world.channels[id_]
            gone = self._world.messages.pop(id_, {}).values()
            self._store.drop_files([file.id for message in gone for file in message.attachments])
        self._store.changed()
        self._events.channel("CHANNEL_DELETE", channel)

    def allow_commands(
        self, entries: list[Json], *, command: str | None = None, guild_id: str | None = None
    ) -> None:
        """For one command, by its name, or for all of the bot's; no entries at all take back what was set."""
        guild = self._world.guilds[guild_id] if guild_id is not None else self._world.guild
        target_id = self._target(command, guild.id)
        if entries:
            guild.command_permissions[target_id] = entries
        else:
            guild.command_permissions.pop(target_id, None)
        self._store.changed()
        self._events.command_permissions(guild, target_id)

    async def put_permissions(self, request: web.Request) -> web.Response:
        guild_id, name = request.match_info["guild"], request.match_info["command"]
        if guild_id not in self._world.guilds:
            raise errors.unknown_guild()
        body: Any = await request.json()
        entries = read_entries(body.get("permissions") if isinstance(body, dict) else None)
        self.allow_commands(entries, command=None if name == "all" else name, guild_id=guild_id)
        return web.Response(status=204)

    def _target(self, name: str | None, guild_id: str) -> str:
        """A command of the server stands before a global one."""
        if name is None:
            return self._world.application_id
        named = [one for one in self._world.commands.values() if one["name"] == name]
        here = [one for one in named if one.get("guild_id") in (None, guild_id)]
        if not here:
            raise errors.unknown_application_command()
        return str(max(here, key=lambda one: "guild_id" in one)["id"])
