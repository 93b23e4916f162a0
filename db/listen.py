"""One connection that listens for notifications, and comes back when it is lost."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from core.errors import reason
from db import queries
from db.connect import connect
from db.pool import UNAVAILABLE, Connection

_PRESENCE = queries.load("presence")

WORKER = 7_263_445
"""The key of the lock by which a worker is known to be there."""

log = logging.getLogger(__name__)

KEEPALIVE_SECONDS = 10.0
ANSWER_SECONDS = 5.0
"""A connection that died without a word, as behind a NAT, is noticed by the next question left unanswered."""

RECONNECT_SECONDS_MIN = 0.5
RECONNECT_SECONDS_MAX = 15.0


async def listen(dsn: str, callbacks: Mapping[str, Callable[[], None]], *, is_worker: bool = False) -> None:
    """Calls a channel's callback at each notification, and all of them at each (re)connection, for ever.

    A worker is known to be there by this connection. What was notified while the connection was away is
    lost, so callbacks must look for what is new.
    """
    delay_seconds = RECONNECT_SECONDS_MIN
    while True:
        try:
            connection = await connect(dsn, name="listen", command_seconds=ANSWER_SECONDS)
            try:
                delay_seconds = RECONNECT_SECONDS_MIN
                if is_worker:
                    await connection.execute(_PRESENCE["announce"], WORKER)
                await _serve(connection, callbacks)
            finally:
                connection.terminate()
        except UNAVAILABLE as error:
            log.warning("lost the LISTEN connection (%s); trying again", reason(error))
        await asyncio.sleep(delay_seconds)
        delay_seconds = min(delay_seconds * 2, RECONNECT_SECONDS_MAX)


async def _serve(connection: Connection, callbacks: Mapping[str, Callable[[], None]]) -> None:
    """Returns when the connection ends."""
    ended = asyncio.Event()
    connection.add_termination_listener(lambda _connection: ended.set())
    for channel, callback in callbacks.items():
        await connection.add_listener(channel, lambda *_, wake=callback: wake())
    for callback in callbacks.values():
        callback()
    while not ended.is_set():
        try:
            # Not wait_for: it swallows a cancellation that comes in the moment when the connection ends.
            async with asyncio.timeout(KEEPALIVE_SECONDS):
                await ended.wait()
        except TimeoutError:
            await connection.fetchval("select 1")
