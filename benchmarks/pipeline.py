"""What a picture costs the worker, beside a floor that only reads the bytes and puts them.

A stand-in for Stability answers at once, in a process of its own, with a PNG of 1.5 MB; the S3 server is the
sandbox's. CPU is that of the worker's process alone.
"""

import asyncio
import io
import json
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping

from PIL import Image

from benchmarks.figures import ratio, told
from benchmarks.house import house, module, running, stability
from benchmarks.marks import marks
from benchmarks.painters import Painter
from benchmarks.report import Goal, Result, Table
from benchmarks.stability import SIDE, picture
from benchmarks.stage import Stage
from sandbox.processes import python
from worker.imaging import prepare

TITLE = "The pipeline"

SAME, OTHER = (SIDE, SIDE), (SIDE - 64, SIDE - 192)
"""The size that Stability paints, and one for which the picture has to be scaled and cut."""

AT_ONCE = 16
DECODED_BYTES = SIDE * SIDE * 3
"""A picture's worth of memory: its pixels as RGB."""


Samples = Mapping[str, list[float]]


async def measure(stage: Stage) -> Result:
    async with house(stage, "pipeline") as servers, stability() as url:
        environment = {**servers.environment, "STABILITY_API_HOST": url, "WORKER_CONCURRENCY": str(AT_ONCE)}
        samples = dict(await _cpu(stage, environment))
        memory = await _memory(stage, environment)
    marked, goals, table = marks(stage.amount(20, quick=1))
    result = _result(samples | _stages(stage.amount(10, quick=1)), memory)
    return Result([*result.tables, table], [*result.goals, *goals], {**result.samples, **marked})


async def _cpu(stage: Stage, environment: Mapping[str, str]) -> Samples:
    """CPU milliseconds of a picture, and jobs a second, in rounds one after the other."""
    jobs = stage.amount(40, quick=2)
    worker = Painter(python("-m", "worker"), environment, await stage.database())
    bare = Painter(module("bare"), environment, await stage.database())
    samples: dict[str, list[float]] = defaultdict(list)
    async with running(worker.process, bare.process):
        for number in range(stage.amount(4, quick=1) + 1):
            stage.say(f"pipeline: round {number}")
            figures = await _floor(environment, jobs)
            for name, painter, size in (
                ("bare", bare, SAME), ("same", worker, SAME), ("other", worker, OTHER)
            ):  # fmt: skip
                batch = await painter.paint(jobs, size)
                figures |= {name: batch.cpu_milliseconds, f"{name} jobs/s": batch.jobs_per_second}
            # The first round warms up.
            for name, figure in figures.items() if number else ():
                samples[name].append(figure)
    return samples


async def _floor(environment: Mapping[str, str], pictures: int) -> dict[str, float]:
    command = module("floor", "--pictures", str(pictures))
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environment}, stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await process.communicate()
    figures: dict[str, float] = json.loads(answer)
    return figures


async def _memory(stage: Stage, environment: Mapping[str, str]) -> Samples:
    """The greatest memory of a fresh worker, in bytes, with one picture in flight and with AT_ONCE."""
    peaks: dict[str, list[float]] = defaultdict(list)
    for number in range(stage.amount(2, quick=1)):
        stage.say(f"pipeline: memory, round {number + 1}")
        for at_once in (1, AT_ONCE):
            given = {**environment, "WORKER_CONCURRENCY": str(at_once)}
            for name, size in (("same", SAME), ("other", OTHER)):
                painter = Painter(python("-m", "worker"), given, await stage.database())
                async with running(painter.process):
                    peak = await painter.peak(stage.amount(2 * AT_ONCE, quick=2), size)
                peaks[f"{name} {at_once}"].append(peak)
    return peaks


def _stages(rounds: int) -> dict[str, list[float]]:
    """CPU milliseconds of the work on a picture, taken by itself."""
    painted = picture()
    stages: dict[str, Callable[[], object]] = {
        "decode": lambda: Image.open(io.BytesIO(painted)).load(),
        "prepare": lambda: prepare(painted, SAME),
        "prepare other": lambda: prepare(painted, OTHER),
    }
    samples: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, work in stages.items():
            began = time.thread_time()
            work()
            samples[name].append((time.thread_time() - began) * 1000)
    return samples


def _result(samples: Samples, memory: Samples) -> Result:
    in_flight = _in_flight(memory)
    goals = [
        Goal(
            "CPU of a picture without resize, preview left out, beside the floor",
            1.3, ratio(samples["bare"], samples["both"]), "times", at_most=True,
        ),
        Goal(
            "memory of a job in flight, in pictures as RGB",
            3, statistics.median(in_flight["other"]) / DECODED_BYTES, "pictures", at_most=True,
        ),
    ]  # fmt: skip
    tables = [_cpu_table(samples), _stages_table(samples), _memory_table(memory, in_flight)]
    return Result(tables, goals, {**samples, **memory})


def _cpu_table(samples: Samples) -> Table:
    ours = {"bare": "the worker, preview left out", "same": "the worker", "other": "the worker, another size"}
    rows = [
        (
            title,
            told(samples[name], 1),
            f"{ratio(samples[name], samples['both']):.2f}",
            told(samples[f"{name} jobs/s"], 1),
        )
        for name, title in ours.items()
    ]
    return Table(
        "CPU of a picture, in milliseconds, and jobs a second",
        ("", "CPU ms", "of the floor", "jobs/s"),
        [("floor: read, put", told(samples["both"], 1), "1.00", ""), *rows],
        note=f"{AT_ONCE} at once. All of it is one process; its database and servers are not counted.",
    )


def _stages_table(samples: Samples) -> Table:
    def beyond(one: str, other: str) -> str:
        return told([a - b for a, b in zip(samples[one], samples[other], strict=True)], 1)

    return Table(
        "What each stage of it costs",
        ("stage", "CPU ms"),
        [
            ("read the bytes", told(samples["read"], 1)),
            ("put the original", told(samples["put"], 1)),
            ("SQL, pace, log and all else of the worker", beyond("bare", "both")),
            ("preview: decode, scale, encode, put", beyond("same", "bare")),
            ("- of that: decode", told(samples["decode"], 1)),
            ("- of that: scale and encode", beyond("prepare", "decode")),
            ("another size: scale, cut, encode as PNG", beyond("prepare other", "prepare")),
        ],
    )


def _in_flight(memory: Samples) -> dict[str, list[float]]:
    """The bytes that each further picture takes."""
    return {
        name: [
            (many - one) / (AT_ONCE - 1)
            for one, many in zip(memory[f"{name} 1"], memory[f"{name} {AT_ONCE}"], strict=True)
        ]
        for name in ("same", "other")
    }


def _memory_table(memory: Samples, in_flight: Samples) -> Table:
    rows = [
        (
            title,
            *(told([peak / 1e6 for peak in memory[f"{name} {n}"]], 1) for n in (1, AT_ONCE)),
            told([each / 1e6 for each in in_flight[name]], 1),
            f"{statistics.median(in_flight[name]) / DECODED_BYTES:.2f}",
        )
        for title, name in (("as painted", "same"), ("another size", "other"))
    ]
    return Table(
        "Peak memory",
        ("", "1 at once, MB", f"{AT_ONCE} at once, MB", "each more in flight, MB", "in pictures"),
        rows,
        note=f"A picture is its pixels as RGB, {DECODED_BYTES / 1e6:.1f} MB; as a PNG it is half of that.",
    )
