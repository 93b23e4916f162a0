"""A copy of the repository, and a process that runs the tests in it: one change at a time.

The process has imported what takes long and is nobody's to change, and forks for each run; so nothing of one run
is left in the next. It reads its orders as lines of JSON.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

POLL_SECONDS = 0.02
KILLER = "killer.txt"


@dataclass(frozen=True, slots=True)
class Run:
    """`killer` is the first test that failed. `status` is pytest's, or None when it was ended after its time."""

    status: int | None
    seconds: float
    killer: str | None


class Slot:
    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self.directory = directory
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.slot"],
            cwd=directory,
            env={**os.environ, **environment, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, tests: list[str], first: list[str], seconds_max: float, *, anew: bool = False) -> Run:
        """`anew`: the migrations are not what they were when the server's template was made."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"tests": tests, "first": first, "seconds_max": seconds_max, "anew": anew}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Run(**json.loads(self._process.stdout.readline()))

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


class Plugin:
    """Runs first what noticed other changes of the file, and writes down what notices this one."""

    def __init__(self, first: list[str]) -> None:
        self._first = first

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        places = {name: place for place, name in enumerate(self._first)}
        items.sort(key=lambda item: places.get(item.nodeid, len(places)))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            Path(KILLER).write_text(report.nodeid)


def serve() -> None:
    # What is forked must have no threads, and importing starts none.
    for module in ("aioboto3", "aiohttp.web", "asyncpg", "discord", "PIL.Image", "pydantic_settings"):
        import_module(module)

    for line in sys.stdin:
        order = json.loads(line)
        begun = time.monotonic()
        Path(KILLER).unlink(missing_ok=True)
        # Examples that broke another change would be tried first.
        shutil.rmtree(".hypothesis", ignore_errors=True)
        child = os.fork()
        if child == 0:
            _test(order["tests"], order["first"], anew=order["anew"])
        status = _wait(child, begun + order["seconds_max"])
        killer = Path(KILLER).read_text() if Path(KILLER).exists() else None
        answer = {"status": status, "seconds": time.monotonic() - begun, "killer": killer}
        print(json.dumps(answer), flush=True)


def _test(tests: list[str], first: list[str], *, anew: bool) -> None:
    os.setsid()
    said = os.open("said.txt", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    for number in (1, 2):
        os.dup2(said, number)
    if anew:
        # A name of this copy's own: the server is every copy's. The tests read it when they are imported.
        os.environ["TESTS_POSTGRES_TEMPLATE"] = Path.cwd().name.replace("-", "_")
        from tests.conftest import make_template

        make_template(os.environ["TESTS_POSTGRES_URL"])
    import pytest

    quick = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=1")
    status = pytest.main([*quick, *tests], plugins=[Plugin(first)])
    os._exit(status)


def _wait(child: int, until: float) -> int | None:
    status: int | None = None
    while True:
        ended, code = os.waitpid(child, os.WNOHANG)
        if ended:
            status = os.waitstatus_to_exitcode(code)
            break
        if time.monotonic() > until:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(POLL_SECONDS)
    # What its tests started and did not end, as they broke off.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    return status


if __name__ == "__main__":
    serve()
