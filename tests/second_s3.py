"""A second S3 server: moto's, which keeps versions and answers as a link asks, and reads no signature.

The sandbox's own is the other way round, so what is stored is tried on both.
"""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from aiohttp import ClientSession, web

from sandbox.ports import free_port
from sandbox.s3 import VARIABLES

_VERSIONED = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
_FORBIDDEN = "<Error><Code>AccessDenied</Code><Message>not for this key</Message></Error>"

_numbers = count(1)


@contextmanager
def second_s3() -> Iterator[str]:
    """Its URL."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def versioned_bucket(url: str) -> dict[str, str]:
    """A bucket of one's own that keeps old versions, as bot and worker are told of it."""
    name = f"versioned-{next(_numbers)}"
    for path, body in ((name, b""), (f"{name}?versioning", _VERSIONED)):
        request = urllib.request.Request(f"{url}/{path}", body, {"Content-Type": "text/xml"}, method="PUT")
        urllib.request.urlopen(request, timeout=20).close()
    return dict(zip(VARIABLES, (url, "id", "secret", "us-east-1", name), strict=True))


async def count_versions(environment: dict[str, str], prefix: str = "", *, marks: bool = False) -> int:
    """Of all objects whose names begin so; with `marks`, the marks of deletions too."""
    url = f"{environment['AWS_ENDPOINT_URL_S3']}/{environment['BUCKET_NAME']}?versions&prefix={prefix}"
    async with ClientSession() as session, session.get(url) as answer:
        listing = await answer.text()
    return listing.count("<Version>") + (listing.count("<DeleteMarker>") if marks else 0)


class Refusal:
    """What a `Front` before it answers: `tells` is whether GetBucketVersioning is allowed, `lets` whether versions
    may be listed and deleted."""

    def __init__(self, *, tells: bool = True, lets: bool = True) -> None:
        self.tells = tells
        self.lets = lets

    async def __call__(self, request: web.Request) -> web.Response | None:
        is_refused = not self.tells and "versioning" in request.query
        if is_refused or (not self.lets and {"versions", "versionId"} & request.query.keys()):
            return web.Response(status=403, text=_FORBIDDEN, content_type="application/xml")
        return None
