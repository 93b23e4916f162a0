"""`python -m bot`: wires the bot together and runs it until SIGTERM or SIGINT."""

from ops.signals import end_as_usual_when_told, end_at_once_when_told, stop_when_told

if __name__ == "__main__":
    end_at_once_when_told()

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from prometheus_client import CollectorRegistry

from bot.client import Client
from bot.commands.gallery import open_picture, turn
from bot.controls.presses import press
from bot.gateway import shards
from bot.gateway.endpoints import point_at
from bot.messages.words import Languages
from bot.metrics import ReplyMetrics
from bot.owner.alerts import Owner
from bot.owner.examination import examine_bot
from bot.replies.copies import CopyRemover
from bot.replies.download_reactions import Offers
from bot.replies.reaction_downloads import ReactionDownloads
from bot.replies.reconciler import EDIT_TIMEOUT_SECONDS, Keeper
from bot.services import Services
from bot.settings import BotSettings
from bot.traced import TracedJobs, TracedMessenger
from core.errors import Misconfigured, ShardLost
from core.settings import load, refuse
from db.alarms import Alarms
from db.bucket.client import Bucket, open_bucket
from db.copies import Copies
from db.downloads import Downloads
from db.erasure import Erasure
from db.favourites import Favourites
from db.identifies import Identifies
from db.listen import listen
from db.migrate import wait_until_migrated
from db.picture_store import Pictures
from db.pictures import Gallery
from db.pool import Pool, open_pool
from db.replies import Replies
from db.shard_locks import ShardLocks
from db.spill import Parking
from ops.checks import consult
from ops.database_probe import Reach
from ops.health import Check, Health, answering, unreachable
from ops.logs import configure
from ops.metrics import LoopLag, new_registry
from ops.queue_gauges import Standing
from ops.storage_checks import Doctor
from ops.tracing.traces import Traces, open_traces

log = logging.getLogger("bot")


GATEWAY_SECONDS_MAX = 60.0
"""How long the gateway may be away: a resume takes seconds, and a new session is due within a minute."""

OVERDUE_SECONDS_MAX = 60.0
"""How long a reply that is due may stay as it is before that is a problem."""


async def serve(settings: BotSettings, traces: Traces) -> None:
    point_at(settings.discord_api_base, settings.discord_gateway_url)
    registry = new_registry()
    async with open_pool(settings, name="bot") as pool, open_bucket(settings) as bucket:
        proxy = settings.proxy_for(settings.discord_api_base)
        client = Client(commands_guild_id=settings.commands_guild_id, proxy=proxy)
        offers = Offers(client, reaction=settings.reactions[0])
        keeper = _wire(settings, client, pool, bucket, offers, registry, traces)
        owner = Owner(client, Alarms(pool))
        remover = CopyRemover(client, Copies(pool))

        begun = asyncio.Event()

        async def keep() -> None:
            begun.set()
            await keeper.serve()

        def look() -> None:
            keeper.poll()
            owner.wake()
            remover.wake()

        reach = Reach(Replies(pool).next_due_seconds, every_seconds=settings.poll_seconds)
        health = Health(
            [unreachable(reach), _disconnected(client), _unregistered(client), _overdue(reach)],
            loop_stuck_seconds_max=settings.loop_stuck_seconds_max,
        )
        # The locks outlive the client's connection, so that no other process answers beside it.
        with (
            closing(ShardLocks(settings.listen_dsn)) as locks,
            answering(health, settings, registry),
        ):
            async with client:
                with _regularly(look, every_seconds=settings.poll_seconds):
                    await _run(
                        keeper,
                        begun,
                        _once_ready(pool, client, keep),
                        offers.serve(),
                        shards.serve(client, settings, pool, locks),
                        listen(
                            settings.listen_dsn,
                            {"job_changed": keeper.wake, "copy_due": remover.wake, "alarm_raised": look},
                        ),
                        _once_ready(pool, client, owner.serve),
                        _once_ready(pool, client, remover.serve),
                        reach.serve(),
                        health.serve(),
                        LoopLag(registry).serve(),
                        _stand(pool, registry),
                    )
    log.info("the bot has stopped")


