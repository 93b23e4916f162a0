"""A bot in very many servers: what it holds of them, how soon it is ready, and how late it answers many at once.

Its Discord is in this process, so the local Discord's own work is in the time of an answer.
"""

import asyncio
import gc
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg

from benchmarks.figures import p99
from benchmarks.house import house, quiet, running, stability
from benchmarks.report import Goal, Result, Table
from benchmarks.stage import Stage
from benchmarks.usage import cpu_seconds, held_bytes
from sandbox.discord import DiscordServer, Exchange
from sandbox.discord.interactions import COMMAND, FIRST_ANSWER_SECONDS
from sandbox.discord.rules.permissions import EVERYONE, Permission
from sandbox.discord.state import GUILD_TEXT, Channel, Guild, Member, Overwrite, Role, User, World
from sandbox.discord.wire import iso8601
from sandbox.processes import Process
from sandbox.stack import Stack
from tests.conditions import until

TITLE = "A large bot"

CHANNELS, ROLES = 50, 40
WITHIN_SECONDS = 10.0
ASKERS = 20
"""Members who use the commands, each in many servers: with 1,000 commands twice, 100 pictures of each are open."""

PAINTING_SECONDS, AT_ONCE = 1.0, 15
SETTLING_SECONDS = 5.0
READY = "connected to Discord as"
MEGABYTE_GOAL = 160


def furnish(world: World, servers: int) -> list[Channel]:
    """So many servers more, of the owner's, and a channel of each; a third of all channels is for one role alone."""
    new, now, bot = world.snowflakes.next, iso8601(world.clock()), world.bot_id
    askers = [User(new(), f"asker{number}", None) for number in range(ASKERS)]
    world.users |= {user.id: user for user in askers}
    shown = []
    for number in range(servers):
        guild_id = new()
        roles = [Role(new(), f"Role {n} of {number}", EVERYONE, n) for n in range(1, ROLES)]
        everyone = Role(guild_id, "@everyone", EVERYONE, 0)
        members = [world.guild.owner_id, bot, askers[number % ASKERS].id]
        world.guilds[guild_id] = Guild(
            guild_id,
            f"Server {number}",
            world.guild.owner_id,
            {role.id: role for role in (everyone, *roles)},
            {id_: Member(id_, [roles[0].id], now) for id_ in members},
        )
        hidden = [
            Overwrite(guild_id, 0, deny=Permission.VIEW_CHANNEL),
            Overwrite(roles[0].id, 0, allow=Permission.VIEW_CHANNEL),
        ]
        for n in range(CHANNELS):
            channel = Channel(new(), GUILD_TEXT, f"channel-{n}-of-{number}", position=n, guild_id=guild_id)
            channel.topic = f"What is said here in channel {n} of server {number}" if n % 2 else None
            channel.overwrites = hidden if n % 3 == 2 else []
            world.channels[channel.id] = channel
            if n == 0:
                shown.append(channel)
    return shown


class Watch:
    """What a Discord sees come in: when each interaction was first answered, and how many calls were too many."""

    def __init__(self) -> None:
        self.answered_at: dict[str, float] = {}
        self.refused = 0

    def __call__(self, exchange: Exchange) -> None:
        self.refused += exchange.status == 429
        match exchange.path.split("/"):
            case ["", "interactions", interaction_id, _token, "callback"]:
                self.answered_at.setdefault(interaction_id, exchange.arrived_at)


async def measure(stage: Stage) -> Result:
    servers, commands = (2500 if stage.large else stage.amount(250, quick=5)), stage.amount(1000, quick=5)
    watch = Watch()
    discord = DiscordServer(on_exchange=watch)
    async with house(stage, "servers") as ordinary, stability(PAINTING_SECONDS) as url:
        await discord.start()
        try:
            system = _at(ordinary, discord, url)
            await system.migrate()
            rows = [await _start(stage, system, "in 1 server", 1)]
            channels = furnish(discord.world, servers)
            # Nothing of this world goes, so the collector need not look through it while times are taken.
            gc.freeze()
            for title in ("the first time", "again"):
                rows.append(await _start(stage, system, f"in {servers:,} servers, {title}", servers + 1))
            async with _bot(system) as bot:
                taken = {}
                for title, workers in (
                    ("nobody paints", ()),
                    ("15 are painted a second", (system.worker(),)),
                ):
                    stage.say(f"servers: {commands:,} commands, {title}")
                    async with running(*workers):
                        taken[title] = await _ask(discord, watch, bot, channels, commands)
                after = held_bytes(bot.pid) / 1e6
        finally:
            gc.unfreeze()
            await discord.stop()
    return _result(rows, taken, after, commands, watch.refused)


