"""The state of the queue as gauges: asked of Postgres now and then, however often Prometheus scrapes."""

import logging

from prometheus_client import CollectorRegistry, Gauge

from core.errors import reason
from db import gauges
from db.pool import UNAVAILABLE, Pool

log = logging.getLogger(__name__)

EVERY_SECONDS = 15.0
"""What Prometheus scrapes by default; more often would tell nothing more."""

_GAUGES = {
    "waiting": ("tigerbrush_jobs_waiting", "Jobs in line"),
    "oldest_seconds": (
        "tigerbrush_jobs_waiting_oldest_age_seconds",
        "Age of the oldest job in line; 0: none",
    ),
    "running": ("tigerbrush_jobs_running", "Jobs that workers hold"),
    "behind": (
        "tigerbrush_replies_behind",
        "Replies that are behind their order and that Discord does not refuse",
    ),
    "spilled": ("tigerbrush_pictures_parked", "Pictures in Postgres, as the bucket did not take them"),
    "spilled_bytes": ("tigerbrush_pictures_parked_bytes", "The size of those pictures"),
    "alarms": ("tigerbrush_alarms", "Alarms that are open until the owner has mended their cause"),
}


class QueueGauges:
    """They are the same for all processes, so the bot alone has them."""

    def __init__(self, pool: Pool, registry: CollectorRegistry) -> None:
        self._pool = pool
        self._gauges = {
            column: Gauge(name, text, registry=registry) for column, (name, text) in _GAUGES.items()
        }

    async def refresh(self) -> None:
        """While Postgres is away, the gauges say that nothing is known."""
        try:
            values = await gauges.read(self._pool)
        except UNAVAILABLE as error:
            log.debug("nothing is known of the queue: %s", reason(error))
            values = dict.fromkeys(self._gauges, float("nan"))
        for column, value in values.items():
            self._gauges[column].set(value)
