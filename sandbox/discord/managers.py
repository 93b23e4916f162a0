"""What members with the rights to it change about a server: the bot, roles, channels; and who is in it."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.discord import errors
from sandbox.discord.guilds import Guilds
from sandbox.discord.messages import Messages
from sandbox.discord.owner import Owner
from sandbox.discord.render import Render
from sandbox.discord.rest.wire import answer
from sandbox.discord.rules.form import Form, Node
from sandbox.discord.rules.permissions import Permission, base_permissions
from sandbox.discord.state import Channel, Guild, Overwrite, Role, World
from sandbox.discord.viewers import Viewers, json_of_member

ROLE_NAME_LENGTH_MAX = 100
ROLES_MAX = 250
CHANNEL_NAME_LENGTH_MAX = 100
OVERWRITES_MAX = 100

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Managers:
    """Their paths are Discord's own, behind who acts."""

    def __init__(
        self,
        world: World,
        render: Render,
        viewers: Viewers,
        messages: Messages,
        owner: Owner,
        guilds: Guilds,
    ) -> None:
        self._world = world
        self._render = render
        self._viewers = viewers
        self._messages = messages
        self._owner = owner
        self._guilds = guilds

    def routes(self) -> list[web.RouteDef]:
        member = "/sandbox/members/{member}"
        guild = member + "/guilds/{guild}"
        return [
            web.put(guild + "/bot", self.invite_bot),
            web.delete(guild + "/bot", self.remove_bot),
            web.put(guild + "/members/@me", self.join),
            web.delete(guild + "/members/@me", self.leave),
            web.put(guild + "/members/{user}/roles/{role}", self.give_role),
            web.delete(guild + "/members/{user}/roles/{role}", self.take_role),
            web.post(guild + "/roles", self.create_role),
            web.patch(guild + "/roles/{role}", self.edit_role),
            web.delete(guild + "/roles/{role}", self.delete_role),
            web.post(guild + "/channels", self.create_channel),
            web.patch(member + "/channels/{channel}", self.edit_channel),
            web.delete(member + "/channels/{channel}", self.delete_channel),
        ]

    async def invite_bot(self, request: web.Request) -> web.Response:
        self._guilds.invite_bot(self._managed(request, Permission.MANAGE_GUILD))
        return web.Response(status=204)

    async def remove_bot(self, request: web.Request) -> web.Response:
        guild = self._managed(request, Permission.MANAGE_GUILD)
        if self._world.bot_id not in guild.members:
            raise errors.unknown_member()
        self._guilds.remove_bot(guild)
        return web.Response(status=204)

    async def join(self, request: web.Request) -> web.Response:
        self._guilds.join(self._guild(request), self._viewers.member(request).id)
        return web.Response(status=204)

    async def leave(self, request: web.Request) -> web.Response:
        guild, user_id = self._guild(request), self._viewers.member(request).id
        if user_id not in guild.members:
            raise errors.unknown_guild()
        if user_id == guild.owner_id:
            # Its owner can only delete it, or give it away.
            raise errors.invalid_guild()
        self._guilds.leave(guild, user_id)
        return web.Response(status=204)

    async def give_role(self, request: web.Request) -> web.Response:
        guild, user_id, role = self._role_of_member(request)
        roles = guild.members[user_id].roles
        if role.id not in roles:
            self._guilds.set_roles(guild, user_id, [*roles, role.id])
        return web.Response(status=204)

    async def take_role(self, request: web.Request) -> web.Response:
        guild, user_id, role = self._role_of_member(request)
        roles = guild.members[user_id].roles
        if role.id in roles:
            self._guilds.set_roles(guild, user_id, [id_ for id_ in roles if id_ != role.id])
        return web.Response(status=204)

    async def create_role(self, request: web.Request) -> web.Response:
        guild = self._managed(request, Permission.MANAGE_ROLES)
        name, permissions = await _role_fields(request)
        if len(guild.roles) >= ROLES_MAX:
            raise errors.DiscordError(400, 30005, f"Maximum number of guild roles reached ({ROLES_MAX})")
        role = self._guilds.add_role(guild, name or "new role", permissions or 0)
        return answer(self._render.role(role))

    async def edit_role(self, request: web.Request) -> web.Response:
        guild = self._managed(request, Permission.MANAGE_ROLES)
        role = self._role(request, guild)
        name, permissions = await _role_fields(request)
        edited = self._guilds.edit_role(
            guild,
            role,
            name=name or role.name,
            permissions=role.permissions if permissions is None else permissions,
        )
        return answer(self._render.role(edited))

    async def delete_role(self, request: web.Request) -> web.Response:
        guild = self._managed(request, Permission.MANAGE_ROLES)
        role = self._role(request, guild)
        if role.id == guild.id or role.managed:
            raise errors.invalid_role()
        self._guilds.remove_role(guild, role)
        return web.Response(status=204)

    async def create_channel(self, request: web.Request) -> web.Response:
        guild = self._managed(request, Permission.MANAGE_CHANNELS)
        form = Form()
        node = Node(await json_of_member(request), form)
        name = node.text("name", minimum=1, maximum=CHANNEL_NAME_LENGTH_MAX, required=True)
        form.refuse_if_wrong()
        channel = self._owner.add_channel(
            name or "", guild_id=guild.id, overwrites=[], nsfw=node.boolean("nsfw")
        )
        return answer(self._render.channel(channel))

    async def edit_channel(self, request: web.Request) -> web.Response:
        """Only what is named in the body changes; `permission_overwrites` take the place of all."""
        channel = self._managed_channel(request)
        form = Form()
        node = Node(await json_of_member(request), form)
        node.only("name", "topic", "nsfw", "permission_overwrites")
        name = node.text("name", minimum=1, maximum=CHANNEL_NAME_LENGTH_MAX)
        topic = node.text("topic", maximum=1024)
        nsfw = node.boolean("nsfw", default=channel.nsfw)
        overwrites = [_overwrite(one) for one in node.items("permission_overwrites", maximum=OVERWRITES_MAX)]
        form.refuse_if_wrong()
        channel.name, channel.topic, channel.nsfw = name or channel.name, topic or channel.topic, nsfw
        if node.has("permission_overwrites"):
            channel.overwrites = overwrites
        self._owner.channel_changed(channel)
        return answer(self._render.channel(channel))

    async def delete_channel(self, request: web.Request) -> web.Response:
        channel = self._managed_channel(request)
        told = self._render.channel(channel)
        self._owner.remove_channel(channel)
        return answer(told)

    def _guild(self, request: web.Request) -> Guild:
        guild = self._world.guilds.get(request.match_info["guild"])
        if guild is None:
            raise errors.unknown_guild()
        return guild

    def _managed(self, request: web.Request, needed: Permission) -> Guild:
        guild, user_id = self._guild(request), self._viewers.member(request).id
        if user_id not in guild.members:
            raise errors.missing_access()
        if needed not in base_permissions(guild, user_id):
            raise errors.missing_permissions()
        return guild

    def _managed_channel(self, request: web.Request) -> Channel:
        channel = self._viewers.channel(request)
        if channel.is_direct:
            raise errors.not_in_direct_messages()
        self._messages.require(channel, self._viewers.member(request).id, Permission.MANAGE_CHANNELS)
        return channel

    def _role(self, request: web.Request, guild: Guild) -> Role:
        """One below the highest of who acts; the owner of the server is above all."""
        role, user_id = guild.roles.get(request.match_info["role"]), self._viewers.member(request).id
        if role is None:
            raise errors.unknown_role()
        highest = max((guild.roles[id_].position for id_ in guild.members[user_id].roles), default=0)
        if user_id != guild.owner_id and role.position >= highest:
            raise errors.missing_permissions()
        return role

    def _role_of_member(self, request: web.Request) -> tuple[Guild, str, Role]:
        guild = self._managed(request, Permission.MANAGE_ROLES)
        role, user_id = self._role(request, guild), request.match_info["user"]
        if user_id not in guild.members:
            raise errors.unknown_member()
        if role.id == guild.id or role.managed:
            raise errors.invalid_role()
        return guild, user_id, role


async def _role_fields(request: web.Request) -> tuple[str | None, int | None]:
    form = Form()
    node = Node(await json_of_member(request), form)
    node.only("name", "permissions")
    name, permissions = node.text("name", maximum=ROLE_NAME_LENGTH_MAX), _bits(node, "permissions")
    form.refuse_if_wrong()
    return name, permissions


def _overwrite(node: Node) -> Overwrite:
    node.only("id", "type", "allow", "deny")
    id_, kind = node.text("id", minimum=1, maximum=20, required=True), node.choice("type", (0, 1))
    return Overwrite(id_ or "", kind or 0, _bits(node, "allow") or 0, _bits(node, "deny") or 0)


def _bits(node: Node, key: str) -> int | None:
    """Permissions, which Discord writes as a number in a string."""
    text = node.text(key, minimum=1, maximum=20)
    if text is not None and not (text.isascii() and text.isdecimal()):
        node.error("NUMBER_TYPE_COERCE", f'Value "{text}" is not int.', key)
        return None
    return int(text) if text is not None else None
