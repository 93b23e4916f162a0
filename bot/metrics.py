"""What the bot counts: the jobs it takes and cancels, and how their replies get through."""

from typing import Any

import discord
from prometheus_client import CollectorRegistry, Counter

from db.orders import Job, Jobs, Order
from ops.metrics import Ended


class ReplyMetrics:
    """`way` is how a reply is brought: token, bot, channel or direct."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._edits = Counter(
            "tigerbrush_reply_edits", "Replies that were brought to a newer state", ["way"], registry=registry
        )
        self._failures = Counter(
            "tigerbrush_reply_edit_failures",
            "Tries at that which failed, by Discord's code, its status, or the name of the error",
            ["way", "code"],
            registry=registry,
        )

    def shown(self, way: str) -> None:
        self._edits.labels(way).inc()

    def failed(self, way: str, error: BaseException) -> None:
        cause = error if isinstance(error, discord.HTTPException) else error.__cause__ or error
        if isinstance(cause, discord.HTTPException):
            code = str(cause.code or cause.status)
        else:
            code = type(cause).__name__
        self._failures.labels(way, code).inc()


class MeteredJobs(Jobs):
    """Jobs that are counted as they come in and as they are cancelled."""

    def __init__(self, *arguments: Any, registry: CollectorRegistry) -> None:
        super().__init__(*arguments)
        self._ended = Ended(registry)
        self._accepted = Counter(
            "tigerbrush_jobs_accepted", "Jobs that were stored", ["kind"], registry=registry
        )

    async def enqueue(self, order: Order) -> Job | None:
        job = await super().enqueue(order)
        if job is not None:
            self._accepted.labels(order.kind).inc()
        return job

    async def cancel(self, job_id: int) -> Job:
        job = await super().cancel(job_id)
        self._ended.note("cancelled")
        return job
