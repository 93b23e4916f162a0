"""The checks that both processes share: Postgres, the bucket and its links, the workers and the queue."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from uuid import uuid4

import aiohttp

from core.errors import BucketUnavailable, Misconfigured, reason
from core.settings import DatabaseSettings
from db import gauges, queries
from db.alarms import Alarms
from db.bucket.advice import remedy as bucket_remedy
from db.bucket.client import Bucket
from db.connect import connect
from db.listen import WORKER
from db.pool import UNAVAILABLE, Pool, QueryFailed
from db.rate_limits import SLOT_SECONDS, RateLimit
from db.schema import missing_migrations
from db.vetting import Vetting
from ops.checks import Check, CheckFailed

_SQL, _PRESENCE = queries.load("doctor"), queries.load("presence")

POSTGRES, SCHEMA, NOTIFICATIONS, BUCKET, LINKS = "Postgres", "schema", "notifications", "bucket", "links"

NOTIFY_SECONDS = 5.0
SKEW_SECONDS_MAX = 60.0
"""S3 refuses what is signed more than 15 minutes off; a clock that is a minute off will be, some day."""

WAIT_SECONDS_MAX = 300.0

CONNECTION_SECONDS = 3.0

PAUSE_SECONDS_MAX = 2 * SLOT_SECONDS
"""So far ahead calls are planned while there are many of them."""

_LINK_REMEDY = (
    "Is PUBLIC_BUCKET_URL the bucket's address for members (or AWS_ENDPOINT_URL_S3, where that is unset), "
    "is BUCKET_ADDRESSING right, and does the service take LINK_TTL_SECONDS?"
)


class StorageChecks:
    def __init__(self, settings: DatabaseSettings, pool: Pool, bucket: Bucket) -> None:
        self._settings = settings
        self._pool = pool
        self._bucket = bucket

    def all(self) -> list[Check]:
        return [
            Check(POSTGRES, self._postgres),
            Check("connections", self._connections, (POSTGRES,)),
            Check(SCHEMA, self._schema, (POSTGRES,)),
            Check(NOTIFICATIONS, self._notifications, (POSTGRES,)),
            Check(BUCKET, self._writable),
            Check(LINKS, lambda: self._with_object(self._link), (BUCKET,)),
            Check("clock", self._clock, (BUCKET,)),
            Check("workers", self._workers, (POSTGRES,)),
            Check("queue", self._queue, (POSTGRES, SCHEMA)),
            Check("alarms", self._alarms, (POSTGRES, SCHEMA)),
        ]

    async def _postgres(self) -> str:
        try:
            # Before anything else: what is prepared on a transaction pooler fails by chance.
            await Vetting(self._settings, patience_seconds=0.0).check()
            version = await self._pool.fetchval("show server_version")
        except Misconfigured as error:
            raise CheckFailed(f"{error.variable} {error.wrong}", f"It should be {error.right}.") from error
        except (*UNAVAILABLE, QueryFailed) as error:
            raise CheckFailed(
                f"does not answer: {reason(error)}", "Is it up, and are host and port of the URL right?"
            ) from error
        return f"version {version}"

    async def _connections(self) -> str:
        """As many as one process may take at once: a pooler may have fewer, and lets the others wait."""
        wanted = self._settings.database_pool_size
        async with AsyncExitStack() as exits:
            for count in range(wanted):
                try:
                    connection = await connect(
                        self._settings.dsn,
                        name="doctor",
                        command_seconds=CONNECTION_SECONDS,
                        statement_cache_size=0,
                    )
                    exits.callback(connection.terminate)
                    # Else a transaction pooler serves them all by one.
                    await exits.enter_async_context(connection.transaction())
                except UNAVAILABLE as error:
                    raise CheckFailed(
                        f"only {count} of DATABASE_POOL_SIZE ({wanted}) are served at once: {reason(error)}",
                        "Give the pooler, or max_connections, room for each process and for two more, "
                        "or lower DATABASE_POOL_SIZE.",
                    ) from error
        return f"{wanted} are served at once"

    async def _schema(self) -> str:
        async with self._pool.acquire() as connection:
            missing = await missing_migrations(connection)
        if missing:
            raise CheckFailed(f"{len(missing)} migrations are missing", "Run `python -m db migrate`.")
        return "up to date"

    async def _notifications(self) -> str:
        """Sent on the ordinary connection and heard on the one that listens, as in the processes."""
        heard, channel = asyncio.Event(), f"doctor_{secrets.token_hex(4)}"
        listener = await connect(self._settings.listen_dsn, name="doctor")
        try:
            await listener.add_listener(channel, lambda *_: heard.set())
            await self._pool.execute(_SQL["notify"], channel)
            await asyncio.wait_for(heard.wait(), NOTIFY_SECONDS)
        except TimeoutError as error:
            raise CheckFailed(
                "do not arrive, so everything comes some seconds late",
                "Set DATABASE_LISTEN_URL to the direct address of the same database, not to a pooler.",
            ) from error
        finally:
            listener.terminate()
        return "arrive"

    async def _writable(self) -> str:
        async def check(key: str, body: bytes) -> str:
            if await self._bucket.read(key) != body:
                raise CheckFailed("gives back other bytes than it got", "Is there a cache before it?")
            # What a member deletes is found by a listing.
            async for _ in self._bucket.pages(before=datetime.now(UTC)):
                break
            versions = ", and keeps old versions, which are removed with what is deleted"
            return f"can be written and read{versions if await self._bucket.keeps_versions() else ''}"

        try:
            return await self._with_object(check)
        except BucketUnavailable as error:
            raise CheckFailed(
                f"cannot be used: {reason(error)}", bucket_remedy(error, self._bucket.links.settings)
            ) from error

    async def _link(self, key: str, body: bytes) -> str:
        links = self._bucket.links
        try:
            async with self._session() as session, session.get(links.to(key)) as answer:
                status, found = answer.status, await answer.read()
        except aiohttp.ClientError as error:
            raise CheckFailed(f"do not open at {links.url}: {reason(error)}", _LINK_REMEDY) from error
        if status != 200:
            raise CheckFailed(f"answer {status} at {links.url}", _LINK_REMEDY)
        if found != body:
            raise CheckFailed("open something else", "Is there a proxy before the bucket that changes it?")
        return f"open at {links.url}, with the right bytes"

    async def _clock(self) -> str:
        """Of the service itself, which looks at when a request was signed; a refusal tells the time too."""
        async with (
            self._session() as session,
            session.get(self._bucket.endpoint, allow_redirects=False) as answer,
        ):
            told = answer.headers.get("Date")
        if told is None:
            return "the bucket does not tell the time"
        seconds = (datetime.now(UTC) - parsedate_to_datetime(told)).total_seconds()
        if abs(seconds) > SKEW_SECONDS_MAX:
            raise CheckFailed(
                f"{abs(seconds):.0f} seconds {'ahead of' if seconds > 0 else 'behind'} the bucket's",
                "Set this machine's clock by NTP; signed links and requests depend on it.",
            )
        return "agrees with the bucket's"

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(proxy=self._bucket.links.proxy)

    async def _with_object(self, check: Callable[[str, bytes], Awaitable[str]]) -> str:
        """Checks with an object of its own, which is removed afterwards."""
        key, body = f"doctor/{uuid4()}", secrets.token_bytes(64)
        await self._bucket.store(key, body)
        try:
            return await check(key, body)
        finally:
            await self._bucket.remove_objects([key])

    async def _workers(self) -> str:
        if not await self._pool.fetchval(_PRESENCE["count"], WORKER):
            raise CheckFailed("none is connected to Postgres", "Start one: `python -m worker`.")
        return "at work"

    async def _alarms(self) -> str:
        """Those of a pause that ends by itself included."""
        alarms = [
            f"{alarm.remedy} (since {alarm.raised_at:%d %B %H:%M} UTC)"
            for alarm in await Alarms(self._pool).open()
        ]
        seconds = await RateLimit(self._pool).seconds_until_free()
        if seconds is not None and seconds > PAUSE_SECONDS_MAX:
            alarms.append(f"Stability asked for a pause, which ends by itself in {seconds:.0f} seconds.")
        if alarms:
            raise CheckFailed(f"{len(alarms)} open", " ".join(alarms))
        return "none"

    async def _queue(self) -> str:
        state = await gauges.read(self._pool)
        said = f"{state['waiting']:.0f} jobs wait, the oldest for {state['oldest_seconds']:.0f} seconds"
        if state["oldest_seconds"] > WAIT_SECONDS_MAX:
            raise CheckFailed(said, "Run `python -m worker doctor`; if all is ok there, more workers.")
        return said
