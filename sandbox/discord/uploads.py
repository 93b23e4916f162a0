"""Files of members: sent beforehand, as Discord's own client does, and then named in what they belong to."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.discord import errors
from sandbox.discord.body import look_at, read_bounded
from sandbox.discord.rest.wire import answer
from sandbox.discord.rules.attachments import (
    ATTACHMENT_BYTES_MAX,
    ATTACHMENTS_MAX,
    FILENAME_LENGTH_MAX,
    Upload,
)
from sandbox.discord.rules.form import Form, Node
from sandbox.discord.state import World
from sandbox.discord.viewers import Viewers, json_of_member
from sandbox.discord.wire import Json

PENDING_MAX = 40
"""Those that were never used make room for others."""


@dataclass(slots=True)
class _Pending:
    user_id: str
    filename: str
    upload: Upload | None = None


class Uploads:
    def __init__(self, world: World, viewers: Viewers) -> None:
        self._world = world
        self._viewers = viewers
        self._pending: dict[str, _Pending] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/sandbox/members/{member}/channels/{channel}/attachments", self.reserve),
            # Elsewhere, since its body is no JSON. No form of another page can send a PUT.
            web.put("/uploads/{name}", self.put),
        ]

    async def reserve(self, request: web.Request) -> web.Response:
        """Says where each of the files is to be sent."""
        user_id = self._viewers.member(request).id
        self._viewers.channel(request)
        form = Form()
        files = Node(await json_of_member(request), form).items(
            "files", minimum=1, maximum=ATTACHMENTS_MAX, required=True
        )
        names = [one.text("filename", minimum=1, maximum=FILENAME_LENGTH_MAX, required=True) for one in files]
        sizes = [one.integer("file_size", minimum=0, maximum=2**53, required=True) for one in files]
        form.refuse_if_wrong()
        if any((size or 0) > ATTACHMENT_BYTES_MAX for size in sizes):
            raise errors.entity_too_large()
        places = []
        for file, filename in zip(files, names, strict=True):
            name = secrets.token_urlsafe(24)
            self._pending[name] = _Pending(user_id, filename or "")
            url = f"{request.url.origin()}/uploads/{name}"
            places.append({"id": file.fields.get("id"), "upload_url": url, "upload_filename": name})
        while len(self._pending) > PENDING_MAX:
            del self._pending[next(iter(self._pending))]
        return answer({"attachments": places})

    async def put(self, request: web.Request) -> web.Response:
        pending = self._pending.get(request.match_info["name"])
        if pending is None:
            raise errors.not_found()
        content = await read_bounded(request.content.iter_any())
        id_ = self._world.snowflakes.next()
        pending.upload = await asyncio.to_thread(look_at, pending.filename, content, id_)
        return web.Response()

    def named(self, user_id: str, entries: Any) -> dict[str, Upload]:
        """The files of a list of attachments, by the ids that the client gave them. Raises 50035."""
        form = Form()
        found: dict[str, Upload] = {}
        for node in Node({"attachments": entries}, form).items("attachments", maximum=ATTACHMENTS_MAX):
            node.only("id", "filename", "uploaded_filename", "description")
            pending = self._pending.get(str(node.fields.get("uploaded_filename")))
            if pending is None or pending.user_id != user_id or pending.upload is None:
                node.error("ATTACHMENT_NOT_FOUND", "Nothing was uploaded by that name", "uploaded_filename")
            else:
                found[str(node.fields.get("id"))] = pending.upload
        form.refuse_if_wrong()
        return found

    def used(self, entries: list[Json]) -> None:
        """They belong to something now."""
        for entry in entries:
            self._pending.pop(entry["uploaded_filename"], None)
