"""One sandbox in a folder: a second one would take its jobs, and write over its ports."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO


class Taken(Exception):
    """Another process has the folder; the message says which, and where it is to be seen."""


@dataclass(frozen=True, slots=True)
class Claim:
    file: IO[str]

    def note(self, text: str) -> None:
        """For those who come later."""
        self.file.truncate(0)
        self.file.write(f"{text} (process {os.getpid()})")
        self.file.flush()


@contextmanager
def claimed(directory: Path) -> Iterator[Claim]:
    """Raises Taken.

    The system keeps the lock for as long as the process lives, or its heir: where it was killed, what it left
    running has to end first.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "running").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            noted = file.read().strip()
            if not _was_killed(noted):
                raise Taken(
                    f"A sandbox is running in {directory} already: {noted or 'it just starts'}. "
                    "Stop that one first, or name another folder with --directory."
                ) from error
            print("Waiting for what a sandbox that was killed has left running ...", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        claim = Claim(file)
        claim.note("it just starts")
        yield claim
        file.truncate(0)


def _was_killed(noted: str) -> bool:
    found = re.search(r"\(process (\d+)\)$", noted)
    if found is None:
        return False
    try:
        os.kill(int(found[1]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
