"""A worker's parts on a real queue and a real bucket, and what its calls have cost."""

from typing import Any

from prometheus_client import CollectorRegistry

from core.failures import Outcome
from core.orders import Job, Progress
from db.alarms import Alarms
from db.bucket.client import Bucket
from db.ledger import Ledger, audit
from db.picture_store import PictureStore
from db.pool import Pool
from db.rate_limits import RateLimit
from db.spill import Spill
from db.uploads import Uploads
from ops.tracing.traces import Traces
from tests.lives import running, stored, worker
from worker.attachments import Attachments
from worker.cpus import CpuSlots
from worker.inputs import Inputs
from worker.instruments import Instruments
from worker.job import JobRunner
from worker.marking import Marker
from worker.providers.provider import Provider
from worker.storage import Storage
from worker.watch import Watch


def instruments() -> Instruments:
    return Instruments(CollectorRegistry(), Traces())


class Workshop:
    """One provider's runner, and what a test looks at beside it."""

    def __init__(
        self, pool: Pool, bucket: Bucket, provider: Provider, attachments: Attachments | None = None
    ) -> None:
        self.pool = pool
        self.queue = worker(pool)
        self.provider = provider
        self.instruments = instruments()
        self.spill = Spill(pool)
        self.watch = Watch(self.queue, Alarms(pool), provider)
        self.storage = Storage(self.queue, bucket, self.spill, Alarms(pool), self.instruments)
        cpus = CpuSlots()
        self.inputs = Inputs(
            self.queue,
            PictureStore(bucket, self.spill),
            bucket,
            Uploads(pool),
            attachments or Attachments("https://discord.com/api/v10", lambda _url: None),
            cpus,
        )
        self.runner = JobRunner(
            self.queue,
            Ledger(pool),
            provider,
            RateLimit(pool, provider.name),
            self.watch,
            self.inputs,
            self.storage,
            cpus,
            Marker(),
            self.instruments,
        )

    async def run(self, job: Job) -> Progress:
        """The order after this attempt."""
        await self.runner.run(job)
        return (await stored(self.pool, job.order.id)).progress

    async def paint(self, **changes: Any) -> Progress:
        """An order of one picture after its first attempt."""
        return await self.run(await running(self.pool, **changes))


async def calls(pool: Pool) -> list[tuple[Outcome, str | None]]:
    """What each call costs and the provider's id of it, in the order in which they were begun."""
    rows = await pool.fetch("select outcome, request_id from calls order by begun_at, attempt")
    return [(Outcome(row["outcome"]), row["request_id"]) for row in rows]


async def used(pool: Pool) -> float:
    """The credits that are counted, which a recount confirms."""
    _totals, differences = await audit(pool)
    assert differences == []
    return float(await pool.fetchval("select coalesce(sum(credits), 0) from usage where scope = 'all'"))
