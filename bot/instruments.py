"""What the bot counts and traces: the orders that it takes and cancels, and how their replies get through."""

from contextlib import AbstractContextManager

import discord
from prometheus_client import CollectorRegistry, Counter

from core.orders import Progress, Reply
from ops.metrics import Ended
from ops.tracing.traces import Traces


class Instruments:
    """`way` is how a reply is delivered: token, bot, channel or direct."""

    def __init__(self, registry: CollectorRegistry, traces: Traces | None = None) -> None:
        self._traces = traces or Traces()
        self._ended = Ended(registry)
        self._accepted = Counter(
            "tigerbrush_jobs_accepted", "Jobs that were stored", ["kind"], registry=registry
        )
        self._edits = Counter(
            "tigerbrush_reply_edits", "Replies that were brought to a newer state", ["way"], registry=registry
        )
        self._failures = Counter(
            "tigerbrush_reply_edit_failures",
            "Tries at that which failed, by Discord's code, its status, or the name of the error",
            ["way", "code"],
            registry=registry,
        )

    @property
    def traceparent(self) -> str | None:
        """It is stored with the order, whose trace goes on from there."""
        return self._traces.traceparent

    def stage(self, name: str) -> AbstractContextManager[None]:
        return self._traces.span(name)

    def edit(self, reply: Reply) -> AbstractContextManager[None]:
        """A span of the order's own trace, for one try to show this revision."""
        progress = reply.progress
        return self._traces.of_job("edit", progress.jobs[0], state=progress.state, revision=reply.revision)

    def accepted(self, progress: Progress) -> None:
        self._accepted.labels(progress.order.operation).inc(len(progress.jobs))
        self._traces.about(progress.jobs[0])

    def cancelled(self, jobs: int) -> None:
        for _ in range(jobs):
            self._ended.note("cancelled")

    def delivered(self, way: str) -> None:
        self._edits.labels(way).inc()

    def delivery_failed(self, way: str, error: BaseException) -> None:
        cause = error if isinstance(error, discord.HTTPException) else error.__cause__ or error
        code = type(cause).__name__
        if isinstance(cause, discord.HTTPException):
            code = str(cause.code or cause.status)
        self._failures.labels(way, code).inc()
