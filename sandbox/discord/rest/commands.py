"""The commands that the bot registers, everywhere or for one server."""

from aiohttp import web

from sandbox.discord import errors
from sandbox.discord.events import Events
from sandbox.discord.guild import render_command_permissions
from sandbox.discord.rest.wire import answer, json_of, object_of
from sandbox.discord.rules.commands import COMMANDS_MAX, key_of, read_command
from sandbox.discord.rules.form import Form, Node
from sandbox.discord.state import World
from sandbox.discord.store import Store
from sandbox.discord.wire import Json

_GLOBAL = "/applications/{application}/commands"
_GUILD = "/applications/{application}/guilds/{guild}/commands"
_LOCALIZED = ("name_localizations", "description_localizations")


class Commands:
    def __init__(self, world: World, store: Store, events: Events) -> None:
        self._world = world
        self._store = store
        self._events = events

    def routes(self) -> list[web.RouteDef]:
        # Before `/{command}`, which would take their last word for an id.
        return self._permission_routes() + [
            route
            for path in (_GLOBAL, _GUILD)
            for route in (
                web.get(path, self.all),
                web.put(path, self.overwrite),
                web.post(path, self.create),
                web.get(path + "/{command}", self.one),
                web.patch(path + "/{command}", self.edit),
                web.delete(path + "/{command}", self.delete),
            )
        ]

    def _permission_routes(self) -> list[web.RouteDef]:
        return [
            web.get(_GUILD + "/permissions", self.all_permissions),
            web.get(_GUILD + "/{command}/permissions", self.permissions),
        ]

    async def all_permissions(self, request: web.Request) -> web.Response:
        """Of what its owner set anything for: commands, and the application for all of them."""
        guild = self._world.guilds[self._guild_id(request) or ""]
        return answer(
            [render_command_permissions(self._world, guild, id_) for id_ in guild.command_permissions]
        )

    async def permissions(self, request: web.Request) -> web.Response:
        guild = self._world.guilds[self._guild_id(request) or ""]
        if request.match_info["command"] not in guild.command_permissions:
            raise errors.unknown_command_permissions()
        return answer(render_command_permissions(self._world, guild, request.match_info["command"]))

    async def all(self, request: web.Request) -> web.Response:
        shown = self._of(self._guild_id(request)).values()
        if request.query.get("with_localizations", "false").lower() not in ("1", "true"):
            return answer([_without_localizations(command) for command in shown])
        return answer(list(shown))

    async def one(self, request: web.Request) -> web.Response:
        return answer(self._find(request))

    async def overwrite(self, request: web.Request) -> web.Response:
        guild_id = self._guild_id(request)
        body = await json_of(request, self._world.snowflakes.next)
        if not isinstance(body, list):
            raise errors.invalid_field("Must be a list of commands", code="LIST_TYPE_CONVERT")
        form = Form()
        read = [read_command(Node(item, form, (index,))) for index, item in enumerate(body)]
        form.refuse_if_wrong()
        keys = [key_of(command) for command in read]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                raise errors.duplicate_command_names(str(index))
        for kind, maximum in COMMANDS_MAX.items():
            if sum(one == kind for one, _ in keys) > maximum:
                raise errors.too_many_commands(maximum)
        before = {key_of(command): command for command in self._of(guild_id).values()}
        for command in before.values():
            del self._world.commands[command["id"]]
        after = [self._put(command, before.get(key_of(command)), guild_id) for command in read]
        self._changed()
        return answer(after)

    async def create(self, request: web.Request) -> web.Response:
        guild_id = self._guild_id(request)
        command = await self._read(request)
        commands, kind = self._of(guild_id).values(), command["type"]
        same = next((one for one in commands if key_of(one) == key_of(command)), None)
        if same is None and sum(one["type"] == kind for one in commands) >= COMMANDS_MAX[kind]:
            raise errors.too_many_commands(COMMANDS_MAX[kind])
        stored = self._put(command, same, guild_id)
        self._changed()
        return answer(stored, 200 if same else 201)

    async def edit(self, request: web.Request) -> web.Response:
        before = self._find(request)
        changes, _ = await object_of(request, self._world.snowflakes.next)
        form = Form()
        settable = {key: value for key, value in before.items() if key not in _ADDED}
        command = read_command(Node({**settable, **changes}, form))
        form.refuse_if_wrong()
        others = self._of(self._guild_id(request)).values()
        if any(key_of(one) == key_of(command) and one["id"] != before["id"] for one in others):
            raise errors.duplicate_command_names()
        stored = self._put(command, before, self._guild_id(request))
        self._changed()
        return answer(stored)

    async def delete(self, request: web.Request) -> web.Response:
        del self._world.commands[self._find(request)["id"]]
        self._changed()
        return web.Response(status=204)

    async def _read(self, request: web.Request) -> Json:
        form = Form()
        command = read_command(Node(await json_of(request, self._world.snowflakes.next), form))
        form.refuse_if_wrong()
        return command

    def _guild_id(self, request: web.Request) -> str | None:
        if request.match_info["application"] != self._world.application_id:
            raise errors.unknown_application()
        guild_id = request.match_info.get("guild")
        if guild_id is not None and self._world.bot_guild(guild_id) is None:
            raise errors.missing_access()
        return guild_id

    def _of(self, guild_id: str | None) -> dict[str, Json]:
        return {id_: one for id_, one in self._world.commands.items() if one.get("guild_id") == guild_id}

    def _find(self, request: web.Request) -> Json:
        command = self._of(self._guild_id(request)).get(request.match_info["command"])
        if command is None:
            raise errors.unknown_application_command()
        return command

    def _put(self, command: Json, before: Json | None, guild_id: str | None) -> Json:
        """A command keeps its id for as long as it keeps its name."""
        id_ = before["id"] if before else self._world.snowflakes.next()
        stored: Json = {
            **command,
            "id": id_,
            "application_id": self._world.application_id,
            "version": self._world.snowflakes.next(),
        }
        if guild_id is not None:
            stored["guild_id"] = guild_id
        self._world.commands[id_] = stored
        return stored

    def _changed(self) -> None:
        self._store.changed()
        self._events.commands_changed()


_ADDED = ("id", "application_id", "version", "guild_id")


def _without_localizations(command: Json) -> Json:
    return {key: value for key, value in command.items() if key not in _LOCALIZED}
