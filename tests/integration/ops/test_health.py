"""`/healthz` tells what is wrong, even while the event loop is blocked; a process that is stuck ends."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.error import HTTPError
from urllib.request import urlopen

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from core.settings import HealthSettings
from ops.database_probe import DatabaseProbe
from ops.health import Check, Health, answering, unreachable
from ops.health_port import CONNECTIONS_MAX
from sandbox.ports import free_port
from tests.conditions import until


def ask(port: int, path: str = "/healthz", host: str = "127.0.0.1") -> tuple[int, str]:
    try:
        with urlopen(f"http://{host}:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def health_of(*checks: Check) -> Health:
    return Health(checks, CollectorRegistry(), loop_stuck_seconds_max=60)


@contextmanager
def served(health: Health, *, host: str = "127.0.0.1") -> Iterator[int]:
    port = free_port()
    settings = HealthSettings.model_validate({"health_port": port, "health_host": host})
    with answering(health, settings):
        yield port


async def test_ok_or_a_line_for_each_problem() -> None:
    wrong: list[str] = []
    checks = [lambda: wrong[0] if wrong else None, lambda: "another" if wrong else None]
    with served(health_of(*checks)) as port:
        assert await asyncio.to_thread(ask, port) == (200, "ok\n")
        wrong.append("a reply is overdue")
        assert await asyncio.to_thread(ask, port) == (503, "a reply is overdue\nanother\n")
        status, _ = await asyncio.to_thread(ask, port, "/")
        assert status == 404


async def test_where_all_addresses_are_wanted_it_is_reached_over_both_protocols() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with served(health_of(), host="::") as port:
        for host in ("[::1]", "127.0.0.1"):
            assert await asyncio.to_thread(ask, port, host=host) == (200, "ok\n")


async def test_unless_it_is_said_only_this_machine_reaches_it() -> None:
    settings = HealthSettings.model_validate({"health_port": free_port()})
    with (
        answering(health_of(), settings),
        # Another address of this machine: who listens on all has it too.
        pytest.raises(ConnectionRefusedError),
    ):
        socket.create_connection(("127.0.0.2", settings.health_port or 0), timeout=5)


async def test_those_who_ask_slowly_take_no_more_than_a_few_connections() -> None:
    with served(health_of()) as port, ExitStack() as exits:
        slow = []
        for _ in range(300):
            slow.append(exits.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10)))
            slow[-1].send(b"GET /healthz HTTP/1.1\r\nHost: x")
        assert await asyncio.to_thread(ask, port) == (200, "ok\n")
        # This process has both ends of each.
        assert len(os.listdir("/dev/fd")) < len(slow) + CONNECTIONS_MAX + 100
        assert await asyncio.to_thread(is_dropped, slow[0])


def is_dropped(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


async def test_whoever_does_not_end_a_request_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.health_port.REQUEST_SECONDS", 0.1)
    with (
        served(health_of()) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
    ):
        connection.send(b"GET /healthz HTTP/1.1\r\n")
        assert await asyncio.to_thread(is_dropped, connection)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /healthz?x=1 HTTP/1.0\r\n\r\n", b"HTTP/1.1 200 "),
        (b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 200 "),
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 405 "),
        (b"\x16\x03\x01\x02\r\n\r\n", b"HTTP/1.1 400 "),
        (b"GET /metrics HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 "),
        (b"x" * 100_000, b""),
        (b"", b""),
    ],
)
async def test_whatever_is_sent_is_answered_or_hung_up_on_in_silence(
    sent: bytes, status: bytes, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with served(health_of()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        writer.write_eof()
        try:
            answer = await asyncio.wait_for(reader.read(), 10)
        except ConnectionResetError:
            answer = b""
        assert answer[: len(status)] == status or status == answer == b""
        writer.close()
        assert await asyncio.to_thread(ask, port) == (200, "ok\n")
    assert capfd.readouterr().err == ""
    assert [record for record in caplog.records if record.levelname != "DEBUG"] == []


async def test_a_check_that_breaks_is_said_in_a_line(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> str | None:
        raise RuntimeError("dictionary changed size during iteration")

    with served(health_of(broken)) as port:
        status, text = await asyncio.to_thread(ask, port)
    assert (status, text) == (500, "dictionary changed size during iteration\n")
    (record,) = [record for record in caplog.records if record.name.startswith("ops.")]
    assert record.exc_info is None


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({}, "HEALTH_PORT: is {port}, which another process has; it should be a free port for /healthz"),
        ({"HEALTH_HOST": "192.0.2.1"}, "HEALTH_HOST: is 192.0.2.1, which is no address of this machine; it"),
    ],
)
async def test_a_port_that_cannot_be_had_is_named(
    database_url: str, bucket_environment: dict[str, str], given: dict[str, str], line: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = {
            **bucket_environment,
            "DATABASE_URL": database_url,
            "STABILITY_API_KEY": "sk-1",
            "HEALTH_PORT": str(port),
            **given,
        }
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "worker"),
            env={**os.environ, **environment},
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await asyncio.wait_for(worker.communicate(), 60)
    assert worker.returncode == 78
    (last,) = said.decode().splitlines()
    assert last.startswith(line.format(port=port))
    assert "Traceback" not in said.decode()


async def test_a_blocked_event_loop_is_reported_from_the_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.health.BLOCKED_SECONDS_MAX", 0.2)
    monkeypatch.setattr("ops.health.BEAT_SECONDS", 0.05)
    health = health_of()
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
        watcher.join(10)
        await until(lambda: asyncio.to_thread(ask, port), lambda answer: answer[0] == 200)
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


def test_a_process_that_is_stuck_says_where_and_ends() -> None:
    program = """
import asyncio, time
from prometheus_client import CollectorRegistry
from ops.health import Health

def stuck_here():
    time.sleep(60)

async def main():
    beating = asyncio.create_task(Health([], CollectorRegistry(), loop_stuck_seconds_max=0.3).serve())
    await asyncio.sleep(0)
    stuck_here()

asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    assert "stuck_here" in ended.stderr


async def test_how_long_postgres_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.health.SILENT_SECONDS_MAX", 0.05)
    away = False

    async def question() -> float | None:
        if away:
            raise ConnectionRefusedError("away")
        return 7.0

    probe = DatabaseProbe(question, every_seconds=0.01)
    check = unreachable(probe)

    async def problem() -> str | None:
        await probe.probe()
        return check()

    assert (await problem(), probe.answer, probe.silent_seconds) == (None, 7.0, 0.0)
    assert probe.steady_seconds > 0
    away = True
    assert "Postgres does not answer for" in (await until(problem, lambda line: line is not None) or "")
    assert (probe.answer, probe.steady_seconds) == (None, 0.0)


async def test_a_schema_that_is_not_there_yet_ends_nothing() -> None:
    async def question() -> float | None:
        raise asyncpg.UndefinedTableError("there is no jobs")

    probe = DatabaseProbe(question, every_seconds=0.01)
    await probe.probe()
    assert probe.silent_seconds > 0


async def test_an_answer_that_never_comes_is_none() -> None:
    async def question() -> float | None:
        await asyncio.Event().wait()
        return None

    probe = DatabaseProbe(question, every_seconds=0.01)
    await asyncio.wait_for(probe.probe(), 10)
    assert probe.silent_seconds > 0
