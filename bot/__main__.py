"""`python -m bot`: wires the bot together and runs it until SIGTERM or SIGINT."""

from ops.signals import end_as_usual_when_told, end_at_once_when_told

if __name__ == "__main__":
    end_at_once_when_told()

import argparse
import asyncio
import logging
import sys
from contextlib import closing

from bot.client import Client
from bot.export import Exports
from bot.gateway.endpoints import point_at
from bot.health import disconnected, overdue
from bot.held_bytes import HeldBytes
from bot.instruments import Instruments
from bot.messages.words import Languages
from bot.moderation.change_log import ChangeLog
from bot.moderation.report_messages import ReportMessages
from bot.owner.admission import Admission
from bot.owner.alerts import Alerts
from bot.owner.doctor import BotDoctor
from bot.owner.first_limit import FirstLimit
from bot.owner.membership import Membership
from bot.owner.owners import Owners
from bot.replies.copies import CopyRemover
from bot.replies.download_reactions import DownloadReactions
from bot.replies.messenger import Messenger
from bot.replies.pings import Pings
from bot.replies.reaction_downloads import ReactionDownloads
from bot.replies.reconciler import EDIT_TIMEOUT_SECONDS, Reconciler
from bot.rules import RulesAtHand
from bot.services import Services
from bot.settings import BotSettings
from core.errors import Misconfigured, ShardLost
from core.settings import load, refuse
from db.alarms import Alarms
from db.audit import Audit
from db.blocks import Blocks
from db.bucket.client import Bucket, open_bucket
from db.copies import Copies
from db.dashboard import Dashboard
from db.downloads import Downloads
from db.erasure import Erasure
from db.export import Export
from db.favourites import Favourites
from db.ledger import Ledger
from db.listen import listen
from db.members import Members
from db.migrate import wait_until_migrated
from db.orders import Orders
from db.picture_store import PictureStore
from db.pictures import Pictures
from db.pool import Pool, open_pool
from db.rate_limits import IdentifyLimit
from db.replies import Replies
from db.reports import Reports
from db.servers import Servers
from db.shard_locks import ShardLocks
from db.spill import Spill
from db.uploads import Uploads
from ops import memory, queue_gauges
from ops.checks import Finding, doctor
from ops.database_probe import DatabaseProbe
from ops.health import Health, answering, unreachable
from ops.logs import configure
from ops.metrics import new_registry
from ops.signing import open_signer
from ops.storage_checks import StorageChecks
from ops.supervisor import Supervisor
from ops.tracing import open_traces
from ops.tracing.traces import Traces
from ops.wake_loop import WakeLoop

log = logging.getLogger("bot")


