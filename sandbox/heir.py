"""`python -m sandbox.heir DIRECTORY`: ends what a sandbox that was killed has left running.

It reads from a pipe that the sandbox alone holds: `+` or `-` and the process id, for each child that began or
ended. When the sandbox is gone, in whatever way, the pipe ends. It has the lock of `claim.py` too, so the
next sandbox waits for it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

END_SECONDS = 5.0
"""More than a worker takes to hand its jobs back (`GRACE` in `__main__.py`)."""


class Heir:
    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe

    def began(self, pid: int) -> None:
        self._tell(f"+{pid}\n")

    def ended(self, pid: int) -> None:
        self._tell(f"-{pid}\n")

    def _tell(self, line: str) -> None:
        # Without one, all goes on as well.
        with contextlib.suppress(BrokenPipeError):
            self._pipe.write(line.encode())
            self._pipe.flush()


@contextmanager
def heir(directory: Path, lock: int) -> Iterator[Heir]:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.heir", str(directory)],
        stdin=subprocess.PIPE,
        pass_fds=[lock],
        # Ctrl-C is for the sandbox alone.
        start_new_session=True,
    )
    if process.stdin is None:
        raise AssertionError("it was started with a pipe")
    try:
        yield Heir(process.stdin)
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.wait()


def inherit(directory: Path) -> None:
    left: set[int] = set()
    for line in sys.stdin:
        pid = int(line[1:])
        if line.startswith("+"):
            left.add(pid)
        else:
            left.discard(pid)
    _end(left, signal.SIGTERM)
    # Postgres is a daemon, and no child. SIGINT is its word for an end without waiting for clients.
    with contextlib.suppress(OSError, ValueError):
        server = int((directory / "postgres" / "postmaster.pid").read_text().split()[0])
        _end({server}, signal.SIGINT)


def _end(pids: set[int], number: signal.Signals) -> None:
    deadline = time.monotonic() + END_SECONDS
    left = {pid for pid in pids if _sent(pid, number)}
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = set(filter(_lives, left))
    for pid in left:
        _sent(pid, signal.SIGKILL)


def _lives(pid: int) -> bool:
    try:
        # Not one that has ended, and whose end nobody has asked for yet.
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        # So it is, or this is no Linux.
        return _sent(pid, 0)


def _sent(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    inherit(Path(sys.argv[1]))
