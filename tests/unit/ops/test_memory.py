"""What a process holds after work that took much memory for a moment, in threads as a worker has them."""

import ctypes
import subprocess
import sys

import pytest

MEGABYTE = 2**20

HOLD = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from ops.memory import return_what_is_freed

def held():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))

def work(_):
    for size in (8, 4, 2):
        large = bytearray(b"x") * (size * 2**20)
        kept.append(bytearray(1000))
        del large

kept = []
if sys.argv[1] == "returned":
    return_what_is_freed()
before = held()
with ThreadPoolExecutor(4) as threads:
    for _ in range(4):
        list(threads.map(work, range(4)))
    print(held() - before)
"""


def held_after_work(how: str) -> int:
    """Bytes."""
    return int(subprocess.run([sys.executable, "-c", HOLD, how], check=True, capture_output=True).stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="this C library has no such habit")
def test_what_is_freed_is_given_back() -> None:
    assert held_after_work("kept") > 8 * MEGABYTE
    assert held_after_work("returned") < 2 * MEGABYTE
