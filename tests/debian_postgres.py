"""Postgres as Debian packages it, where it is installed: servers of a test's own, to be copied, killed and promoted."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import memory

_PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)

needs_debian_postgres = pytest.mark.skipif(
    _PROGRAMS is None, reason="Debian's Postgres is not installed (apt-get install postgresql)"
)

# It does not run as root.
_USER = "postgres" if os.geteuid() == 0 else None


class Cluster:
    """`socket` is the folder of its socket."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder
        self._data = folder / "data"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.socket}"

    def create(self) -> None:
        _run("initdb", "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", self._data)

    def copy(self, primary: "Cluster") -> None:
        """As a standby that follows it."""
        source = f"host={primary.socket} user=postgres application_name=standby"
        _run(
            *("pg_basebackup", "--no-sync", "--checkpoint=fast", "--write-recovery-conf"),
            *("--dbname", source, "--pgdata", self._data),
        )

    def start(self) -> None:
        options = f"-k {self.socket} -c listen_addresses= -c fsync=off"
        self._control("start", "--options", options, "--log", self.socket / "log")

    def kill(self) -> None:
        """All of its processes, as a machine that loses its power does."""
        server = self._pid_file.read_text().split()[0]
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        for pid in (server, *children):
            # One that serves a connection may end in between.
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        self._pid_file.unlink()

    def promote(self) -> None:
        self._control("promote")

    def stop(self) -> None:
        if self._pid_file.exists():
            self._control("stop", "--mode", "immediate")

    @property
    def _pid_file(self) -> Path:
        return self._data / "postmaster.pid"

    def _control(self, what: str, *more: str | Path) -> None:
        _run("pg_ctl", "--wait", "--pgdata", self._data, what, *more)


def _run(program: str, *arguments: str | Path) -> None:
    assert _PROGRAMS is not None
    subprocess.run(
        [_PROGRAMS / program, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        user=_USER,
        cwd="/",
        timeout=60,
    )


@contextmanager
def _folder() -> Iterator[Path]:
    """Not below pytest's own, which is closed to other users."""
    with tempfile.TemporaryDirectory(dir=memory()) as folder:
        if _USER is not None:
            shutil.chown(folder, _USER)
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def cluster() -> Iterator[Cluster]:
    with _folder() as folder:
        one = Cluster(folder)
        one.create()
        one.start()
        try:
            yield one
        finally:
            one.stop()


@contextmanager
def standby(primary: Cluster) -> Iterator[Cluster]:
    with _folder() as folder:
        one = Cluster(folder)
        one.copy(primary)
        one.start()
        try:
            yield one
        finally:
            one.stop()