class Bot:
    def __init__(self, settings: BotSettings, pool: Pool, bucket: Bucket, traces: Traces) -> None:
        self._settings = settings
        self._pool = pool
        self._registry = new_registry()
        instruments, languages = Instruments(self._registry, traces), Languages()
        orders, replies, copies = Orders(pool), Replies(pool), Copies(pool)
        store = PictureStore(bucket, Spill(pool))
        self.client = client = new_client(settings, languages)
        servers = Servers(pool, settings.first_house)
        self._reactions = DownloadReactions(client, servers, reaction=settings.reactions[0])
        messenger, concurrency = Messenger(client, instruments), settings.reply_concurrency
        self._reconciler = Reconciler(
            orders,
            replies,
            store,
            messenger,
            self._reactions,
            languages,
            instruments,
            concurrency,
            signer := open_signer(settings),
        )
        self._alerts = Alerts(client, Alarms(pool))
        self._remover = CopyRemover(client, copies)
        members, owners = Members(pool), Owners(client)
        self._admission = Admission(client, servers, owners, members, languages, settings.allowed_server_ids)
        membership = Membership(client, servers, self._admission)
        rules = RulesAtHand(servers, members, self._admission, membership, settings.limits)
        ledger = Ledger(pool)
        dashboard = Dashboard(pool)
        self._first_limit = FirstLimit(client, servers, dashboard, self._admission)
        pictures, erasure, audit = Pictures(pool), Erasure(pool), Audit(pool)
        reports = Reports(pool, erasure)
        self._report_messages = ReportMessages(client, reports, servers, pictures, store, languages)
        self._change_log = ChangeLog(client, audit, servers, languages)
        self._probe = DatabaseProbe(replies.next_due_seconds, every_seconds=settings.poll_seconds)
        self.health = Health(
            [
                unreachable(self._probe),
                disconnected(client.gateway_status),
                lambda: client.registration.overdue,
                overdue(self._probe),
            ],
            self._registry,
            loop_stuck_seconds_max=settings.loop_stuck_seconds_max,
        )
        client.identify_limit = IdentifyLimit(pool)
        client.services = Services(
            orders=orders,
            replies=replies,
            pictures=pictures,
            picture_store=store,
            uploads=Uploads(pool),
            favourites=Favourites(pool),
            downloads=Downloads(pool),
            copies=copies,
            erasure=erasure,
            blocks=Blocks(pool),
            languages=languages,
            model=settings.stability_model,
            count_max=settings.pictures_per_order_max,
            wake=self._reconciler.wake,
            doctor=new_doctor(settings, client, servers, pool, bucket),
            command_permissions=client.command_permissions,
            instruments=instruments,
            rules=rules,
            ledger=ledger,
            exports=Exports(Export(pool), members, ledger, store),
            audit=audit,
            dashboard=dashboard,
            reports=reports,
            held_bytes=HeldBytes(),
            signer=signer,
        )
        self._pings = Pings(client, replies, copies, members, languages)
        self._rules = WakeLoop(rules.load, postponed="the rules could not be looked up")
        client.downloads = ReactionDownloads(client, client.services, settings.reactions)

    async def run(self, locks: ShardLocks) -> None:
        supervisor = Supervisor()
        await supervisor.run(self._begin(supervisor, locks))

    async def _begin(self, supervisor: Supervisor, locks: ShardLocks) -> None:
        settings, pool, client = self._settings, self._pool, self.client
        woken = {
            "reply_due": self._reconciler.wake,
            "copy_due": self._remover.wake,
            "alarm_raised": self._poll,
            "rules_changed": self._rules.wake,
            "ping_due": self._pings.wake,
            "report_due": self._report_messages.wake,
        }
        supervisor.start(self.health.serve())
        supervisor.start(listen(settings.listen_dsn, woken))
        supervisor.start(client.serve(settings, pool, locks))
        supervisor.every(settings.poll_seconds, self._probe.probe, at_once=True)
        supervisor.every(memory.TRIM_SECONDS, memory.trim)
        await wait_until_migrated(pool)
        gauges = queue_gauges.QueueGauges(pool, self._registry)
        supervisor.every(queue_gauges.EVERY_SECONDS, gauges.refresh, at_once=True)
        # Messages need no shard, so a process without shards keeps replies, too.
        await client.logged_in.wait()
        supervisor.start(
            self._reconciler.serve(), stop=self._reconciler.stop, finish_seconds=EDIT_TIMEOUT_SECONDS
        )
        supervisor.start(self._reactions.serve())
        supervisor.start(self._alerts.serve())
        supervisor.start(self._remover.serve())
        supervisor.start(self._rules.serve())
        supervisor.start(self._pings.serve())
        supervisor.start(self._report_messages.serve())
        supervisor.start(self._change_log.serve())
        supervisor.start(self._admission.serve())
        supervisor.start(self._first_limit.serve())
        supervisor.every(settings.poll_seconds, self._poll, at_once=True)

    def _poll(self) -> None:
        self._reconciler.poll()
        self._alerts.wake()
        self._remover.wake()
        self._rules.wake()
        self._pings.wake()
        self._report_messages.wake()
        self._change_log.wake()
        self._admission.wake()
        self._first_limit.wake()


def new_client(settings: BotSettings, languages: Languages) -> Client:
    return Client(
        languages,
        model=settings.stability_model,
        count_max=settings.pictures_per_order_max,
        commands_guild_id=settings.commands_guild_id,
        proxy=settings.proxy_for(settings.discord_api_base),
    )


def new_doctor(
    settings: BotSettings, client: Client, servers: Servers, pool: Pool, bucket: Bucket
) -> BotDoctor:
    storage, token = StorageChecks(settings, pool, bucket), settings.discord_token.get_secret_value()
    return BotDoctor(client, client.registration, storage, servers, settings, token=token)


async def serve(settings: BotSettings, traces: Traces) -> None:
    point_at(settings.discord_api_base, settings.discord_gateway_url)
    async with open_pool(settings, name="bot") as pool, open_bucket(settings) as bucket:
        bot = Bot(settings, pool, bucket, traces)
        # The locks outlive the client's connection, so that no other process answers beside it.
        with closing(ShardLocks(settings.listen_dsn)) as locks, answering(bot.health, settings):
            async with bot.client:
                await bot.run(locks)
    log.info("the bot has stopped")


async def examine(settings: BotSettings, channel_id: int | None) -> list[Finding]:
    point_at(settings.discord_api_base, settings.discord_gateway_url)
    async with (
        open_pool(settings, name="doctor") as pool,
        open_bucket(settings) as bucket,
        new_client(settings, Languages()) as client,
    ):
        bot = new_doctor(settings, client, Servers(pool, settings.first_house), pool, bucket)
        return await bot.examine((lambda: bot.lacking_in(channel_id)) if channel_id is not None else None)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot", description="The Discord bot of Tigerbrush.")
    commands = parser.add_subparsers(dest="command")
    checking = commands.add_parser("doctor", help="say what is wrong, and what to do")
    checking.add_argument("--channel", type=int, help="the id of a channel in which the bot is to paint")
    arguments = parser.parse_args()
    if arguments.command == "doctor":
        end_as_usual_when_told()
        sys.exit(doctor(BotSettings, lambda settings: examine(settings, arguments.channel)))
    settings = load(BotSettings)
    configure(settings, process="bot")
    memory.share_one_heap()
    try:
        with open_traces(settings, process="bot") as traces:
            asyncio.run(serve(settings, traces))
    except Misconfigured as error:
        refuse(str(error))
    except ShardLost as error:
        sys.exit(f"{error}; started again, this bot waits until it may serve it.")


if __name__ == "__main__":
    main()