def _wire(
    settings: BotSettings,
    client: Client,
    pool: Pool,
    bucket: Bucket,
    offers: Offers,
    registry: CollectorRegistry,
    traces: Traces,
) -> Keeper:
    """Gives the client what it works with; returns what keeps its replies."""
    languages, pictures = Languages(), Pictures(bucket, Parking(pool))
    jobs = TracedJobs(pool, settings.limits, registry=registry, traces=traces)
    messenger = TracedMessenger(client, ReplyMetrics(registry), traces=traces)
    keeper = Keeper(
        jobs, Replies(pool), pictures, messenger, offers, languages, concurrency=settings.reply_concurrency
    )
    client.identifies = Identifies(pool)
    client.services = Services(
        jobs=jobs,
        replies=Replies(pool),
        gallery=Gallery(pool),
        favourites=Favourites(pool),
        downloads=Downloads(pool),
        copies=Copies(pool),
        erasure=Erasure(pool),
        pictures=pictures,
        languages=languages,
        model=settings.stability_model,
        wake=keeper.wake,
        doctor=Doctor(settings, pool, bucket),
        registration=client.registration,
        traces=traces,
        command_permissions=client.command_permissions,
        press=press,
        turn=turn,
        open=open_picture,
    )
    client.downloads = ReactionDownloads(client, client.services, settings.reactions)
    return keeper


async def _once_ready(pool: Pool, client: Client, serve: Callable[[], Coroutine[None, None, None]]) -> None:
    """From the login on: messages need no shard, so one that stands by sends and keeps them too."""
    await wait_until_migrated(pool)
    await client.logged_in.wait()
    await serve()


async def _stand(pool: Pool, registry: CollectorRegistry) -> None:
    await wait_until_migrated(pool)
    await Standing(pool, registry).serve()


@contextmanager
def _regularly(look: Callable[[], None], *, every_seconds: float) -> Iterator[None]:
    # The scheduler would run a plain function in a thread.
    async def tick() -> None:
        look()

    # Without a zone it would read TZ, and knows only some of what may stand there.
    scheduler = AsyncIOScheduler(job_defaults={"coalesce": True, "misfire_grace_time": None}, timezone=UTC)
    scheduler.add_job(tick, "interval", seconds=every_seconds)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


async def _run(
    keeper: Keeper,
    begun: asyncio.Event,
    keep_replies: Coroutine[None, None, None],
    *others: Coroutine[None, None, None],
) -> None:
    """Until a signal, or until the first of them ends; replies that are at work are finished."""
    stop = asyncio.Event()
    stop_when_told(stop.set)
    keeping = asyncio.create_task(keep_replies)
    tasks = [keeping, asyncio.create_task(stop.wait()), *map(asyncio.create_task, others)]
    ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    keeper.stop()
    await asyncio.wait({keeping}, timeout=EDIT_TIMEOUT_SECONDS if stop.is_set() and begun.is_set() else 0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        task.result()


def _disconnected(client: Client) -> Check:
    def check() -> str | None:
        seconds = client.away_seconds
        if seconds <= GATEWAY_SECONDS_MAX:
            return None
        because = f": {client.problem}" if client.problem else ""
        return f"no connection to Discord for {seconds:.0f} s{because}"

    return check


def _unregistered(client: Client) -> Check:
    def check() -> str | None:
        return client.registration.overdue

    return check


def _overdue(reach: Reach) -> Check:
    def check() -> str | None:
        overdue = -(reach.answer or 0.0)
        return f"a reply is overdue for {overdue:.0f} s" if overdue > OVERDUE_SECONDS_MAX else None

    return check


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot", description="The Discord bot of Tigerbrush.")
    doctor = parser.add_subparsers(dest="command").add_parser(
        "doctor", help="say what is wrong, and what to do"
    )
    doctor.add_argument("--channel", type=int, help="the id of a channel in which the bot is to paint")
    return parser.parse_args()


def main() -> None:
    arguments = _arguments()
    if arguments.command == "doctor":
        end_as_usual_when_told()
        sys.exit(consult(BotSettings, lambda settings: examine_bot(settings, arguments.channel)))
    settings = load(BotSettings)
    configure(settings, process="bot")
    try:
        with open_traces(settings, process="bot") as traces:
            asyncio.run(serve(settings, traces))
    except Misconfigured as error:
        refuse(str(error))
    except ShardLost as error:
        sys.exit(f"{error}; started again, this bot waits until it may serve it.")


if __name__ == "__main__":
    main()
