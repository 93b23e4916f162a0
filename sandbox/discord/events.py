"""Tells the bot and the members what happened, each as far as they may see it."""

from collections.abc import Callable

from sandbox.discord.gateway import Gateway, Intent
from sandbox.discord.guild import render_command_permissions, render_guild_create
from sandbox.discord.render import Render
from sandbox.discord.rules.permissions import Permission, permissions_of
from sandbox.discord.state import Channel, Guild, Message, World
from sandbox.discord.streams import Streams
from sandbox.discord.wire import Json


class Events:
    def __init__(self, world: World, render: Render, gateway: Gateway, streams: Streams) -> None:
        self._world = world
        self._render = render
        self._gateway = gateway
        self._streams = streams
        gateway.on_presence = self._presence_changed
        self._was_online = False

    def message_created(self, message: Message) -> None:
        self._message("MESSAGE_CREATE", message)

    def message_updated(self, message: Message) -> None:
        self._message("MESSAGE_UPDATE", message)

    def message_deleted(self, message: Message) -> None:
        data: Json = {"id": message.id, "channel_id": message.channel_id}
        self._to_members("MESSAGE_DELETE", message, lambda user_id: data)
        if not message.is_ephemeral:
            self._to_bot("MESSAGE_DELETE", message, data, _message_intent(self._channel(message)))

    def message_dismissed(self, message: Message) -> None:
        """Only its member is told: for the bot an ephemeral message stays."""
        data: Json = {"id": message.id, "channel_id": message.channel_id}
        self._streams.send(str(message.visible_to), "MESSAGE_DELETE", data)

    def reaction(self, kind: str, message: Message, user_id: str, emoji: Json) -> None:
        """`kind` is MESSAGE_REACTION_ADD or MESSAGE_REACTION_REMOVE."""
        channel = self._channel(message)
        data: Json = {
            "channel_id": channel.id,
            "message_id": message.id,
            "user_id": user_id,
            "emoji": emoji,
        }
        self._to_members(kind, message, lambda viewer: data)
        more: Json = {"burst": False, "type": 0}
        if kind == "MESSAGE_REACTION_ADD":
            more["message_author_id"] = message.author_id
            if not channel.is_direct:
                member = self._world.guild_of(channel).members.get(user_id)
                more |= {"member": self._render.member(member)} if member is not None else {}
        direct, guild = Intent.DIRECT_MESSAGE_REACTIONS, Intent.GUILD_MESSAGE_REACTIONS
        self._to_bot(kind, message, {**data, **more}, direct if channel.is_direct else guild)

    def channel(self, kind: str, channel: Channel) -> None:
        """`kind` is CHANNEL_CREATE, _UPDATE or _DELETE, or THREAD_CREATE."""
        if kind != "THREAD_CREATE" or self._may_view(channel, self._world.bot_id):
            self.guild(kind, self._world.guild_of(channel), self._render.channel(channel))

    def guild(self, kind: str, guild: Guild, data: Json) -> None:
        """Of a server, to the bot while it is in it. The members' pages look again at whatever changed."""
        if self._world.bot_id in guild.members:
            self._gateway.dispatch(kind, data, intent=Intent.GUILDS, guild_id=guild.id)
        self.world_changed()

    def bot_joined(self, guild: Guild) -> None:
        channels = self._world.channels_by_guild()[guild.id]
        self.guild("GUILD_CREATE", guild, render_guild_create(self._world, guild, channels, self._render))
        self.commands_changed()

    def bot_left(self, guild: Guild) -> None:
        """Without `unavailable`, as of a server that is not the bot's any more."""
        self._gateway.dispatch("GUILD_DELETE", {"id": guild.id}, intent=Intent.GUILDS, guild_id=guild.id)
        self.commands_changed()
        self.world_changed()

    def world_changed(self) -> None:
        self._streams.send_all("WORLD_UPDATE", {})

    def command_permissions(self, guild: Guild, target_id: str) -> None:
        """Needs no intent. `target_id` is a command, or the application for all of its commands."""
        if self._world.bot_id in guild.members:
            data = render_command_permissions(self._world, guild, target_id)
            self._gateway.dispatch("APPLICATION_COMMAND_PERMISSIONS_UPDATE", data, guild_id=guild.id)
        self.commands_changed()

    def interaction(self, payload: Json, channel: Channel) -> None:
        """Needs no intent and no permission."""
        self._gateway.dispatch("INTERACTION_CREATE", payload, guild_id=channel.guild_id)

    def to_member(self, user_id: str, kind: str, data: Json) -> None:
        self._streams.send(user_id, kind, data)

    def commands_changed(self) -> None:
        self._streams.send_all("COMMANDS_UPDATE", {})

    def _presence_changed(self, online: bool) -> None:
        if online is not self._was_online:
            self._was_online = online
            self._streams.send_all("BOT_PRESENCE", {"online": online})

    def _message(self, kind: str, message: Message) -> None:
        self._to_members(kind, message, lambda user_id: self._render.message(message, user_id))
        if message.is_ephemeral:
            return
        channel = self._channel(message)
        data = self._render.message_for_bot(message)
        if not channel.is_direct:
            data["guild_id"] = channel.guild_id
            # Of a reply that came after its author left there is none.
            if (author := self._world.guild_of(channel).members.get(message.author_id)) is not None:
                data["member"] = self._render.member_without_user(author)
        self._to_bot(kind, message, data, _message_intent(channel))

    def _to_members(self, kind: str, message: Message, data: Callable[[str], Json]) -> None:
        channel = self._channel(message)
        for user_id in (user.id for user in self._world.people()):
            if message.visible_to not in (None, user_id) or message.dismissed:
                continue
            if self._may_view(channel, user_id):
                self._streams.send(user_id, kind, data(user_id))

    def _to_bot(self, kind: str, message: Message, data: Json, intent: int) -> None:
        channel = self._channel(message)
        if self._may_view(channel, self._world.bot_id):
            more = {} if channel.is_direct else {"guild_id": channel.guild_id}
            self._gateway.dispatch(kind, {**data, **more}, intent=intent, guild_id=channel.guild_id)

    def _may_view(self, channel: Channel, user_id: str) -> bool:
        return Permission.VIEW_CHANNEL in permissions_of(self._world, channel, user_id)

    def _channel(self, message: Message) -> Channel:
        return self._world.channels[message.channel_id]


def _message_intent(channel: Channel) -> int:
    return Intent.DIRECT_MESSAGES if channel.is_direct else Intent.GUILD_MESSAGES
