"""The statements and the program of docs/OPERATIONS.md do what it says."""

import asyncio
import os
import sys

import pytest

from db.pool import Pool
from tests.unit.deploy.dockerfile import ROOT
from tests.unit.deploy.operations import blocks

MEMBER = 123456789012345678
WAITING = """
insert into jobs (
    prompt, width, height, model, member_id, channel_id, turn, interaction_id, application_id,
    token_expires_at, reply_due_at, credits
) values ('a fox', 256, 256, 'core', $1, 1, 1, 1, 1, now(), now(), 3)
"""


@pytest.fixture
async def waiting(pool: Pool) -> None:
    await pool.execute(WAITING, MEMBER)


@pytest.mark.usefixtures("waiting")
async def test_each_statement_runs(pool: Pool) -> None:
    statements = blocks("sql")
    assert len(statements) == 6
    for statement in statements:
        await pool.execute(statement)
    assert await pool.fetchval("select state from jobs") == "cancelled"


@pytest.mark.usefixtures("waiting")
async def test_a_member_who_asked_for_it_is_forgotten(pool: Pool, database_url: str) -> None:
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
    said, _ = await process.communicate(program.encode())
    assert (process.returncode, said) == (0, b"1 pictures deleted\n")
    assert dict(await pool.fetchrow("select member_id, prompt from jobs") or {}) == {
        "member_id": 0,
        "prompt": "",
    }
