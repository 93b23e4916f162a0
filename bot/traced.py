"""The parts of the bot that are seen in traces, as such: each does what its base does, in a span."""

from dataclasses import replace
from typing import Any

from bot.messages.reply import Reply
from bot.metrics import MeteredJobs
from bot.replies.messenger import Messenger, Shown
from db.orders import Job, Order
from ops.tracing.traces import Traces


class TracedJobs(MeteredJobs):
    """What is stored with a job is the span of storing it: all that is done about the job goes on from it."""

    def __init__(self, *arguments: Any, traces: Traces, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._traces = traces

    async def enqueue(self, order: Order) -> Job | None:
        with self._traces.span("insert"):
            job = await super().enqueue(replace(order, traceparent=self._traces.traceparent))
            if job is not None:
                self._traces.about(job)
        return job


class TracedMessenger(Messenger):
    def __init__(self, *arguments: Any, traces: Traces, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._traces = traces

    async def bring(self, job: Job, reply: Reply) -> Shown | None:
        with self._traces.of_job("edit", job, state=job.state, revision=job.revision):
            return await super().bring(job, reply)
