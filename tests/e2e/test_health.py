"""Both processes answer /healthz, and say what is wrong with them."""

import asyncio
from functools import partial
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from db.pool import Pool
from sandbox.ports import free_port
from tests.conditions import until
from tests.house import House
from tests.lives import waiting
from tests.member import Member


async def health(port: int) -> str:
    def ask() -> str:
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                return f"{answer.status} {answer.read().decode()}"
        except HTTPError as error:
            with error:
                return f"{error.code} {error.read().decode()}"
        except URLError:
            return "nobody answers"

    return await asyncio.to_thread(ask)


@pytest.fixture
def ports(house: House) -> dict[str, int]:
    return {"bot": free_port(), "worker": free_port()}


async def test_a_bot_and_a_worker_that_work_are_ok(house: House, ada: Member, ports: dict[str, int]) -> None:
    for name, begin in (("bot", house.bot), ("worker", house.worker)):
        house.servers.environment["HEALTH_PORT"] = str(ports[name])
        await begin()
        await until(partial(health, ports[name]), lambda answer: answer == "200 ok\n")


async def test_a_job_that_waits_beside_an_idle_worker_is_a_problem(
    house: House, pool: Pool, ports: dict[str, int]
) -> None:
    house.servers.environment.update({"HEALTH_PORT": str(ports["worker"]), "HEALTH_WAIT_SECONDS_MAX": "1"})
    await waiting(pool, width=256, height=256)
    await pool.execute("update jobs set run_after = now() + interval '1 hour'")
    await house.worker()
    await until(lambda: health(ports["worker"]), lambda answer: answer == "200 ok\n")
    await pool.execute("update jobs set run_after = now() + interval '2 s'")
    # Whoever claims skips the row, as if claiming were broken.
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("select from jobs for update")
        await until(
            lambda: health(ports["worker"]), lambda answer: "503" in answer and "worker is idle" in answer
        )
    await until(lambda: health(ports["worker"]), lambda answer: answer == "200 ok\n")
