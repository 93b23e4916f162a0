"""Everything of a member's in one file: as JSON with links, or with the pictures themselves where they fit."""

import asyncio
import io
import json
import logging
import math
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.messages.content import File
from core.errors import InvalidRequest, PictureGone, reason
from core.orders import ID_MAX, Picture
from db.bucket.client import file_name
from db.export import Asked, Export
from db.ledger import Ledger
from db.members import Members
from db.picture_store import PictureStore

log = logging.getLogger(__name__)

AT_ONCE = 2
"""Each holds two files of the largest size at most, and one picture."""

PAUSE_SECONDS = 300.0
BATCH = 200
"""Orders that are read and written at a time."""

_MARGIN_BYTES = 256 * 1024
"""For what stands around the file in a request, and what a ZIP needs for itself."""

_ENTRY_BYTES = 400
"""What a ZIP needs for a file's name, twice."""


@dataclass(frozen=True, slots=True)
class Exported:
    file: File
    is_whole: bool
    has_pictures: bool
    has_links: bool


class Exports:
    def __init__(self, export: Export, members: Members, ledger: Ledger, store: PictureStore) -> None:
        self._export = export
        self._members = members
        self._ledger = ledger
        self._store = store
        self._room = asyncio.Semaphore(AT_ONCE)
        self._until: dict[int, float] = {}

    @contextmanager
    def turn(self, member_id: int) -> Iterator[None]:
        """Raises InvalidRequest where this member has one already, or had just now."""
        now = time.monotonic()
        self._until = {member: until for member, until in self._until.items() if until > now}
        if (until := self._until.get(member_id)) is not None:
            if until == math.inf:
                raise InvalidRequest("It is being put together already. Give it a minute.")
            raise InvalidRequest(
                "You were sent it just now. You can have it again {when}.",
                # What is counted in whole minutes is rounded down.
                when=f"<t:{time.time() + until - now + 59:.0f}:R>",
            )
        self._until[member_id] = math.inf
        try:
            yield
        except BaseException:
            del self._until[member_id]
            raise
        self._until[member_id] = time.monotonic() + PAUSE_SECONDS

    async def make(self, member_id: int, *, bytes_max: int) -> Exported:
        """Raises BucketUnavailable."""
        async with self._room:
            return await self._make(member_id, bytes_max - _MARGIN_BYTES)

    async def _make(self, member_id: int, bytes_max: int) -> Exported:
        chunks = [await self._beside(member_id)]
        size, is_whole, before_id = len(chunks[0]), True, ID_MAX
        pictures: list[Picture] = []
        pictures_size = 0
        while batch := await self._export.orders(member_id, before_id=before_id, limit=BATCH):
            before_id = batch[-1].id
            for asked, chunk in zip(batch, await asyncio.to_thread(self._orders, batch), strict=True):
                is_whole = is_whole and size + len(chunk) <= bytes_max
                if not is_whole:
                    break
                chunks.append(chunk)
                size += len(chunk) + 2
                found = [picture for picture in asked.pictures if not picture.is_expired]
                pictures_size += sum(picture.bytes + _ENTRY_BYTES for picture in found)
                # What does not fit is not remembered.
                pictures = pictures + found if size + pictures_size <= bytes_max else []
            if not is_whole:
                break
        text = chunks[0] + b",\n".join(chunks[1:]) + b"\n]}\n"
        if not pictures:
            file = File("tigerbrush.json", text)
            return Exported(file, is_whole, has_pictures=False, has_links=pictures_size > 0)
        file = File("tigerbrush.zip", await self._zip(text, pictures))
        return Exported(file, is_whole, has_pictures=True, has_links=False)

    async def _beside(self, member_id: int) -> bytes:
        """All but the orders, and the beginning of these."""
        used = await self._ledger.used(member_id, None)
        document = {
            "member": member_id,
            "made_at": datetime.now(UTC),
            "links_end_at": datetime.now(UTC) + timedelta(seconds=self._store.link_ttl_seconds),
            "settings": (await self._members.find(member_id)).wishes.model_dump(mode="json"),
            "credits": {
                "today": used.member_day,
                "this_month": used.member_month,
                "for": [asdict(one) for one in await self._ledger.spent(member_id)],
            },
            **await self._export.beside(member_id),
        }
        return _encoded(document, indent=1).removesuffix(b"\n}") + b',\n"orders": [\n'

    def _orders(self, batch: Sequence[Asked]) -> list[bytes]:
        """In a thread: there are many links to sign."""
        return [
            _encoded({**asked.values, "pictures": [self._picture(picture) for picture in asked.pictures]})
            for asked in batch
        ]

    def _picture(self, picture: Picture) -> dict[str, Any]:
        names = ("id", "created_at", "seconds", "width", "height", "seed", "bytes", "expired_at")
        values = {name: getattr(picture, name) for name in names}
        return {**values, "file": file_name(picture), "link": self._store.link(picture, download=True)}

    async def _zip(self, text: bytes, pictures: Sequence[Picture]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            await asyncio.to_thread(archive.writestr, "tigerbrush.json", text, zipfile.ZIP_DEFLATED)
            for picture in pictures:
                try:
                    original = await self._store.original(picture)
                except PictureGone as error:
                    log.warning("left out of an export: %s", reason(error))
                    continue
                await asyncio.to_thread(archive.writestr, file_name(picture), original)
        return buffer.getvalue()


def _encoded(value: dict[str, Any], *, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent, default=_plain).encode()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)
