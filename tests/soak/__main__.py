"""`python -m tests.soak`: the whole system at Stability's limit for long, and whether anything grew or was lost."""

import argparse
import asyncio
import dataclasses
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Container
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.plot import draw
from tests.drill import evidence as found
from tests.drill.checks import judge
from tests.drill.crowd import NAMES
from tests.drill.end import collect, settle
from tests.drill.evidence import Evidence
from tests.drill.journal import Journal
from tests.drill.report import report
from tests.drill.schedule import UNTOUCHED_MODEL
from tests.drill.system import System, left_running, system
from tests.member import member
from tests.soak.crowd import Regulars
from tests.soak.growth import SHORTEST_SECONDS, Table, grown, series
from tests.soak.report import lines, plot
from tests.soak.seen import Seen
from tests.soak.usage import Usage

SETTINGS = {
    "STABILITY_MODEL": UNTOUCHED_MODEL,
    # Of both workers sixteen at once: the local Stability takes half a second, and some more to paint.
    "WORKER_CONCURRENCY": "8",
    "JOBS_PER_MEMBER_MAX": "100",
    "CREDITS_PER_MONTH": "1000000",
}
"""All else is as it comes."""

WORKERS, LATENCY_SECONDS = 2, 0.5
START_TIMEOUT_SECONDS = 60.0
SETTLE_SECONDS, TELL_SECONDS = 120.0, 60.0

_TABLES = "select relname, n_live_tup, pg_total_relation_size(relid) as bytes from pg_stat_user_tables"


async def soak(options: argparse.Namespace, directory: Path) -> bool:
    """Whether all is as it was in the first minute, and every promise was kept."""
    journal, seen, usage = Journal.in_(directory), Seen(), Usage()
    evidence = Evidence(journal, seen.texts)
    async with AsyncExitStack() as exits:
        exits.callback(journal.file.close)
        running = await exits.enter_async_context(
            system(directory, journal, workers=WORKERS, on_exchange=seen.see, settings=SETTINGS)
        )
        crowd, begun_at, ended_at = await _load(options, running, usage, seen.texts)
        print("the load is over; waiting until every reply is up to date ...", flush=True)
        await settle(running, evidence, SETTLE_SECONDS)
        tables = await _tables(running)
        await collect(running, evidence)
    seen.complete(evidence)
    evidence.left_running = left_running(directory)
    usage.read_tasks(journal)
    held = series(usage.samples, begun_at, ended_at)
    seconds = ended_at - begun_at
    findings = [*judge(evidence), *grown(held if seconds >= SHORTEST_SECONDS else [], tables)]
    print(report(evidence, findings, crowd))
    print("\n".join(lines(held, tables, len(evidence.jobs) / seconds)), flush=True)
    pictures = [one for one in usage.samples if one.what == "pictures"]
    options.plot.parent.mkdir(parents=True, exist_ok=True)
    options.plot.with_suffix(".json").write_text(
        json.dumps([dataclasses.astuple(one) for one in usage.samples])
    )
    options.plot.write_text(draw(plot(held, pictures, seconds / 60)))
    return not any(finding.broken for finding in findings)


async def _load(
    options: argparse.Namespace, running: System, usage: Usage, answers: Container[int]
) -> tuple[Regulars, float, float]:
    """Who asked, since when and until when."""
    running.servers.stability.latency_seconds = LATENCY_SECONDS
    async with AsyncExitStack() as exits:
        members = {name: await exits.enter_async_context(member(running.discord_url, name)) for name in NAMES}
        connection = await running.database.connect()
        exits.push_async_callback(connection.close)
        await found.remember_erased(connection)
        ada = members[NAMES[0]]
        await ada.until(lambda: ada.bot_is_online, within_seconds=START_TIMEOUT_SECONDS)
        crowd = Regulars(
            members,
            seed=options.seed,
            orders=options.orders,
            others=options.others,
            answers=answers,
            open_jobs=lambda: connection.fetchval(
                "select count(*) from jobs where state in ('queued', 'running')"
            ),
        )
        watching = asyncio.create_task(usage.watch(running))
        telling = asyncio.create_task(_tell(crowd, options.orders))
        # Ctrl-C ends the load, and what there was of it is judged.
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, crowd.stop)
        begun_at = time.time()
        try:
            await crowd.ask()
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            for task in (watching, telling):
                task.cancel()
            await asyncio.gather(watching, telling, return_exceptions=True)
        return crowd, begun_at, time.time()


async def _tell(crowd: Regulars, orders: int) -> None:
    while True:
        await asyncio.sleep(TELL_SECONDS)
        print(f"{crowd.asked['imagine']} of {orders} orders", flush=True)


async def _tables(running: System) -> list[Table]:
    connection = await running.database.connect()
    try:
        return [Table(*row) for row in await connection.fetch(_TABLES)]
    finally:
        await connection.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description="Keeps the whole system at Stability's limit, with members who look at galleries and download, "
        "and compares what its processes hold in the first minute with the last.",
    )
    parser.add_argument("--orders", type=int, default=20_000, help="how many orders are given")
    parser.add_argument("--others", type=float, default=0.5, help="how much else members do a second, in all")
    parser.add_argument("--seed", type=int, default=1, help="what they ask for")
    parser.add_argument(
        "--plot", type=Path, default=Path("benchmarks/results/soak.svg"), help="where the plot goes"
    )
    return parser.parse_args()


def main() -> None:
    options = _options()
    # Not below pytest's folder: root's Postgres runs as another user, to whom it is closed.
    directory = Path(tempfile.mkdtemp(prefix="tigerbrush-soak-"))
    kept = False
    try:
        kept = asyncio.run(soak(options, directory))
    finally:
        if kept:
            shutil.rmtree(directory)
        else:
            print(f"its log: {directory}/log.txt")
            for path in directory.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
