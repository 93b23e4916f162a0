"""Request bodies: JSON, or JSON beside files in a multipart body."""

import asyncio
import io
import json
import mimetypes
import re
import warnings
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any

from aiohttp import BodyPartReader, web
from PIL import Image

from sandbox.discord import errors
from sandbox.discord.rules.attachments import ATTACHMENT_BYTES_MAX, Upload, clean_filename
from sandbox.discord.state import Attachment

_FILE_FIELD = re.compile(r"files\[(\d{1,4})\]")
_READ_BYTES = 256 * 1024


async def read_body(request: web.Request, new_id: Callable[[], str]) -> tuple[Any, dict[int, Upload]]:
    """The decoded JSON (None for an empty body) and the files by their number n of `files[n]`."""
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request, new_id)
    return _decode(await request.read()), {}


def _decode(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError as error:
        raise errors.invalid_json() from error


async def _read_multipart(request: web.Request, new_id: Callable[[], str]) -> tuple[Any, dict[int, Upload]]:
    body: Any = None
    uploads: dict[int, Upload] = {}
    try:
        parts = await request.multipart()
    except ValueError as error:
        # Its type names no boundary.
        raise errors.invalid_json() from error
    async for part in parts:
        if not isinstance(part, BodyPartReader):
            raise errors.invalid_json()
        content = await read_bounded(_chunks(part))
        if part.name == "payload_json":
            body = _decode(content)
        elif (match := _FILE_FIELD.fullmatch(part.name or "")) and part.filename:
            uploads[int(match[1])] = await asyncio.to_thread(look_at, part.filename, content, new_id())
        else:
            raise errors.not_implemented(f"a part named {part.name} in a multipart body")
    return body, uploads


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_READ_BYTES):
        yield chunk


async def read_bounded(chunks: AsyncIterable[bytes]) -> bytes:
    """A file of the largest size at most."""
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > ATTACHMENT_BYTES_MAX:
            raise errors.entity_too_large()
    return bytes(content)


def look_at(filename: str, content: bytes, id_: str) -> Upload:
    """Discord goes by the bytes for the size of a picture, and by the name for the type of a file."""
    name = clean_filename(filename)
    width = height = None
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    try:
        with warnings.catch_warnings():
            # The header is all that is read, so a picture that is too large does no harm.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as image:
                width, height = image.size
                content_type = image.get_format_mimetype() or content_type
    except (OSError, Image.DecompressionBombError):
        # Not a picture, which is as good a file as any.
        pass
    return Upload(Attachment(id_, name, content_type, len(content), width, height), content)
