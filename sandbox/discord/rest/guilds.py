"""The servers that the bot is in; of others it learns nothing."""

from aiohttp import web

from sandbox.discord import errors
from sandbox.discord.guild import render_guild
from sandbox.discord.guilds import Guilds
from sandbox.discord.render import Render
from sandbox.discord.rest.wire import answer, number_in
from sandbox.discord.rules.permissions import base_permissions
from sandbox.discord.state import Guild, World
from sandbox.discord.wire import Json

GUILDS_PER_PAGE = 200


class GuildsOfBot:
    def __init__(self, world: World, render: Render, guilds: Guilds) -> None:
        self._world = world
        self._render = render
        self._guilds = guilds

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/users/@me/guilds", self.all),
            web.delete("/users/@me/guilds/{guild}", self.leave),
            web.get("/guilds/{guild}", self.one),
            web.get("/guilds/{guild}/members/{user}", self.member),
        ]

    async def all(self, request: web.Request) -> web.Response:
        limit = number_in(request, "limit", GUILDS_PER_PAGE, maximum=GUILDS_PER_PAGE)
        if "before" in request.query:
            raise errors.not_implemented("pages of servers other than `after`")
        after = int(request.query.get("after", "0"))
        found = sorted((g for g in self._world.bot_guilds() if int(g.id) > after), key=lambda g: int(g.id))
        return answer([{**self._partial(guild), **_counts(guild, request)} for guild in found[:limit]])

    async def leave(self, request: web.Request) -> web.Response:
        self._guilds.remove_bot(self._guild(request))
        return web.Response(status=204)

    async def one(self, request: web.Request) -> web.Response:
        guild = self._guild(request)
        return answer({**render_guild(guild, self._render), **_counts(guild, request)})

    async def member(self, request: web.Request) -> web.Response:
        guild, user_id = self._world.bot_guild(request.match_info["guild"]), request.match_info["user"]
        if guild is None:
            raise errors.missing_access()
        if user_id not in guild.members:
            raise errors.unknown_member() if user_id in self._world.users else errors.unknown_user()
        return answer(self._render.member(guild.members[user_id]))

    def _guild(self, request: web.Request) -> Guild:
        guild = self._world.bot_guild(request.match_info["guild"])
        if guild is None:
            raise errors.unknown_guild()
        return guild

    def _partial(self, guild: Guild) -> Json:
        return {
            "id": guild.id,
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": guild.owner_id == self._world.bot_id,
            "permissions": str(int(base_permissions(guild, self._world.bot_id))),
            "features": [],
        }


def _counts(guild: Guild, request: web.Request) -> Json:
    if request.query.get("with_counts", "false").lower() not in ("1", "true"):
        return {}
    count = len(guild.members)
    return {"approximate_member_count": count, "approximate_presence_count": count}
