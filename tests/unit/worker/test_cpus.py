"""A container's limit counts, whichever way the kernel tells it."""

import os
from pathlib import Path

import pytest

from worker.cpus import usable_cpus

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
