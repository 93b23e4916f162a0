"""One sandbox in a folder: a second one would take its jobs, and write over its ports."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Taken(Exception):
    """Another process has the folder; the message says which, and where it is to be seen."""


@contextmanager
def claimed(directory: Path) -> Iterator[Callable[[str], None]]:
    """Yields what notes the address for those who come later. Raises Taken.

    The system keeps the lock for as long as the process lives, so one that was killed leaves none.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "running").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise Taken(
                f"A sandbox is running in {directory} already: {file.read().strip() or 'it just starts'}. "
                "Stop that one first, or name another folder with --directory."
            ) from error

        def note(text: str) -> None:
            file.truncate(0)
            file.write(text)
            file.flush()

        note(f"process {os.getpid()}, which is starting")
        yield lambda url: note(f"{url} (process {os.getpid()})")
        file.truncate(0)
