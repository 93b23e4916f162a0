"""The application's own emoji, and where they are fetched."""

from aiohttp import web

from sandbox.discord import errors
from sandbox.discord.render import Render
from sandbox.discord.rest.wire import answer, object_of
from sandbox.discord.rules.emoji import EMOJI_MAX, read_image, read_name
from sandbox.discord.rules.form import Form, Node
from sandbox.discord.state import Emoji, World
from sandbox.discord.store import Store
from sandbox.discord.wire import Json

_ALL = "/applications/{application}/emojis"
_ONE = _ALL + "/{emoji}"


class ApplicationEmoji:
    def __init__(self, world: World, store: Store, render: Render) -> None:
        self._world = world
        self._store = store
        self._render = render

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(_ALL, self.all),
            web.post(_ALL, self.create),
            web.get(_ONE, self.one),
            web.patch(_ONE, self.rename),
            web.delete(_ONE, self.delete),
        ]

    async def all(self, request: web.Request) -> web.Response:
        return answer({"items": [self._shown(one) for one in self._of(request).values()]})

    async def one(self, request: web.Request) -> web.Response:
        return answer(self._shown(self._find(request)))

    async def create(self, request: web.Request) -> web.Response:
        emoji = self._of(request)
        body, _ = await object_of(request, self._world.snowflakes.next)
        node = Node(body, Form())
        node.only("name", "image")
        name, image = read_name(node, {one.name for one in emoji.values()}), read_image(node)
        node.form.refuse_if_wrong()
        if len(emoji) >= EMOJI_MAX:
            raise errors.too_many_emoji(EMOJI_MAX)
        assert name is not None
        assert image is not None
        content, content_type, animated = image
        made = Emoji(self._world.snowflakes.next(), name, content_type, animated)
        emoji[made.id] = made
        self._store.put_file(made.id, content)
        self._store.changed()
        return answer(self._shown(made), 201)

    async def rename(self, request: web.Request) -> web.Response:
        emoji, others = self._find(request), self._of(request).values()
        body, _ = await object_of(request, self._world.snowflakes.next)
        node = Node(body, Form())
        node.only("name")
        name = read_name(node, {one.name for one in others if one is not emoji})
        node.form.refuse_if_wrong()
        emoji.name = name or emoji.name
        self._store.changed()
        return answer(self._shown(emoji))

    async def delete(self, request: web.Request) -> web.Response:
        emoji = self._find(request)
        del self._world.emoji[emoji.id]
        self._store.drop_files([emoji.id])
        self._store.changed()
        return web.Response(status=204)

    def _of(self, request: web.Request) -> dict[str, Emoji]:
        if request.match_info["application"] != self._world.application_id:
            raise errors.unknown_application()
        return self._world.emoji

    def _find(self, request: web.Request) -> Emoji:
        emoji = self._of(request).get(request.match_info["emoji"])
        if emoji is None:
            raise errors.unknown_application_emoji()
        return emoji

    def _shown(self, emoji: Emoji) -> Json:
        return {
            "id": emoji.id,
            "name": emoji.name,
            "user": self._render.user_by_id(self._world.bot_id),
            "roles": [],
            "require_colons": True,
            "managed": False,
            "animated": emoji.animated,
            "available": True,
        }
