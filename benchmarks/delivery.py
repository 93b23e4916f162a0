"""From a job's end to the edit that shows it, and how many calls to Discord a job costs.

For the delay this process takes the worker's place: it finishes jobs whose replies show that they are being
painted, evenly over one second. The time begins before the commit and ends when the edit arrives.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.figures import p99, told
from benchmarks.house import house, running, stability
from benchmarks.report import Goal, Result, Table
from benchmarks.stability import picture
from benchmarks.stage import Stage
from benchmarks.usage import cpu_seconds
from core.orders import Job
from core.settings import BucketSettings, DatabaseSettings
from db.bucket.client import Bucket, open_bucket
from db.pool import open_pool
from db.queue import Painted, Queue
from db.replies import Replies
from sandbox.discord import Exchange
from sandbox.stack import Stack
from tests.conditions import until
from tests.member import Member, is_done, is_running, is_waiting, member
from worker.imaging import prepare

TITLE = "Delivery"

CPU = "bot's CPU, ms"
KINDS = ("answer", "edit", "reaction", "other")

PAINTING_SECONDS = 2.0


class Calls:
    """The bot's calls as Discord sees them: how many of which kind, and when each picture was shown."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._shown: dict[str, asyncio.Future[float]] = {}

    def __call__(self, exchange: Exchange) -> None:
        match exchange.path.split("/"):
            case ["", "interactions", _, _, "callback"]:
                self.counts["answer"] += 1
            case ["", "webhooks", _, token, "messages", _] if exchange.method == "PATCH":
                self.counts["edit"] += 1
                is_picture = exchange.status == 200 and (exchange.request or {}).get("attachments")
                if is_picture and not self._future(token).done():
                    self._future(token).set_result(exchange.arrived_at)
            case [*_, "reactions", _, "@me"]:
                self.counts["reaction"] += 1
            case ["", "applications" | "gateway", *_]:
                # Beside its commands and its session, as it starts: for no job.
                pass
            case _:
                self.counts["other"] += 1

    async def reactions(self) -> int:
        return self.counts["reaction"]

    async def shown_at(self, token: str) -> float:
        return await asyncio.wait_for(self._future(token), 120)

    def _future(self, token: str) -> asyncio.Future[float]:
        return self._shown.setdefault(token, asyncio.get_running_loop().create_future())


class Finisher:
    """A worker that paints nothing: all its jobs come to the same picture, when it is told to finish them."""

    def __init__(self, queue: Queue, replies: Replies, bucket: Bucket, calls: Calls) -> None:
        self._queue = queue
        self._replies = replies
        self._bucket = bucket
        self._calls = calls
        self._picture = prepare(picture(), (1024, 1024))

    async def milliseconds(self, ada: Member, jobs: int) -> list[float]:
        """From each job's end to the edit, `jobs` of them ending within one second."""
        asked = [await ada.imagine("a red fox in the snow") for _ in range(jobs)]
        for interaction in asked:
            await ada.reply(interaction, is_waiting)
        held = await self._claim(jobs)
        await asyncio.gather(*(self._bucket.put_preview(job, self._picture.preview) for job in held))
        for interaction in asked:
            await ada.reply(interaction, is_running)
        replies = await self._replies.load([job.order.id for job in held])
        tokens = {reply.order.id: reply.token or "" for reply in replies}
        return await asyncio.gather(
            *(self._finish(job, tokens[job.order.id], n / jobs) for n, job in enumerate(held))
        )

    async def _claim(self, jobs: int) -> list[Job]:
        held: list[Job] = []

        async def claim() -> int:
            # A row in which the bot just notes what it has shown is passed by.
            held.extend(await self._queue.claim(jobs - len(held)))
            return len(held)

        await until(claim, lambda number: number == jobs)
        return held

    async def _finish(self, job: Job, token: str, after_seconds: float) -> float:
        await asyncio.sleep(after_seconds)
        began = time.time()
        await self._queue.finish(
            Painted(job.id, job.attempt, 7, len(self._picture.original), *self._picture.size, "request")
        )
        return (await self._calls.shown_at(token) - began) * 1000


