"""Where attachments are fetched: at URLs that are signed, and that end a day after they were made."""

import hashlib
import hmac
from collections.abc import Callable

from aiohttp import web

from sandbox.discord.state import Attachment, World
from sandbox.discord.store import Store

LIFE_SECONDS = 24 * 3600
_ISSUE_SECONDS = 3600
"""URLs of one such time are the same, so that a browser has a picture once."""

_PATH = "/{channel}/{attachment}/{filename}"
_HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    # It is served beside the page: what is no picture is not to run as a part of it.
    "Content-Security-Policy": "sandbox",
}


class Cdn:
    """`base_url` is asked for each time: the server may listen elsewhere after a restart."""

    def __init__(self, world: World, store: Store, base_url: Callable[[], str], *, key: str) -> None:
        self._world = world
        self._store = store
        self._base_url = base_url
        self._key = key.encode()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/attachments" + _PATH, self.get),
            web.get("/ephemeral-attachments" + _PATH, self.get),
            web.get("/emojis/{emoji}", self.get_emoji),
        ]

    def url(self, channel_id: str, attachment: Attachment, *, ephemeral: bool) -> str:
        kind = "ephemeral-attachments" if ephemeral else "attachments"
        path = f"/{kind}/{channel_id}/{attachment.id}/{attachment.filename}"
        issued = int(self._world.clock()) // _ISSUE_SECONDS * _ISSUE_SECONDS
        until, since = f"{issued + LIFE_SECONDS:x}", f"{issued:x}"
        return f"{self._base_url()}{path}?ex={until}&is={since}&hm={self._signature(path, until, since)}&"

    async def get(self, request: web.Request) -> web.Response:
        names = request.match_info
        found = self._world.attachment(names["channel"], names["attachment"])
        content = self._store.get_file(found.id) if found and self._admits(request) else None
        if found is None or content is None:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=content, content_type=found.content_type, headers=_HEADERS)

    async def get_emoji(self, request: web.Request) -> web.Response:
        """These URLs have no end."""
        found = self._world.emoji.get(request.match_info["emoji"])
        content = self._store.get_file(found.id) if found else None
        if found is None or content is None:
            return web.Response(status=404)
        return web.Response(body=content, content_type=found.content_type, headers=_HEADERS)

    def _admits(self, request: web.Request) -> bool:
        until, since, given = (request.query.get(key, "") for key in ("ex", "is", "hm"))
        signature = self._signature(request.path, until, since)
        if not hmac.compare_digest(signature.encode(), given.encode()):
            return False
        return self._world.clock() < int(until, 16)

    def _signature(self, path: str, until: str, since: str) -> str:
        return hmac.new(self._key, f"{path} {until} {since}".encode(), hashlib.sha256).hexdigest()
