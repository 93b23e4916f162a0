"""Servers change: who is in them, which roles there are and who has them, and whether the bot is there."""

from dataclasses import replace
from typing import Any

from sandbox.discord.events import Events
from sandbox.discord.render import Render
from sandbox.discord.rules.permissions import EVERYONE
from sandbox.discord.state import Guild, Member, Role, World
from sandbox.discord.store import Store
from sandbox.discord.wire import iso8601


class Guilds:
    """The bot is told as far as Discord tells one without privileged intents: of members, only of itself."""

    def __init__(self, world: World, store: Store, render: Render, events: Events) -> None:
        self._world = world
        self._store = store
        self._render = render
        self._events = events

    def named(self, name: str) -> Guild:
        return next(guild for guild in self._world.guilds.values() if guild.name == name)

    def invite_bot(self, guild: Guild) -> None:
        """With a role of its own. Once more it changes nothing."""
        bot = self._world.users[self._world.bot_id]
        if bot.id in guild.members:
            return
        role = Role(self._world.snowflakes.next(), bot.username, EVERYONE, 1, managed=True)
        guild.roles[role.id] = role
        guild.members[bot.id] = Member(bot.id, [role.id], self._now())
        self._store.changed()
        self._events.bot_joined(guild)

    def remove_bot(self, guild: Guild) -> None:
        """What its owner set for its commands goes with it. It has to be in the server."""
        bot = guild.members.pop(self._world.bot_id)
        for role_id in bot.roles:
            if guild.roles[role_id].managed:
                del guild.roles[role_id]
        guild.command_permissions.clear()
        self._store.changed()
        self._events.bot_left(guild)

    def join(self, guild: Guild, user_id: str) -> None:
        guild.members.setdefault(user_id, Member(user_id, [], self._now()))
        self._changed()

    def leave(self, guild: Guild, user_id: str) -> None:
        del guild.members[user_id]
        self._changed()

    def set_roles(self, guild: Guild, user_id: str, roles: list[str]) -> None:
        member = guild.members[user_id]
        member.roles = roles
        self._store.changed()
        if user_id == self._world.bot_id:
            data = {"guild_id": guild.id, **self._render.member(member)}
            self._events.guild("GUILD_MEMBER_UPDATE", guild, data)
        self._events.world_changed()

    def add_role(self, guild: Guild, name: str, permissions: int = 0) -> Role:
        """Above @everyone, and below all others."""
        role = Role(self._world.snowflakes.next(), name, permissions, 1)
        guild.roles[role.id] = role
        self._tell("GUILD_ROLE_CREATE", guild, role)
        return role

    def edit_role(self, guild: Guild, role: Role, **changes: Any) -> Role:
        edited = guild.roles[role.id] = replace(role, **changes)
        self._tell("GUILD_ROLE_UPDATE", guild, edited)
        return edited

    def remove_role(self, guild: Guild, role: Role) -> None:
        """Nobody has it then, and no channel asks for it."""
        del guild.roles[role.id]
        for member in guild.members.values():
            member.roles = [id_ for id_ in member.roles if id_ != role.id]
        for channel in self._world.channels.values():
            channel.overwrites = [one for one in channel.overwrites if one.id != role.id]
        self._store.changed()
        self._events.guild("GUILD_ROLE_DELETE", guild, {"guild_id": guild.id, "role_id": role.id})

    def _tell(self, kind: str, guild: Guild, role: Role) -> None:
        self._store.changed()
        self._events.guild(kind, guild, {"guild_id": guild.id, "role": self._render.role(role)})

    def _changed(self) -> None:
        self._store.changed()
        self._events.world_changed()

    def _now(self) -> str:
        return iso8601(self._world.clock())
