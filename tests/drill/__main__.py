"""`python -m tests.drill`: the whole system under load and under faults, and a verdict from outside."""

import argparse
import asyncio
import dataclasses
import json
import random
import shlex
import shutil
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from tests.conditions import until
from tests.drill import evidence as found
from tests.drill.checks import judge
from tests.drill.crowd import NAMES, Crowd, Patient
from tests.drill.end import collect, settle
from tests.drill.evidence import Answers, Evidence
from tests.drill.faults import Faults
from tests.drill.journal import Journal
from tests.drill.report import report
from tests.drill.schedule import GENERATION_SECONDS, day, deaths, schedule
from tests.drill.system import System, left_running, system
from tests.member import member

KEPT = ("log.txt", "schedule.json", "orders.json", "jobs.json", "ledger.json", "calls.json", "report.txt")
START_TIMEOUT_SECONDS = 60.0
BEGIN_TIMEOUT_SECONDS = 60.0


async def drill(options: argparse.Namespace, directory: Path) -> bool:
    """Whether every promise was kept."""
    journal = Journal.in_(directory)
    answers = Answers()
    seen = Evidence(journal, answers.texts)
    async with AsyncExitStack() as exits:
        exits.callback(journal.file.close)
        running = await exits.enter_async_context(
            system(directory, journal, workers=options.workers, on_exchange=answers.see)
        )
        crowd = await _run(options, directory, running, seen)
        await collect(running, seen)
        for name, rows in (("orders", seen.orders), ("jobs", seen.jobs), ("ledger", seen.ledger)):
            (directory / f"{name}.json").write_text(json.dumps(rows, indent=1, default=str))
        calls = [dataclasses.asdict(call) for call in seen.calls]
        (directory / "calls.json").write_text(json.dumps(calls, indent=1))
    seen.left_running = left_running(directory)
    findings = judge(seen)
    (directory / "report.txt").write_text(report(seen, findings, crowd, all_shown=True) + "\n")
    print(report(seen, findings, crowd), flush=True)
    return not any(finding.broken for finding in findings)


async def _run(options: argparse.Namespace, directory: Path, running: System, seen: Evidence) -> Crowd:
    """Load and faults, and then quiet until everything has come to its end."""
    if options.day:
        faults = day(options.seconds)
    elif options.later:
        faults = deaths(options.seed, options.seconds, workers=options.workers)
        running.servers.stability.latency_seconds = GENERATION_SECONDS
    else:
        faults = schedule(options.seed, options.seconds, workers=options.workers, only=options.only)
    (directory / "schedule.json").write_text(json.dumps([fault.as_json() for fault in faults], indent=1))
    url = running.discord_url
    async with AsyncExitStack() as exits:
        members = {
            name: await exits.enter_async_context(member(url, name)) for name in NAMES[: options.members]
        }
        connection = await running.database.connect()
        await found.remember_erased(connection)
        await connection.close()
        ada = members[NAMES[0]]
        await ada.until(lambda: ada.bot_is_online, within_seconds=START_TIMEOUT_SECONDS)
        begun_as = running.process_ids
        crowd = (
            Patient(members, seed=options.seed, count=options.later)
            if options.later
            else Crowd(members, seed=options.seed, per_second=options.rate)
        )
        breaking = Faults(running, list(members.values()), seen.journal)
        asking = asyncio.create_task(crowd.ask())
        if options.later:
            # Whose worker dies before Stability has answered it, nobody can know.
            await _begun(running, options.later)
        print(f"{len(faults)} faults in {options.seconds:g} s ...", flush=True)
        try:
            await breaking.run(faults)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await breaking.heal()
        seen.journal.on_line("drill", "healed")
        print("healed; waiting until every job has ended and every reply is up to date ...", flush=True)
        await settle(running, seen, options.settle)
        seen.process_ids = {name: [id_, running.process_ids[name]] for name, id_ in begun_as.items()}
        seen.deleted = {int(id_) for one in members.values() for id_ in one.deleted}
    return crowd


async def _begun(running: System, count: int) -> None:
    connection = await running.database.connect()
    try:
        await until(
            lambda: connection.fetchval("select count(*) from jobs where generation is not null"),
            lambda begun: begun == count,
            within_seconds=BEGIN_TIMEOUT_SECONDS,
        )
    finally:
        await connection.close()


def _keep(directory: Path) -> None:
    """Of a failing drill: what tells why, and nothing that only takes room."""
    for path in directory.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.drill",
        description="Runs the whole system under load while everything around it fails, waits until it is "
        "quiet, and checks from outside that nothing was lost, doubled or left behind.",
    )
    parser.add_argument("--seconds", type=float, default=300.0, help="how long faults come")
    parser.add_argument("--seed", type=int, help="which faults come when; drawn, if not given")
    parser.add_argument("--workers", type=int, default=2, help="how many workers paint")
    parser.add_argument("--members", type=int, default=3, choices=(1, 2, 3), help="how many ask")
    parser.add_argument("--rate", type=float, default=1.0, help="how many commands come a second, in all")
    parser.add_argument("--only", nargs="*", default=[""], help="faults that begin so, such as postgres")
    parser.add_argument(
        "--day", action="store_true", help="each service away, slow and lying in turn, and no process touched"
    )
    parser.add_argument(
        "--later",
        type=int,
        default=0,
        help="so many pictures that are answered later, begun at once, while every worker is killed again and again",
    )
    parser.add_argument("--settle", type=float, default=120.0, help="how long it may take afterwards")
    parser.add_argument("--keep", action="store_true", help="keep the logs of a drill that went well, too")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1_000_000)
    return options


def main() -> None:
    options = _options()
    print(f"seed {options.seed}", flush=True)
    # Not below pytest's folder: root's Postgres runs as another user, to whom it is closed.
    directory = Path(tempfile.mkdtemp(prefix="tigerbrush-drill-"))
    kept = False
    try:
        kept = asyncio.run(drill(options, directory))
    finally:
        if kept and not options.keep:
            shutil.rmtree(directory)
        else:
            _keep(directory)
            print(f"logs, schedule and tables: {directory}")
            print(
                f"again: python -m tests.drill --seed {options.seed} --seconds {options.seconds:g} "
                f"--workers {options.workers} --members {options.members} --rate {options.rate:g}"
                + (" --day" if options.day else "")
                + (f" --later {options.later}" if options.later else "")
                + (f" --only {shlex.join(options.only)}" if any(options.only) else "")
            )
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
