"""A process that is told to end more than once, the last time when even its interpreter is about to end."""

import subprocess
import sys

TOLD_AGAIN = """
import asyncio, os, signal
from ops.supervisor import Supervisor

class Late:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        print("ended well", flush=True)

async def told(times):
    for _ in range(times):
        os.kill(os.getpid(), signal.SIGTERM)

asyncio.run(Supervisor().run(told(2)))
os.kill(os.getpid(), signal.SIGTERM)
# It goes with its module, when the interpreter has given up its signals.
late = Late()
"""


def test_told_again_as_it_ends_it_ends_well() -> None:
    ended = subprocess.run([sys.executable, "-c", TOLD_AGAIN], capture_output=True, text=True, timeout=20)
    assert (ended.returncode, ended.stdout) == (0, "ended well\n"), ended
