"""A process that is told to end more than once, the last time when its loop is closed already."""

import subprocess
import sys

TOLD_TWICE = """
import asyncio, os, signal
from ops.signals import stop_when_told

async def main():
    stopped = asyncio.Event()
    stop_when_told(stopped.set)
    os.kill(os.getpid(), signal.SIGTERM)
    await stopped.wait()

asyncio.run(main())
os.kill(os.getpid(), signal.SIGTERM)
print("ended well")
"""


def test_told_again_as_it_ends_it_ends_well() -> None:
    ended = subprocess.run([sys.executable, "-c", TOLD_TWICE], capture_output=True, text=True, timeout=20)
    assert (ended.returncode, ended.stdout) == (0, "ended well\n"), ended
