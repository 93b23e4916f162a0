"""What a process holds after work that took much memory for a moment, in threads as a worker has them."""

import ctypes
import subprocess
import sys

import pytest

MEGABYTE = 2**20

HOLD = """
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from ops.memory import share_one_heap, trim

def held():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))

def work(_):
    for size in (8, 4, 2):
        large = bytearray(b"x") * (size * 2**20)
        kept.append(bytearray(1000))
        del large

kept = []
share_one_heap()
before = held()
with ThreadPoolExecutor(4) as threads:
    for _ in range(4):
        list(threads.map(work, range(4)))
    kept_by_glibc = held() - before
    trim()
    print(kept_by_glibc, held() - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="this C library has no such habit")
def test_what_is_freed_is_given_back() -> None:
    said = subprocess.run([sys.executable, "-c", HOLD], check=True, capture_output=True).stdout
    kept_by_glibc, held = map(int, said.split())
    assert kept_by_glibc > 8 * MEGABYTE
    assert held < 2 * MEGABYTE
