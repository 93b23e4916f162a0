"""What a process has used, as Linux counts it."""

import os
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_RESET_PEAK = "5"


def cpu_seconds(pid: int) -> float:
    """Of all its threads, in user and system mode; in steps of a hundredth."""
    # The name of the program, in brackets, may hold spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def forget_peak(pid: int) -> None:
    """The greatest memory is counted from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK)


def peak_bytes(pid: int) -> int:
    """The most memory that it held at once."""
    return _status_kib(pid, "VmHWM") * 1024


def held_bytes(pid: int) -> int:
    """What it holds of the machine's memory now."""
    return _status_kib(pid, "VmRSS") * 1024


def _status_kib(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(f"{name}:")))


def with_children_cpu_seconds(pid: int) -> float:
    """As `cpu_seconds`, with those of its children that are there, and of those that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ended = (int(fields[13]) + int(fields[14])) / _TICKS_PER_SECOND
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return cpu_seconds(pid) + ended + sum(cpu_seconds(int(child)) for child in children)
