"""Connections that die, and servers that take none: the pool finds out, and the process goes on."""

import asyncio
import socket
from collections.abc import AsyncIterator

import asyncpg
import pytest

from core.errors import DatabaseUnavailable, Misconfigured, SchemaBehind, reason
from core.settings import DatabaseSettings
from db.connect import connect
from db.listen import listen
from db.migrate import wait_until_migrated
from db.pool import UNAVAILABLE, Pool, open_pool, until_answered, within
from tests.conditions import until
from tests.drill.proxy import Mode, Proxy
from tests.drill.refusals import refusal
from tests.postgres_line import line_to

COMMAND_SECONDS = 2.0
"""What a command of a member's may take."""


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[tuple[Proxy, str]]:
    async with line_to(database_url) as both:
        yield both


@pytest.fixture
async def pool(line: tuple[Proxy, str]) -> AsyncIterator[Pool]:
    async with open_pool(DatabaseSettings.model_validate({"database_url": line[1]}), name="test") as pool:
        yield pool


async def fill(pool: Pool, count: int) -> None:
    """So many connections are open, and none of them in use."""
    await asyncio.gather(*(pool.execute("select pg_sleep(0.1)") for _ in range(count)))
    assert pool.size == count


async def test_connections_that_a_nat_forgot_cost_no_command_its_answer(
    line: tuple[Proxy, str], pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.pool.CHECK_IDLE_SECONDS", 0.0)
    await fill(pool, 5)
    await line[0].become(Mode.FORGET)
    # As many as there are dead connections, one after the other and at once.
    for _ in range(2):
        assert await within(COMMAND_SECONDS, pool.fetchval("select 1")) == 1
    await asyncio.gather(*(within(COMMAND_SECONDS, pool.fetchval("select 1")) for _ in range(5)))


async def test_a_statement_that_meets_a_dead_connection_takes_the_others_with_it(
    line: tuple[Proxy, str], pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.pool.CHECK_IDLE_SECONDS", 60.0)
    monkeypatch.setattr("db.pool.RELEASE_SECONDS", 0.1)
    await fill(pool, 5)
    await line[0].become(Mode.FORGET)
    with pytest.raises(TimeoutError):
        await within(0.2, pool.fetchval("select 1"))

    async def size() -> int:
        return pool.size

    await until(size, lambda count: count == 0)
    assert await within(COMMAND_SECONDS, pool.fetchval("select 1")) == 1


async def test_who_waits_on_a_dead_connection_is_freed_when_another_was_found_dead(
    line: tuple[Proxy, str], pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.pool.CHECK_IDLE_SECONDS", 60.0)
    monkeypatch.setattr("db.pool.SUSPECT_SECONDS", 0.1)
    await fill(pool, 2)
    await line[0].become(Mode.FORGET)
    waiting = asyncio.create_task(pool.fetchval("select 1"))
    await asyncio.sleep(0)
    monkeypatch.setattr("db.pool.CHECK_IDLE_SECONDS", 0.0)
    assert await within(COMMAND_SECONDS, pool.fetchval("select 1")) == 1
    with pytest.raises(UNAVAILABLE):
        async with asyncio.timeout(COMMAND_SECONDS):
            await waiting


async def test_dead_connections_do_not_keep_a_process_from_ending(
    line: tuple[Proxy, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.pool.CLOSE_SECONDS", 0.2)
    settings = DatabaseSettings.model_validate({"database_url": line[1]})
    async with asyncio.timeout(5):
        async with open_pool(settings, name="test") as pool:
            await fill(pool, 2)
            await line[0].become(Mode.FORGET)
            held = asyncio.create_task(pool.fetchval("select 1"))
            await asyncio.sleep(0)
        await asyncio.gather(held, return_exceptions=True)


async def test_sockets_are_watched_by_the_kernel(line: tuple[Proxy, str]) -> None:
    connection = await connect(line[1], name="test")
    one: socket.socket = connection.transport.get_extra_info("socket")
    assert one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000
    await connection.close()


REFUSALS = {
    "a pooler is full": ("XX000", "Max client connections reached"),
    "a pooler has no server": ("08P01", "server login has been failing, try again later"),
    "a pooler lost the role": ("28P01", "password authentication failed"),
    "a pooler lost the database": ("3D000", 'database "x" does not exist'),
    "the server is full": ("53300", "sorry, too many clients already"),
    "the server recovers": ("57P03", "the database system is in recovery mode"),
    "a pooler does not know": ("42704", "unrecognized"),
    "of no known class": ("ZZ999", "what is this"),
}


@pytest.mark.parametrize("words", REFUSALS.values(), ids=REFUSALS.keys())
async def test_who_was_connected_once_waits_whatever_new_connections_are_told(
    line: tuple[Proxy, str], pool: Pool, words: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.connect.REFUSED_SECONDS_MAX", 0.0)
    monkeypatch.setattr("db.pool.AGAIN_SECONDS_MIN", 0.02)
    monkeypatch.setattr("db.migrate.RECHECK_SECONDS", 0.02)
    monkeypatch.setattr("db.listen.RECONNECT_SECONDS_MIN", 0.02)
    proxy, url = line
    assert await pool.fetchval("select 1") == 1
    proxy.canned = refusal(*words)
    await proxy.become(Mode.ANSWER)
    with pytest.raises(UNAVAILABLE) as refused:
        await pool.fetchval("select 1")
    assert reason(refused.value)
    heard = asyncio.Event()
    waiting = asyncio.gather(until_answered(lambda: pool.fetchval("select 7")), wait_until_migrated(pool))
    listening = asyncio.create_task(listen(url, {"job_queued": heard.set}))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    assert not listening.done()
    await proxy.become(Mode.PASS)
    async with asyncio.timeout(5):
        assert (await waiting)[0] == 7
        await heard.wait()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_at_the_first_start_a_hiccup_is_outwaited_and_a_mistake_is_named(
    line: tuple[Proxy, str], pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, _ = line
    proxy.canned = refusal("28P01", 'password authentication failed for user "ann"')
    await proxy.become(Mode.ANSWER)
    with pytest.raises(DatabaseUnavailable, match="password authentication failed"):
        await pool.fetchval("select 1")
    monkeypatch.setattr("db.connect.REFUSED_SECONDS_MAX", 0.0)
    with pytest.raises(
        Misconfigured, match=r"^DATABASE_URL: Postgres refuses it \(password .*\); it should be"
    ):
        await until_answered(lambda: pool.fetchval("select 1"))
    # What says nothing about the URL is waited for, from the first moment on.
    proxy.canned = refusal("XX000", "Max client connections reached")
    with pytest.raises(DatabaseUnavailable, match="Max client"):
        await pool.fetchval("select 1")


async def test_a_session_that_a_pooler_ends_in_the_middle_is_no_fault_of_the_statement(pool: Pool) -> None:
    error = asyncpg.PostgresError.new({"C": "28P01", "S": "FATAL", "V": "FATAL", "M": "no server"})
    with pytest.raises(DatabaseUnavailable, match="no server"):
        async with pool.acquire():
            raise error
    with pytest.raises(asyncpg.PostgresSyntaxError):
        await pool.execute("selct 1")


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("select from nowhere", asyncpg.UndefinedTableError),
        ("select nothing from jobs", asyncpg.UndefinedColumnError),
        ("select no_such_function()", asyncpg.UndefinedFunctionError),
        ("create table nowhere.one ()", asyncpg.InvalidSchemaNameError),
    ],
)
async def test_a_mistake_of_our_own_is_not_taken_for_a_schema_that_is_behind(
    pool: Pool, statement: str, error: type[asyncpg.PostgresError]
) -> None:
    with pytest.raises(error):
        await pool.execute(statement)
    assert await pool.fetchval("select 1") == 1


@pytest.mark.parametrize(
    "error",
    [
        "insufficient_privilege",
        "read_only_sql_transaction",
        "object_not_in_prerequisite_state",
        "lock_not_available",
        "internal_error",
        "index_corrupted",
        "disk_full",
        "too_many_connections",
        "query_canceled",
        "io_error",
        "deadlock_detected",
    ],
)
async def test_what_a_server_is_not_ready_for_is_no_fault_of_the_statement(pool: Pool, error: str) -> None:
    with pytest.raises(UNAVAILABLE):
        await pool.execute(f"do $$ begin raise {error}; end $$")
    assert await pool.fetchval("select 1") == 1


async def test_a_schema_that_went_away_is_waited_for_and_named(pool: Pool) -> None:
    """As in the middle of a restore."""
    await pool.execute("alter table jobs rename to kept_jobs; alter table migrations rename to kept")
    with pytest.raises(SchemaBehind, match="migrations are missing: run `python -m db migrate`"):
        await pool.fetch("select * from jobs")
    await pool.execute("alter table kept rename to migrations")
    await pool.execute("delete from migrations where number > 1")
    with pytest.raises(SchemaBehind, match="migrations are missing"):
        await pool.fetch("select * from jobs")
