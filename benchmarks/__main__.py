"""`python -m benchmarks [measure ...]`: where this stands beside its peers and the floor of the machine.

A measure is a module of this package that has

    TITLE = "Queue throughput"
    async def measure(stage: Stage) -> Result: ...

and stands in MEASURES below. It takes what it needs from the stage (a Postgres, a folder, how much to
measure), compares by `figures.interleaved`, and returns tables, goals, and the samples behind them. It says
how far it is through `stage.say`, and leaves no process behind.
"""

import argparse
import asyncio
from importlib import import_module
from pathlib import Path

from benchmarks.plot import draw
from benchmarks.report import Result, as_json, goals_table, write
from benchmarks.stage import Stage, open_stage

MEASURES = (
    "queue",
    "pickup",
    "wal",
    "command",
    "several",
    "pipeline",
    "delivery",
    "gallery",
    "large",
    "length",
    "workers",
    "fairness",
    "servers",
)
RESULTS = Path("benchmarks/results/latest.json")


async def run(stage: Stage, names: list[str]) -> tuple[dict[str, str], dict[str, Result]]:
    machine = await stage.machine()
    results = {}
    for name in names:
        module = import_module(f"benchmarks.{name}")
        print(f"\n## {module.TITLE}\n", flush=True)
        results[name] = await module.measure(stage)
        print(results[name].markdown(), flush=True)
    return machine, results


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "measures", nargs="*", metavar="MEASURE", help=f"default: all of {', '.join(MEASURES)}"
    )
    parser.add_argument("--large", action="store_true", help="ten times the rows")
    parser.add_argument("--quick", action="store_true", help="only show that it works")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables where the page marks it")
    arguments = parser.parse_args()
    if unknown := set(arguments.measures) - set(MEASURES):
        parser.error(f"no measure is called {', '.join(sorted(unknown))}")
    if arguments.write and (arguments.measures or arguments.quick):
        parser.error("a page holds the tables of one whole run: --write goes with all measures")
    with open_stage(large=arguments.large, quick=arguments.quick) as stage:
        machine, results = asyncio.run(run(stage, arguments.measures or list(MEASURES)))
    print("\n" + goals_table(results))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(as_json(machine, results))
    if arguments.write:
        blocks = {name: result.markdown() for name, result in results.items()}
        facts = "\n".join(f"- {name}: {fact}" for name, fact in machine.items())
        write(arguments.write, {"machine": facts, "goals": goals_table(results), **blocks})
        for name, result in results.items():
            if result.plot is not None:
                arguments.write.with_name(f"performance-{name}.svg").write_text(draw(result.plot))


if __name__ == "__main__":
    main()
