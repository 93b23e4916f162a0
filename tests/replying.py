"""A bot that answers and keeps its replies, in front of the local Discord; the test is the worker."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
from PIL import Image

from bot.instruments import Instruments
from bot.messages.words import Languages
from bot.replies.copies import CopyRemover
from bot.replies.download_reactions import DownloadReactions
from bot.replies.messenger import Messenger
from bot.replies.reconciler import Reconciler
from core.failures import FailureCode, JobFailed
from core.orders import Job, Reply
from core.settings import DatabaseSettings
from db.bucket.client import Bucket
from db.copies import Copies
from db.listen import listen
from db.orders import Orders
from db.picture_store import PictureStore
from db.pool import Pool
from db.replies import Replies
from db.spill import Spill
from ops.metrics import new_registry
from sandbox.discord.interactions import COMMAND
from sandbox.discord.state import Interaction, Message
from tests.conditions import until
from tests.connected import EMOJI, Connected, connected
from tests.lives import painted_by, stored, worker
from tests.member import text
from tests.orders import forget_orders


def webp(number: int) -> bytes:
    """A picture that is told from those of other numbers by its grey."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), (number * 40, number * 40, number * 40)).save(file, "WEBP", lossless=True)
    return file.getvalue()


class Replying:
    def __init__(
        self,
        one: Connected,
        orders: Orders,
        replies: Replies,
        reconciler: Reconciler,
        bucket: Bucket,
        session: aiohttp.ClientSession,
    ) -> None:
        self.one = one
        self.pool = one.pool
        self.orders = orders
        self.replies = replies
        self.reconciler = reconciler
        self.bucket = bucket
        self._session = session

    async def ask(
        self, *, count: int = 1, direct: bool = False, private: bool = False, spoiler: bool = False
    ) -> tuple[Reply, Interaction]:
        options: list[dict[str, Any]] = [{"name": "prompt", "type": 3, "value": "a fox"}]
        options += [{"name": "private", "type": 5, "value": True}] if private else []
        options += [{"name": "spoiler", "type": 5, "value": True}] if spoiler else []
        options += [{"name": "count", "type": 4, "value": count}] if count > 1 else []
        data = {"id": "5", "name": "imagine", "type": 1, "options": options}
        interaction = await self.one.interact(COMMAND, data, direct=direct)
        return await self.reply_of(interaction), interaction

    async def reply_of(self, interaction: Interaction) -> Reply:
        sql = "select id from orders where interaction_id = $1"
        return await self.now(await self.pool.fetchval(sql, int(interaction.id)))

    async def now(self, of: Reply | int) -> Reply:
        return await stored(self.pool, of if isinstance(of, int) else of.order.id)

    async def begin(self, reply: Reply) -> Job:
        """The worker has the next of its jobs, so that its spinner is due."""
        (job,) = await worker(self.pool).claim(1)
        assert job.order.id == reply.order.id
        self.reconciler.wake()
        return job

    async def finish(self, job: Job) -> None:
        await self.bucket.put_preview(job, webp(job.number))
        await self.bucket.put_original(job, webp(job.number))
        await worker(self.pool).finish(painted_by(job))
        self.reconciler.wake()

    async def fail(self, job: Job, code: FailureCode = FailureCode.REFUSED) -> None:
        await worker(self.pool).fail(job, JobFailed(code, "detail"))
        self.reconciler.wake()

    async def paint(self, reply: Reply) -> None:
        for _ in reply.progress.jobs:
            await self.finish(await self.begin(reply))

    async def shown(self, reply: Reply) -> Reply:
        """As soon as it shows the newest state."""
        return await until(lambda: self.now(reply), lambda now: now.shown_revision == now.revision)

    async def change(self, reply: Reply) -> None:
        """As any visible change does."""
        await self.pool.execute(
            "update replies set revision = revision + 1, due_at = now() where order_id = $1", reply.order.id
        )
        self.reconciler.wake()

    async def failure(self, reply: Reply) -> str:
        """Why it cannot be shown, as soon as that is recorded."""
        sql = "select failure from replies where order_id = $1"
        found: str = await until(lambda: self.pool.fetchval(sql, reply.order.id), lambda why: why is not None)
        return found

    async def fault(self, kind: str, **details: Any) -> None:
        url = f"{self.one.server.url}/sandbox/faults"
        async with self._session.post(url, json={"kind": kind, **details}) as response:
            assert response.status == 204, await response.text()

    async def refuse(self, status: int, **details: Any) -> None:
        await self.fault("rest", status=status, **{"times": None, **details})

    async def deliver(self) -> None:
        """Whatever is wrong is over, and nobody waits for the pauses."""
        await self.fault("heal_rest")
        await self.pool.execute("update replies set due_at = now()")
        self.reconciler.wake()

    def messages(self, *, direct: bool = False) -> list[Message]:
        """Of the bot, the oldest first."""
        channel = self.one.channel(direct=direct)
        return list(self.one.server.world.messages.get(channel.id, {}).values())

    def read(self, *, direct: bool = False) -> list[str]:
        return [text({"components": one.components}) for one in self.messages(direct=direct)]

    def statuses(self, method: str, path: str) -> list[int]:
        """What Discord answered to such calls, in order."""
        return [e.status for e in self.one.exchanges if e.method == method and path in e.path]

    async def answered(self, method: str, path: str, count: int) -> list[int]:
        """Those of the first calls, as soon as there are so many."""

        async def look() -> list[int]:
            return self.statuses(method, path)

        return (await until(look, lambda found: len(found) >= count))[:count]

    async def all_read(self, expected: int) -> list[str]:
        """What there is to read in the channel, as soon as there are so many messages."""

        async def look() -> list[str]:
            return self.read()

        return await until(look, lambda found: len(found) == expected)


@asynccontextmanager
async def replying(settings: DatabaseSettings, pool: Pool, bucket: Bucket) -> AsyncIterator[Replying]:
    async with connected(settings, pool, bucket) as one, aiohttp.ClientSession() as session:
        await forget_orders(pool)
        one.server.world.messages.clear()
        one.exchanges.clear()
        orders, replies = Orders(pool), Replies(pool)
        reactions = DownloadReactions(one.client, one.client.services.rules.servers, reaction=EMOJI)
        reconciler = reconciler_of(one, bucket, replies, reactions)
        one.client.services = replace(one.client.services, orders=orders, wake=reconciler.wake)
        remover = CopyRemover(one.client, Copies(pool))
        reconciling = asyncio.create_task(reconciler.serve())
        listening = listen(settings.listen_dsn, {"copy_due": remover.wake})
        beside = [asyncio.create_task(work) for work in (remover.serve(), reactions.serve(), listening)]
        yield Replying(one, orders, replies, reconciler, bucket, session)
        reconciler.stop()
        for task in beside:
            task.cancel()
        await asyncio.gather(reconciling, *beside, return_exceptions=True)
        reconciling.result()


def reconciler_of(
    one: Connected, bucket: Bucket, replies: Replies, reactions: DownloadReactions
) -> Reconciler:
    instruments = Instruments(new_registry())
    return Reconciler(
        Orders(one.pool),
        replies,
        PictureStore(bucket, Spill(one.pool)),
        Messenger(one.client, instruments),
        reactions,
        Languages(),
        instruments,
        concurrency=8,
    )
