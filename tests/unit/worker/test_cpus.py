"""A container's limit counts, whichever way the kernel tells it."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from tests.conditions import soon
from worker.cpus import CpuSlots, usable_cpus

MACHINE = 16


@pytest.fixture(autouse=True)
def large_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(MACHINE)))


@pytest.mark.parametrize(
    ("groups", "files", "found"),
    [
        ("", {}, MACHINE),
        ("0::/", {"cpu.max": "max 100000"}, MACHINE),
        ("0::/", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/", {"cpu.max": "150000 100000"}, 2),
        ("0::/", {"cpu.max": "10000 100000"}, 1),
        ("0::/", {"cpu.max": "9900000 100000"}, MACHINE),
        # A unit of systemd's with a CPUQuota, within a slice that has another.
        (
            "0::/system.slice/tigerbrush.service",
            {
                "system.slice/cpu.max": "300000 100000",
                "system.slice/tigerbrush.service/cpu.max": "400000 100000",
            },
            3,
        ),
        # The first version, in a container: the path is the host's, and the files are at the root.
        (
            "4:cpu,cpuacct:/docker/1f",
            {"cpu/cpu.cfs_quota_us": "250000", "cpu/cpu.cfs_period_us": "100000"},
            3,
        ),
        ("4:cpu:/", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, MACHINE),
        ("0::/", {"cpu.max": "garbage"}, MACHINE),
        ("0::/", {"cpu.max": "100000 0"}, MACHINE),
    ],
)
def test_the_smallest_bound_counts(tmp_path: Path, groups: str, files: dict[str, str], found: int) -> None:
    for name, content in {
        "proc/self/cgroup": groups,
        **{f"sys/fs/cgroup/{n}": c for n, c in files.items()},
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert usable_cpus(tmp_path) == found


def test_a_process_that_may_run_on_one_core_has_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {3})
    assert usable_cpus(tmp_path) == 1


async def test_work_that_nobody_waits_for_any_more_has_its_thread_until_it_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("worker.cpus.usable_cpus", lambda: 1)
    slots, begun, ends = CpuSlots(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        ends.wait(20)

    given_up = asyncio.create_task(slots.in_thread(work))
    await asyncio.to_thread(begun.wait, 20)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    following = asyncio.create_task(slots.in_thread(ends.is_set))
    for _ in range(20):
        await asyncio.to_thread(int)
    ends.set()
    assert await soon(following)