def _at(ordinary: Stack, discord: DiscordServer, stability_url: str) -> Stack:
    """Where the Discord is that forgets all when it stops, as so large a world is not written with each change."""
    environment = {
        **ordinary.environment,
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_BASE": discord.api_base,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
        "STABILITY_API_HOST": stability_url,
        "WORKER_CONCURRENCY": str(AT_ONCE),
    }
    return replace(ordinary, discord=discord, environment=environment)


@asynccontextmanager
async def _bot(system: Stack) -> AsyncIterator[Process]:
    """Until it says that it is ready; a session before it was a moment ago, so Discord makes it wait."""
    ready = asyncio.Event()

    def on_line(name: str, line: str) -> None:
        quiet(name, line)
        if READY in line:
            ready.set()

    bot = replace(system, on_line=on_line).bot()
    async with running(bot):
        async with asyncio.timeout(300):
            await ready.wait()
        yield bot


async def _start(stage: Stage, system: Stack, title: str, servers: int) -> tuple[str, float, float, float]:
    """Megabytes, and seconds and seconds of CPU until it is ready and has put all servers down."""
    connection = await asyncpg.connect(system.environment["DATABASE_URL"])
    began = time.perf_counter()
    try:
        async with _bot(system) as bot:
            counted = "select count(*) from servers where guild_id > 0"
            await until(lambda: connection.fetchval(counted), lambda n: n == servers, within_seconds=300)
            seconds, cpu = time.perf_counter() - began, cpu_seconds(bot.pid)
            await asyncio.sleep(SETTLING_SECONDS)
            held = held_bytes(bot.pid) / 1e6
            stage.say(f"servers: {title}: ready after {seconds:.1f} s, {cpu:.1f} s of CPU, {held:.0f} MB")
            return title, held, seconds, cpu
    finally:
        await connection.close()


async def _ask(
    discord: DiscordServer, watch: Watch, bot: Process, channels: list[Channel], commands: int
) -> tuple[list[float], float]:
    """Milliseconds until the first answer of each, and milliseconds of the bot's CPU a command."""
    known = next(one for one in discord.world.commands.values() if one["name"] == "imagine")
    prompt = {"name": "prompt", "type": 3, "value": "a red fox in the snow"}
    data = {"id": known["id"], "name": "imagine", "type": 1, "options": [prompt]}
    asked, cpu, began = [], cpu_seconds(bot.pid), time.perf_counter()
    for number in range(commands):
        channel = channels[number % len(channels)]
        members = discord.world.guild_of(channel).members
        asker = next(reversed(members))
        asked.append(discord.interactions.begin(COMMAND, asker, channel, dict(data), locale="en-US"))
        await asyncio.sleep(began + (number + 1) * WITHIN_SECONDS / commands - time.perf_counter())

    async def left() -> int:
        return sum(one.id not in watch.answered_at for one in asked)

    await until(left, lambda number: number == 0, within_seconds=120)
    taken = [(watch.answered_at[one.id] - one.dispatched_at) * 1000 for one in asked]
    return taken, (cpu_seconds(bot.pid) - cpu) * 1000 / commands


def _result(
    rows: list[tuple[str, float, float, float]],
    taken: dict[str, tuple[list[float], float]],
    after: float,
    commands: int,
    refused: int,
) -> Result:
    starts = Table(
        f"A bot in servers of {CHANNELS} channels and {ROLES} roles",
        ("", "memory, MB", "ready, s", "CPU until then, s"),
        [(title, f"{held:.0f}", f"{seconds:.1f}", f"{cpu:.1f}") for title, held, seconds, cpu in rows],
        note="Two seconds of it are those in which no further server came, and up to five the pause that Discord wants "
        f"between sessions. After the commands below it held {after:.0f} MB.",
    )
    answers = Table(
        f"{commands:,} commands within {WITHIN_SECONDS:.0f} s, in as many servers: milliseconds until the first answer",
        ("", "median", "p99", "longest", f"over {FIRST_ANSWER_SECONDS:g} s", "CPU of the bot, ms"),
        [_row(title, times, cpu) for title, (times, cpu) in taken.items()],
        note=f"Discord refused {refused} calls as too many at once.",
    )
    samples = {f"first answer, {title}, ms": times for title, (times, _cpu) in taken.items()}
    goals = [
        Goal("memory of a bot in all servers", MEGABYTE_GOAL, rows[-1][1], "MB", at_most=True),
        Goal(
            "first answers over 3 s",
            0,
            sum(_late(times) for times, _cpu in taken.values()),
            "answers",
            at_most=True,
        ),
    ]
    return Result([starts, answers], goals, samples)


def _row(title: str, times: list[float], cpu: float) -> tuple[str, ...]:
    figures = [f"{one:.0f}" for one in (statistics.median(times), p99(times), max(times), _late(times))]
    return title, *figures, f"{cpu:.1f}"


def _late(times: list[float]) -> int:
    return sum(one > FIRST_ANSWER_SECONDS * 1000 for one in times)
