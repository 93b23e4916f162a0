"""What members hand in, where Discord has it for about a day."""

from collections.abc import Callable
from typing import Self

import aiohttp
from yarl import URL

from core.failures import FailureCode, JobFailed
from core.orders import UPLOAD_BYTES_MAX, Upload

HOSTS = ("https://cdn.discordapp.com", "https://media.discordapp.net")
DISCORD = "discord.com"

TIMEOUT_SECONDS = 30.0
"""How long one picture may take to come, drop by drop."""

CONNECT_TIMEOUT_SECONDS = 10.0


class Attachments:
    """Use it in `async with`. `api_base` is Discord's; where that is a stand-in, it has the attachments too."""

    _session: aiohttp.ClientSession

    def __init__(
        self,
        api_base: str,
        proxy_for: Callable[[str], str | None],
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        stand_in = URL(api_base)
        self._origins = {*map(URL, HOSTS), *([] if stand_in.host == DISCORD else [stand_in.origin()])}
        self._proxy_for = proxy_for
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=CONNECT_TIMEOUT_SECONDS)

    async def __aenter__(self) -> Self:
        # What is compressed can become any size, and a picture is not made smaller by it.
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            headers={"Accept-Encoding": "identity"},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
        )
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._session.close()

    async def fetch(self, upload: Upload) -> bytes:
        """The file as it is there. Raises JobFailed: what it says has no part of the link, which whoever has it can
        open."""
        url = self._checked(upload)
        try:
            async with self._session.get(
                url, proxy=self._proxy_for(str(url.origin())), allow_redirects=False
            ) as response:
                _check(upload, response)
                return await _read(upload, response)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _failed(FailureCode.INPUT_UNREAD, upload, type(error).__name__) from None

    def _checked(self, upload: Upload) -> URL:
        try:
            url = URL(upload.url or "")
            if url.origin() in self._origins and url.user is None and url.password is None:
                return url
        except ValueError:
            pass
        raise _failed(FailureCode.INPUT_BROKEN, upload, "it is not with Discord")


def _check(upload: Upload, response: aiohttp.ClientResponse) -> None:
    kind, status = response.content_type, response.status
    if status in (403, 404, 410) and kind != "text/html":
        raise _failed(FailureCode.INPUT_GONE, upload, f"answered {status}")
    # Anything else is the word of what stands in between.
    if status != 200 or not kind.startswith("image/") or "Content-Encoding" in response.headers:
        raise _failed(FailureCode.INPUT_UNREAD, upload, f"answered {status} with {kind}")


async def _read(upload: Upload, response: aiohttp.ClientResponse) -> bytes:
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > UPLOAD_BYTES_MAX:
            response.close()
            raise _failed(FailureCode.INPUT_BROKEN, upload, f"it has more than {UPLOAD_BYTES_MAX} bytes")
    if size < upload.bytes:
        raise _failed(FailureCode.INPUT_UNREAD, upload, f"it came with {size} of {upload.bytes} bytes")
    return b"".join(chunks)


def _failed(code: FailureCode, upload: Upload, detail: str) -> JobFailed:
    return JobFailed(code, f"what was handed in ({upload.key}): {detail}")
