"""The statements and the program of docs/OPERATIONS.md do what it says."""

import asyncio
import os
import sys

import pytest

from core.orders import State
from db.ledger import audit
from db.pool import Pool
from tests.conditions import soon
from tests.lives import stored, waiting
from tests.unit.deploy.dockerfile import ROOT
from tests.unit.deploy.operations import blocks

MEMBER = 123456789012345678


@pytest.fixture
async def order_id(pool: Pool) -> int:
    return (await waiting(pool, member_id=MEMBER)).order.id


async def test_each_statement_runs(pool: Pool, order_id: int) -> None:
    statements = blocks("sql")
    assert len(statements) == 7
    for statement in statements:
        await pool.execute(statement)
    (job,) = (await stored(pool, order_id)).progress.jobs
    assert job.state is State.CANCELLED
    _totals, differences = await audit(pool)
    assert not differences
    assert await pool.fetchval("select sum(credits) from usage") == 0


async def test_a_member_who_asked_for_it_is_forgotten(pool: Pool, order_id: int, database_url: str) -> None:
    (program,) = blocks("python")
    assert str(MEMBER) in program
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
    )
    said, _ = await soon(process.communicate(program.encode()))
    assert (process.returncode, said) == (0, b"0 pictures deleted\n")
    order = (await stored(pool, order_id)).order
    assert (order.member_id, order.prompt) == (0, "")
