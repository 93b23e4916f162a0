"""Another provider is a folder of its own and a line in the settings."""

import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from core.failures import FailureCode, Outcome
from core.operations import IMAGINE, MODELS
from core.orders import State
from core.settings import ProviderSettings
from db.alarms import AlarmCode, Alarms
from db.bucket.client import Bucket
from db.pool import Pool
from db.rate_limits import RateLimit
from sandbox.processes import Process, python
from sandbox.stability import StabilityServer
from tests.conditions import until
from tests.house import QUICK
from tests.lives import stored, waiting
from tests.lives import worker as queue_of
from tests.workshop import used

PACKAGE = "tests.integration.worker.make_believe"
PROVIDERS = f"stability,{PACKAGE}"
MODEL = {"model": "make-believe", "width": 320, "height": 256}


@pytest.fixture(autouse=True)
def on_offer() -> Iterator[None]:
    """As the bot has it, which reads the setting."""
    ProviderSettings.model_validate({"providers": PROVIDERS})
    yield
    for models in (MODELS, IMAGINE.models):
        del models["make-believe"]
    del sys.modules[f"{PACKAGE}.catalogue"]


@pytest.fixture
async def worker(
    database_url: str,
    bucket_environment: dict[str, str],
    server: StabilityServer,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Process]:
    environment = {
        "DATABASE_URL": database_url,
        **bucket_environment,
        "STABILITY_API_HOST": server.url,
        "STABILITY_API_KEY": server.key,
        "PROVIDERS": PROVIDERS,
        "PAUSE_PROBE_SECONDS": "3600",
        "MAKE_BELIEVE_KEY": getattr(request, "param", "good"),
        **QUICK,
    }
    process = Process("worker", python("-m", "worker"), environment)
    await process.start()
    yield process
    await process.stop(timeout_seconds=20)


async def until_done(pool: Pool, order_id: int) -> None:
    async def state() -> State:
        return (await stored(pool, order_id)).progress.state

    await until(state, lambda state: state is State.DONE)


async def test_it_paints_at_its_own_price_beside_stability(
    pool: Pool, bucket: Bucket, worker: Process, server: StabilityServer
) -> None:
    theirs, stabilitys = await waiting(pool, **MODEL), await waiting(pool, width=256, height=256)
    for progress in (theirs, stabilitys):
        await until_done(pool, progress.order.id)
    (picture,) = (await stored(pool, theirs.order.id)).progress.pictures
    assert (picture.seed, picture.width, picture.height) == (42, 320, 256)
    assert len(await bucket.get_original(picture)) == picture.bytes
    calls = await pool.fetch(
        "select provider, model, credits, outcome, request_id from calls order by job_id"
    )
    assert tuple(calls[0]) == (
        "make_believe",
        "make-believe",
        11,
        Outcome.BILLED,
        f"make-believe {theirs.order.id}",
    )
    assert (calls[1]["provider"], calls[1]["credits"]) == ("stability", 3)
    assert await used(pool) == 11 + 3
    assert len(server.calls) == 1
    # Each has as many slots as it takes requests.
    rows = await pool.fetch("select name, count(*) as slots from rate_limit_slots group by name")
    assert {row["name"]: row["slots"] for row in rows} == {"make_believe": 7, "stability": 150}


@pytest.mark.parametrize("worker", ["bad"], indirect=True)
async def test_its_key_is_its_own(pool: Pool, worker: Process) -> None:
    # It was refused as the worker started, and Stability's was not.
    (alarm,) = await until(Alarms(pool).open, lambda alarms: len(alarms) > 0)
    assert (alarm.code, alarm.provider) == (AlarmCode.BAD_KEY, "make_believe")
    theirs = await waiting(pool, **MODEL)
    stabilitys = await waiting(pool, width=256, height=256)
    await until_done(pool, stabilitys.order.id)
    # What Stability has painted does not end it.
    assert [alarm.provider for alarm in await Alarms(pool).open()] == ["make_believe"]
    assert (await stored(pool, theirs.order.id)).progress.state is State.QUEUED
    await Alarms(pool).resolve((AlarmCode.BAD_KEY,), provider="make_believe")
    await until_done(pool, theirs.order.id)


async def test_a_pause_that_it_asks_for_stops_nobody_else(pool: Pool, worker: Process) -> None:
    limit = RateLimit(pool, "make_believe", requests=7)
    await limit.pause(3600)
    theirs = await waiting(pool, **MODEL)
    stabilitys = await waiting(pool, width=256, height=256)
    await until_done(pool, stabilitys.order.id)
    assert (await stored(pool, theirs.order.id)).progress.state is State.QUEUED


@pytest.mark.parametrize("worker", ["bad"], indirect=True)
async def test_a_refusal_of_its_key_is_held_against_no_job(pool: Pool, worker: Process) -> None:
    await until(Alarms(pool).open, lambda alarms: len(alarms) > 0)
    await Alarms(pool).resolve((AlarmCode.BAD_KEY,), provider="make_believe")
    refused = await waiting(pool, **MODEL, prompt="no key for this")
    await until(Alarms(pool).open, lambda alarms: len(alarms) > 0)
    stabilitys = await waiting(pool, width=256, height=256)
    await until_done(pool, stabilitys.order.id)
    job = (await stored(pool, refused.order.id)).progress.jobs[0]
    assert (job.state, job.faults, job.failure) == (State.QUEUED, 0, None)
    assert await pool.fetchval("select outcome from calls where provider = 'make_believe'") == Outcome.FREE
    assert FailureCode.BAD_KEY.value in {alarm.code for alarm in await Alarms(pool).open()}


def test_a_provider_that_is_not_there_is_named() -> None:
    for name in ("dalle", "no.such.package", "os.path", "tests.conditions.no"):
        with pytest.raises(ValueError, match=f"names {name}, of which there is no package"):
            ProviderSettings.model_validate({"providers": f"stability, {name}"})
    for wrong, complaint in ((" , ", "names nobody"), ("stability,../x", "no package can have")):
        with pytest.raises(ValueError, match=complaint):
            ProviderSettings.model_validate({"providers": wrong})


async def test_a_worker_is_not_idle_over_what_it_does_not_serve(pool: Pool) -> None:
    await waiting(pool, **MODEL)
    for name in ("stability", "make_believe"):
        await RateLimit(pool, name).provide()
    queue = queue_of(pool)
    assert await queue.front_waits_seconds() is None
    assert await queue.front_waits_seconds(providers=("stability", "make_believe")) is not None
