"""One connection that listens for notifications, and comes back when it is lost."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from core.errors import reason
from db import queries
from db.connect import UNAVAILABLE, connect, watch

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
    """Calls a channel's callback at each notification, and all of them at each connection, as what was notified in
    between is lost. A worker is known to be there by this connection."""
    delay_seconds = RECONNECT_SECONDS_MIN
    while True:
        try:
            connection = await connect(dsn, name="listen", command_seconds=ANSWER_SECONDS)
            delay_seconds = RECONNECT_SECONDS_MIN
            try:
                if is_worker:
                    await connection.execute(_PRESENCE["announce"], WORKER)
                for channel, callback in callbacks.items():
                    await connection.add_listener(channel, lambda *_, wake=callback: wake())
                for callback in callbacks.values():
                    callback()
                await watch(connection, "select 1", every_seconds=KEEPALIVE_SECONDS)
            finally:
                connection.terminate()
        except UNAVAILABLE as error:
            log.warning("lost the LISTEN connection (%s); trying again", reason(error))
        await asyncio.sleep(delay_seconds)
        delay_seconds = min(delay_seconds * 2, RECONNECT_SECONDS_MAX)
