"""From a command's way to the bot to its first reply, beside a bot that only says pong.

Both are told by a local Discord of their own, in this process: the time begins when the interaction is put on
the gateway's socket, and ends when the reply has arrived.
"""

import asyncio
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import asyncpg

from benchmarks.figures import interleaved, p99, told
from benchmarks.house import JOBS_MAX, house, module, quiet, running, stability
from benchmarks.report import Goal, Result, Table
from benchmarks.stage import Stage
from core.rules import Allowance, ServerRules, WordRule
from sandbox.discord import DiscordServer, Exchange
from sandbox.processes import Process
from sandbox.stack import Stack
from tests.member import Member, is_waiting, member

TITLE = "The command"

PAINTING_SECONDS = 1.0
SERVERS = 1000
AT_ONCE = 15
"""So many pictures a second, at that speed: what Stability allows a key."""


class Replies:
    """The bot's calls, as one Discord sees them come in."""

    def __init__(self) -> None:
        self._arrivals: dict[str, asyncio.Future[float]] = {}

    def __call__(self, exchange: Exchange) -> None:
        match exchange.path.split("/"):
            case ["", "interactions", interaction_id, _token, "callback"]:
                self._arrival(interaction_id).set_result(exchange.arrived_at)

    async def milliseconds(self, server: DiscordServer, interaction_id: str) -> float:
        """From the dispatch to the first reply."""
        arrived_at = await asyncio.wait_for(self._arrival(interaction_id), 30)
        return (arrived_at - server.world.interactions[interaction_id].dispatched_at) * 1000

    def _arrival(self, interaction_id: str) -> asyncio.Future[float]:
        loop = asyncio.get_running_loop()
        return self._arrivals.setdefault(interaction_id, loop.create_future())


class Asker:
    """A member who uses one command of one bot."""

    def __init__(self, one: Member, server: DiscordServer, replies: Replies, command: str) -> None:
        self._member = one
        self._server = server
        self._replies = replies
        self._command = command

    async def ask(self) -> float:
        options = {"prompt": "a red fox in the snow"} if self._command == "imagine" else {}
        return await self._replies.milliseconds(
            self._server, await self._member.use(self._command, **options)
        )


async def measure(stage: Stage) -> Result:
    replies = Replies()
    async with (
        house(stage, "command", on_exchange=replies) as servers,
        stability(PAINTING_SECONDS) as url,
        _pong(stage) as pong,
        member(servers.discord.url, "Ada") as ada,
    ):
        servers.environment.update({"STABILITY_API_HOST": url, "WORKER_CONCURRENCY": str(AT_ONCE)})
        await servers.migrate()
        async with running(servers.bot()):
            await ada.until_bot_is(online=True)
            cases = {"ours": Asker(ada, servers.discord, replies, "imagine").ask, "pong": pong.ask}
            stage.say("command: alone")
            # No more than Ada may have at once, in all.
            alone = await interleaved(stage.amount(40, quick=2), cases)
        await _furnish(servers.environment["DATABASE_URL"])
        await ada.until_bot_is(online=False)
        async with running(servers.bot()):
            await ada.until_bot_is(online=True)
            stage.say(f"command: with the settings of {SERVERS} servers")
            ruled = await interleaved(stage.amount(40, quick=2), cases)
            crowd = stage.amount(JOBS_MAX, quick=5)
            stage.say(f"command: with {2 * crowd} jobs being shown")
            await _crowd(servers, crowd)
            async with running(servers.worker()):
                loaded = await interleaved(stage.amount(50, quick=2), cases)
    return _result(alone, ruled, loaded)


async def _furnish(postgres_url: str) -> None:
    """Servers that have set much, beside the one where it is measured; and there is room again for more jobs."""
    rules = ServerRules(
        channels=frozenset(range(1, 26)),
        roles={role: Allowance(at_once=3, credits_per_day=Decimal(50)) for role in range(1, 26)},
        words=tuple(WordRule(text=f"word {number}") for number in range(100)),
    )
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(
            "update jobs set state = 'cancelled', finished_at = now() where state = 'queued'"
        )
        await connection.execute(
            # The bot has left them, as there are none: in direct messages it would ask Discord about them.
            "insert into servers (guild_id, is_allowed, settings, left_at) "
            "select id, true, $1::text::jsonb, now() from generate_series(1, $2) as id",
            rules.stored(),
            SERVERS,
        )
    finally:
        await connection.close()


@asynccontextmanager
async def _pong(stage: Stage) -> AsyncIterator[Asker]:
    replies = Replies()
    server = DiscordServer(stage.directory / "pong", on_exchange=replies)
    await server.start()
    environment = {
        "DISCORD_TOKEN": server.token,
        "DISCORD_API_BASE": server.api_base,
        "DISCORD_GATEWAY_URL": server.gateway_url,
    }
    try:
        async with (
            member(server.url, "Ada") as ada,
            running(Process("pong", module("pong"), environment, on_line=quiet)),
        ):
            await ada.until_bot_is(online=True)
            yield Asker(ada, server, replies, "ping")
    finally:
        await server.stop()


async def _crowd(servers: Stack, jobs: int) -> None:
    """Two members ask for so many pictures each, and are answered. Cleo may do so in direct messages only."""
    async with member(servers.discord.url, "Ben") as ben, member(servers.discord.url, "Cleo") as cleo:
        for one, channel in ((ben, "paintings"), (cleo, "dm")):
            asked = [await one.imagine("a tower", channel=channel) for _ in range(jobs)]
            for interaction in asked:
                await one.reply(interaction, is_waiting)


def _result(
    alone: dict[str, list[float]], ruled: dict[str, list[float]], loaded: dict[str, list[float]]
) -> Result:
    def beyond(samples: dict[str, list[float]]) -> list[float]:
        return [ours - pong for ours, pong in zip(samples["ours"], samples["pong"], strict=True)]

    rows = [
        (title, *cells, told(beyond(samples), 1))
        for title, samples in (
            ("alone", alone),
            (f"with the settings of {SERVERS:,} servers", ruled),
            ("with those, and 200 jobs being shown", loaded),
        )
        for cells in [
            [f"{told(samples[name], 1)}, p99 {p99(samples[name]):.1f}" for name in ("ours", "pong")]
        ]
    ]
    table = Table(
        "From a command to its first reply, in milliseconds",
        ("", "/imagine", "pong", "more"),
        rows,
        note=f"The 200 are waiting and are painted meanwhile, {AT_ONCE} a second. The bot that says pong has "
        "nothing else to do, but for the same machine.",
    )
    goal = Goal("first reply, over pong (median)", 2, statistics.median(beyond(alone)), "ms", at_most=True)
    samples = {
        f"{name}, {when}, ms": figures
        for when, case in (("alone", alone), ("ruled", ruled), ("loaded", loaded))
        for name, figures in case.items()
    }
    return Result([table], [goal], samples)