async def measure(stage: Stage) -> Result:
    delays = await _delays(stage)
    calls = {
        f"{jobs}, {at_once} at a time": await _calls(stage, jobs, at_once)
        for jobs, at_once in (((1, 4), (50, 4), (100, 30)) if not stage.quick else ((1, 4), (2, 4)))
    }
    return _result(delays, calls)


async def _delays(stage: Stage) -> dict[int, list[float]]:
    calls = Calls()
    delays: dict[int, list[float]] = {}
    async with (
        house(stage, "delays", on_exchange=calls) as servers,
        _finisher(servers, calls) as finisher,
        running(servers.bot()),
        member(servers.discord.url, "Ada") as ada,
    ):
        await ada.until_bot_is(online=True)
        for jobs, rounds in ((1, 10), (10, 2), (100, 1)) if not stage.quick else ((1, 1), (2, 1)):
            stage.say(f"delivery: {jobs} finishing in one second")
            delays[jobs] = [delay for _ in range(rounds) for delay in await finisher.milliseconds(ada, jobs)]
    return delays


@asynccontextmanager
async def _finisher(servers: Stack, calls: Calls) -> AsyncIterator[Finisher]:
    await servers.migrate()
    values = {name.lower(): value for name, value in servers.environment.items()}
    async with (
        open_pool(DatabaseSettings.model_validate(values), name="benchmark") as pool,
        open_bucket(BucketSettings.model_validate(values)) as bucket,
    ):
        queue = Queue(pool, worker="benchmark", lease_seconds=600, attempts_max=1)
        yield Finisher(queue, Replies(pool), bucket, calls)


async def _calls(stage: Stage, jobs: int, at_once: int) -> dict[str, float]:
    """Of each kind a job; `jobs` are asked for, of which so many are painted at a time."""
    stage.say(f"delivery: calls of {jobs} at once")
    calls = Calls()
    async with (
        house(stage, f"calls-{jobs}", on_exchange=calls) as servers,
        stability(PAINTING_SECONDS) as url,
        member(servers.discord.url, "Ada") as ada,
    ):
        servers.environment.update({"STABILITY_API_HOST": url, "WORKER_CONCURRENCY": str(at_once)})
        await servers.migrate()
        bot = servers.bot()
        async with running(bot, servers.worker()):
            await ada.until_bot_is(online=True)
            # What it does when it starts, and asks once of each server, is for no job.
            await ada.reply(await ada.imagine("the first"), is_done, within_seconds=60)
            await until(calls.reactions, lambda number: number == 1)
            calls.counts.clear()
            cpu = cpu_seconds(bot.pid)
            asked = [await ada.imagine(f"picture {n}") for n in range(jobs)]
            for interaction in asked:
                await ada.reply(interaction, is_done, within_seconds=300)
            cpu = cpu_seconds(bot.pid) - cpu
    return {**{kind: number / jobs for kind, number in calls.counts.items()}, CPU: cpu * 1000 / jobs}


def _result(delays: dict[int, list[float]], calls: dict[str, dict[str, float]]) -> Result:
    delay = Table(
        "From a job's end to the edit on the wire, in milliseconds",
        ("finishing in one second", "median", "p99"),
        [(str(jobs), told(figures, 1), f"{p99(figures):.1f}") for jobs, figures in delays.items()],
    )
    rest = Table(
        "REST calls a job",
        ("jobs", *KINDS, "all", CPU),
        [
            (when, *(f"{of.get(kind, 0):.2f}" for kind in KINDS), f"{_all(of):.2f}", f"{of[CPU]:.0f}")
            for when, of in calls.items()
        ],
        note="Two edits are the spinner and the picture; what is more tells the place in line.",
    )
    quiet, *_, busiest = calls.values()
    goals = [
        Goal(
            "REST calls of a quiet job, without the reaction",
            3, _all(quiet) - quiet.get("reaction", 0), "calls", at_most=True,
        ),
        Goal(
            "REST calls of a job at Stability's limit, beside a quiet one",
            1, _all(busiest) / _all(quiet), "times", at_most=True,
        ),
    ]  # fmt: skip
    samples = {f"{jobs} finishing in one second, ms": figures for jobs, figures in delays.items()}
    return Result([delay, rest], goals, samples)


def _all(calls: dict[str, float]) -> float:
    return sum(calls.get(kind, 0) for kind in KINDS)
