"""`/healthz` tells what is wrong, even while the event loop is blocked; a process that is stuck ends."""

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import urlopen

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from db.health import Health, answering, unreachable
from db.reach import Reach
from tests.conditions import until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ask(port: int, path: str = "/healthz", host: str = "127.0.0.1") -> tuple[int, str]:
    try:
        with urlopen(f"http://{host}:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@contextmanager
def served(health: Health) -> Iterator[int]:
    port = free_port()
    with answering(health, port, CollectorRegistry()):
        yield port


async def test_ok_or_a_line_for_each_problem() -> None:
    wrong: list[str] = []
    checks = [lambda: wrong[0] if wrong else None, lambda: "another" if wrong else None]
    with served(Health(checks, loop_stuck_seconds_max=60)) as port:
        assert await asyncio.to_thread(ask, port) == (200, "ok\n")
        wrong.append("a reply is overdue")
        assert await asyncio.to_thread(ask, port) == (503, "a reply is overdue\nanother\n")
        status, _ = await asyncio.to_thread(ask, port, "/")
        assert status == 404


async def test_it_is_reached_over_both_protocols() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with served(Health([], loop_stuck_seconds_max=60)) as port:
        assert await asyncio.to_thread(ask, port, host="[::1]") == (200, "ok\n")


async def test_a_blocked_event_loop_is_reported_from_the_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.health.BLOCKED_SECONDS_MAX", 0.2)
    monkeypatch.setattr("db.health.BEAT_SECONDS", 0.05)
    health = Health([], loop_stuck_seconds_max=60)
    with served(health) as port:
        beating = asyncio.create_task(health.serve())
        await until(lambda: asyncio.to_thread(ask, port), lambda answer: answer[0] == 200)
        reported = threading.Event()

        def watch() -> None:
            while "the event loop is blocked" not in ask(port)[1]:
                pass
            reported.set()

        watcher = threading.Thread(target=watch)
        watcher.start()
        # Here, and not in a thread: this is what blocks the event loop.
        assert reported.wait(10)
        watcher.join()
        await until(lambda: asyncio.to_thread(ask, port), lambda answer: answer[0] == 200)
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


def test_a_process_that_is_stuck_says_where_and_ends() -> None:
    program = """
import asyncio, time
from db.health import Health

def stuck_here():
    time.sleep(60)

async def main():
    beating = asyncio.create_task(Health([], loop_stuck_seconds_max=0.3).serve())
    await asyncio.sleep(0)
    stuck_here()

asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    assert "stuck_here" in ended.stderr


async def test_how_long_postgres_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.health.SILENT_SECONDS_MAX", 0.05)
    away = False

    async def question() -> float | None:
        if away:
            raise ConnectionRefusedError("away")
        return 7.0

    reach = Reach(question, every_seconds=0.01)
    check = unreachable(reach)
    serving = asyncio.create_task(reach.serve())

    async def problem() -> str | None:
        return check()

    async def answer() -> float | None:
        return reach.answer

    assert await until(answer, lambda found: found is not None) == 7.0
    assert (await problem(), reach.silent_seconds) == (None, 0.0)
    assert reach.steady_seconds > 0
    away = True
    assert "Postgres does not answer for" in (await until(problem, lambda line: line is not None) or "")
    assert (reach.answer, reach.steady_seconds) == (None, 0.0)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_a_schema_that_is_not_there_yet_ends_nothing() -> None:
    async def question() -> float | None:
        raise asyncpg.UndefinedTableError("there is no jobs")

    reach = Reach(question, every_seconds=0.01)
    await reach.look()
    assert reach.silent_seconds > 0


async def test_an_answer_that_never_comes_is_none() -> None:
    async def question() -> float | None:
        await asyncio.Event().wait()
        return None

    reach = Reach(question, every_seconds=0.01)
    await asyncio.wait_for(reach.look(), 10)
    assert reach.silent_seconds > 0
