"""A bot that answers and keeps its replies, in front of the local Discord; the test is the worker."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
from PIL import Image
from prometheus_client import CollectorRegistry

from bot.messages.words import Languages
from bot.metrics import ReplyMetrics
from bot.replies.copies import CopyRemover
from bot.replies.download_reactions import Offers
from bot.replies.messenger import Messenger
from bot.replies.reconciler import Keeper
from core.settings import DatabaseSettings
from db.bucket.client import Bucket
from db.copies import Copies
from db.listen import listen
from db.orders import Job, Jobs
from db.picture_store import Pictures
from db.pool import Pool
from db.replies import Replies
from db.spill import Parking
from sandbox.discord.interactions import COMMAND
from sandbox.discord.state import Interaction, Message
from tests.conditions import until
from tests.connected import EMOJI, Connected, connected
from tests.lives import stored, worker
from tests.member import text

_PICTURE = io.BytesIO()
Image.new("RGB", (8, 8)).save(_PICTURE, "WEBP")


class Replying:
    def __init__(
        self, one: Connected, keeper: Keeper, bucket: Bucket, session: aiohttp.ClientSession
    ) -> None:
        self.one = one
        self.pool = one.pool
        self._keeper = keeper
        self._bucket = bucket
        self._session = session

    async def ask(self, *, direct: bool = False, private: bool = False) -> tuple[Job, Interaction]:
        options: list[dict[str, Any]] = [{"name": "prompt", "type": 3, "value": "a fox"}]
        if private:
            options.append({"name": "private", "type": 5, "value": True})
        data = {"id": "5", "name": "imagine", "type": 1, "options": options}
        interaction = await self.one.interact(COMMAND, data, direct=direct)
        return await self.job_of(interaction), interaction

    async def job_of(self, interaction: Interaction) -> Job:
        sql = "select id from jobs where interaction_id = $1"
        return await stored(self.pool, await self.pool.fetchval(sql, int(interaction.id)))

    async def begin(self, job: Job) -> Job:
        """The worker has it, so that its spinner is due."""
        (running,) = await worker(self.pool).claim(1)
        assert running.id == job.id
        self.wake()
        return running

    async def finish(self, running: Job) -> None:
        await self._bucket.put_preview(running, _PICTURE.getvalue())
        await self._bucket.put_original(running, _PICTURE.getvalue())
        await worker(self.pool).finish(running, painted_seed=7, original_bytes=1000)
        self.wake()

    async def paint(self, job: Job) -> None:
        await self.finish(await self.begin(job))

    def wake(self) -> None:
        self._keeper.wake()

    def poll(self) -> None:
        self._keeper.poll()

    async def shown(self, job: Job) -> Job:
        """As soon as its reply shows its newest state."""
        return await until(lambda: stored(self.pool, job.id), lambda now: now.shown_revision == now.revision)

    async def failure(self, job: Job) -> str:
        """Why its reply cannot be shown, as soon as that is recorded."""
        sql = "select reply_failure from jobs where id = $1"
        found: str = await until(lambda: self.pool.fetchval(sql, job.id), lambda why: why is not None)
        return found

    async def fault(self, kind: str, **details: Any) -> None:
        url = f"{self.one.server.url}/sandbox/faults"
        async with self._session.post(url, json={"kind": kind, **details}) as response:
            assert response.status == 204, await response.text()

    async def refuse(self, status: int, **details: Any) -> None:
        await self.fault("rest", status=status, **{"times": None, **details})

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


@asynccontextmanager
async def replying(settings: DatabaseSettings, pool: Pool, bucket: Bucket) -> AsyncIterator[Replying]:
    async with connected(settings, pool, bucket) as one, aiohttp.ClientSession() as session:
        await pool.execute("delete from jobs")
        one.server.world.messages.clear()
        one.exchanges.clear()
        keeper = Keeper(
            Jobs(pool),
            Replies(pool),
            Pictures(bucket, Parking(pool)),
            Messenger(one.client, ReplyMetrics(CollectorRegistry())),
            Offers(one.client, reaction=EMOJI),
            Languages(),
            concurrency=8,
        )
        one.client.services = replace(one.client.services, wake=keeper.wake)
        remover = CopyRemover(one.client, Copies(pool))
        keeping = asyncio.create_task(keeper.serve())
        removing = [
            asyncio.create_task(work)
            for work in (remover.serve(), listen(settings.listen_dsn, {"copy_due": remover.wake}))
        ]
        yield Replying(one, keeper, bucket, session)
        keeper.stop()
        for task in removing:
            task.cancel()
        await asyncio.gather(keeping, *removing, return_exceptions=True)
        keeping.result()
