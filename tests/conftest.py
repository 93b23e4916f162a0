"""What tests share: a real Postgres with a database for each test, a real S3 server, and the whole house."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from urllib.error import HTTPError, URLError

import asyncpg
import pytest

from core.settings import BucketSettings, DatabaseSettings
from db.bucket.client import Bucket, open_bucket
from db.migrate import migrate
from db.pool import Pool, open_pool
from sandbox import s3
from sandbox.discord import Exchange
from sandbox.postgres import postgres
from sandbox.stack import stack
from tests.contract import DiscordContract
from tests.forks import fork, fork_server
from tests.house import QUICK, House
from tests.specs import DISCORD, find_spec

pytest_plugins = ["tests.hang", "tests.service_models"]

_TEMPLATE = os.environ.get("TESTS_POSTGRES_TEMPLATE", "migrated")
_numbers = count(1)
_MEMORY = Path("/dev/shm")
_MEMORY_BYTES_MIN = 4 * 2**30


_NOT_COUNTED = ("browser", "drill", "e2e", "fuzz", "integration/sandbox", "unit/sandbox")
"""Tests whose lines are not counted: they run the product in processes of its own, or the stand-ins alone, or the
same few lines thousands of times."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Counting lines takes a third of a test's time, so of a test's cases the first is counted: the others go the
    same ways with other values."""
    tests = Path(__file__).parent
    counted: set[str] = set()
    for item in items:
        test = item.nodeid.partition("[")[0]
        if test in counted or item.path.relative_to(tests).as_posix().startswith(_NOT_COUNTED):
            item.add_marker("no_cover")
        counted.add(test)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server whose database `migrated` has the schema; tests copy it. Whoever runs tests over and over keeps one."""
    if kept := os.environ.get("TESTS_POSTGRES_URL"):
        yield kept
        return
    # Root's Postgres runs as another user, whom the next pytest to start would lock out of pytest's folder.
    folder = tempfile.TemporaryDirectory(dir=memory())
    with folder as directory, postgres(Path(directory) / "data") as url:
        make_template(url)
        yield url


def memory() -> Path | None:
    """A folder in memory where there is one with room: each database is hundreds of files."""
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _MEMORY_BYTES_MIN:
        return _MEMORY
    return None


def make_template(url: str) -> None:
    asyncio.run(_make_template(url))


async def _make_template(url: str) -> None:
    # Nothing here has to outlive a power cut, and waiting for the disk would take most of the time.
    await _execute(url, "alter system set fsync = off")
    await _execute(url, "select pg_reload_conf()")
    await _execute(url, f"drop database if exists {_TEMPLATE}")
    await _execute(url, f"create database {_TEMPLATE}")
    connection = await asyncpg.connect(database_of(url, _TEMPLATE))
    await migrate(connection)
    await connection.close()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


def database_of(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def execute(postgres_url: str) -> Iterator[Callable[[str], str]]:
    """Has the server execute a statement, over one connection for all tests: making a database takes 20 ms there, and
    90 ms over one that is new."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        connection = runner.run(asyncpg.connect(postgres_url))
        yield lambda statement: runner.run(connection.execute(statement))
        runner.run(connection.close())


@pytest.fixture
def database_url(postgres_url: str, execute: Callable[[str], str]) -> Iterator[str]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    execute(_copied(name))
    yield database_of(postgres_url, name)
    execute(f"drop database {name} with (force)")


async def new_database(postgres_url: str, name: str) -> str:
    """The URL of a database that has the schema and is otherwise empty."""
    await _execute(postgres_url, _copied(name))
    return database_of(postgres_url, name)


def _copied(name: str) -> str:
    # In memory, copying the files takes half of what writing each page to the log does.
    return f"create database {name} template {_TEMPLATE} strategy file_copy"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with open_pool(
        DatabaseSettings.model_validate({"database_url": database_url}), name="test"
    ) as pool:
        yield pool


@pytest.fixture(scope="session")
def bucket_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = s3.s3_command(tmp_path_factory.mktemp("s3"), port)
    with subprocess.Popen(command.arguments, env={**os.environ, **command.environment}) as server:
        try:
            wait_for_http(f"http://127.0.0.1:{port}/")
            yield s3.bucket_environment(port)
            server.terminate()
            server.wait(20)
        finally:
            # Whatever it was, nobody waits for one that runs on.
            server.kill()


def wait_for_http(url: str, *, within_seconds: float = 20) -> None:
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=20).close()
        except HTTPError as refused:
            # Unsigned requests are refused, which is an answer.
            refused.close()
        except URLError:
            time.sleep(0.02)
            continue
        return
    raise TimeoutError(f"{url} does not answer")


@pytest.fixture
async def bucket(bucket_environment: dict[str, str]) -> AsyncIterator[Bucket]:
    settings = BucketSettings.model_validate(
        {name.lower(): value for name, value in bucket_environment.items()}
    )
    async with open_bucket(settings) as bucket:
        yield bucket


@pytest.fixture(scope="session")
def contract() -> DiscordContract | None:
    """None where the document is not at hand; test_contract.py says so."""
    document = find_spec(DISCORD)
    return DiscordContract(document) if document else None


@pytest.fixture(scope="session")
def forks() -> Iterator[None]:
    with fork_server():
        yield


@pytest.fixture
async def house(
    forks: None,
    tmp_path: Path,
    database_url: str,
    bucket_environment: dict[str, str],
    contract: DiscordContract | None,
) -> AsyncIterator[House]:
    # Starting a Postgres and an S3 server for each test would take longer than most tests.
    given = {"DATABASE_URL": database_url, **bucket_environment}
    exchanges: list[Exchange] = []
    async with stack(tmp_path, latency_seconds=0.5, on_exchange=exchanges.append, given=given) as servers:
        servers.environment.update(QUICK)
        house = House(replace(servers, spawn=fork), exchanges)
        try:
            yield house
        finally:
            await house.stop()
    if contract is not None:
        problems = [p for e in exchanges if not e.provoked for p in contract.check(e)]
        assert problems == []
