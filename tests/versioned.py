"""An S3 server that keeps versions, as far as deleting goes: none of those that come as a wheel does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from xml.sax.saxutils import escape

from aiohttp import web

BUCKET = "versioned"
_FORBIDDEN = "<Error><Code>AccessDenied</Code><Message>not for this key</Message></Error>"


class VersionedS3:
    """`versions` has for each key what was stored, None for the mark of a deletion; signatures are not read.

    `tells` is whether GetBucketVersioning is allowed, `lets` whether versions may be listed and deleted.
    """

    def __init__(self) -> None:
        self.url = ""
        self.tells = self.lets = True
        self.versions: dict[str, dict[str, bytes | None]] = {}
        self._ids = count(1)

    async def put(self, request: web.Request) -> web.Response:
        self.versions.setdefault(request.match_info["key"], {})[str(next(self._ids))] = await request.read()
        return web.Response(headers={"ETag": '"0"'})

    async def get(self, request: web.Request) -> web.Response:
        found = list(self.versions.get(request.match_info["key"], {}).values())
        if not found or found[-1] is None:
            return _xml("<Error><Code>NoSuchKey</Code><Message>there is none</Message></Error>", 404)
        return web.Response(body=found[-1])

    async def delete(self, request: web.Request) -> web.Response:
        versions = self.versions.setdefault(request.match_info["key"], {})
        if "versionId" in request.query:
            if not self.lets:
                return _refusal()
            versions.pop(request.query["versionId"], None)
            return web.Response(status=204)
        versions[str(next(self._ids))] = None
        return web.Response(status=204, headers={"x-amz-delete-marker": "true"})

    async def look(self, request: web.Request) -> web.Response:
        if "versioning" in request.query:
            state = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
            return _xml(state) if self.tells else _refusal()
        prefix = request.query.get("prefix", "")
        found = {key: kept for key, kept in self.versions.items() if key.startswith(prefix) and kept}
        if "versions" in request.query:
            return _xml(_listing("ListVersionsResult", _version_items(found))) if self.lets else _refusal()
        items = [
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>"
            for key, kept in found.items()
            if list(kept.values())[-1] is not None
        ]
        return _xml(_listing("ListBucketResult", items))


def _version_items(found: dict[str, dict[str, bytes | None]]) -> list[str]:
    return [
        f"<{tag}><Key>{escape(key)}</Key><VersionId>{version}</VersionId></{tag}>"
        for key, kept in found.items()
        for version, body in kept.items()
        for tag in ("DeleteMarker" if body is None else "Version",)
    ]


def _listing(root: str, items: list[str]) -> str:
    return f"<{root}><Name>{BUCKET}</Name><IsTruncated>false</IsTruncated>{''.join(items)}</{root}>"


def _xml(text: str, status: int = 200) -> web.Response:
    return web.Response(status=status, text=text, content_type="application/xml")


def _refusal() -> web.Response:
    return _xml(_FORBIDDEN, 403)


@asynccontextmanager
async def versioned_s3() -> AsyncIterator[VersionedS3]:
    server = VersionedS3()
    app = web.Application()
    app.router.add_get(f"/{BUCKET}", server.look)
    app.router.add_put(f"/{BUCKET}/{{key:.+}}", server.put)
    app.router.add_get(f"/{BUCKET}/{{key:.+}}", server.get)
    app.router.add_delete(f"/{BUCKET}/{{key:.+}}", server.delete)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
