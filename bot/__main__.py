"""`python -m bot`: wires the bot together and runs it until SIGTERM or SIGINT."""

import asyncio
import logging
import signal
import sys

import discord
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.buttons import press
from bot.client import Client
from bot.download import ReactionDownloads
from bot.endpoints import point_at
from bot.gallery import open_picture, turn
from bot.keeper import EDIT_TIMEOUT_SECONDS, Keeper
from bot.messenger import Messenger
from bot.owner import Owner
from bot.services import Services
from bot.settings import BotSettings
from bot.words import Languages
from db.alarms import Alarms
from db.bucket import open_bucket
from db.downloads import Downloads
from db.erasure import Erasure
from db.favourites import Favourites
from db.gallery import Gallery
from db.jobs import Jobs
from db.listen import listen
from db.migrate import wait_until_migrated
from db.pool import open_pool
from db.replies import Replies
from db.settings import load

log = logging.getLogger("bot")


async def serve(settings: BotSettings) -> None:
    point_at(settings.discord_api_base, settings.discord_gateway_url)
    async with open_pool(settings, name="bot") as pool, open_bucket(settings) as bucket:
        jobs, replies = Jobs(pool, settings.limits), Replies(pool)
        languages = Languages()
        client = Client()
        messenger = Messenger(client, reaction=settings.reactions[0])
        keeper = Keeper(jobs, replies, bucket, messenger, languages, concurrency=settings.reply_concurrency)
        client.services = Services(
            jobs=jobs,
            replies=replies,
            gallery=Gallery(pool),
            favourites=Favourites(pool),
            downloads=Downloads(pool),
            erasure=Erasure(pool),
            bucket=bucket,
            languages=languages,
            model=settings.stability_model,
            wake=keeper.wake,
            press=press,
            turn=turn,
            open=open_picture,
        )
        client.downloads = ReactionDownloads(client, client.services, settings.reactions)
        scheduler = AsyncIOScheduler(job_defaults={"coalesce": True, "misfire_grace_time": None})

        owner = Owner(client, Alarms(pool))

        async def tick() -> None:
            keeper.poll()
            if client.logged_in.is_set():
                await owner.tell()

        async def keep_replies() -> None:
            await wait_until_migrated(pool)
            await client.logged_in.wait()
            await keeper.serve()

        scheduler.add_job(tick, "interval", seconds=settings.poll_seconds)
        scheduler.start()
        async with client:
            stop = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
            keeping = asyncio.create_task(keep_replies())
            tasks = [
                keeping,
                asyncio.create_task(client.start(settings.discord_token.get_secret_value())),
                asyncio.create_task(listen(settings.listen_dsn, {"job_changed": keeper.wake})),
                asyncio.create_task(stop.wait()),
            ]
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            keeper.stop()
            await asyncio.wait({keeping}, timeout=EDIT_TIMEOUT_SECONDS if stop.is_set() else 0)
            scheduler.shutdown(wait=False)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for task in ended:
                task.result()
    log.info("the bot has stopped")


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    settings = load(BotSettings)
    try:
        asyncio.run(serve(settings))
    except discord.LoginFailure:
        sys.exit("DISCORD_TOKEN: Discord does not accept it; it should be the token of a bot.")


if __name__ == "__main__":
    main()
