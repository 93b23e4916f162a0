"""The gauges say what the tables say, and that nothing is known while Postgres is away."""

import math

from prometheus_client import CollectorRegistry

from core.settings import DatabaseSettings
from db.pool import Pool, open_pool
from ops.queue_gauges import QueueGauges
from tests.lives import running, waiting


async def test_they_say_what_is_in_the_tables(pool: Pool) -> None:
    registry = CollectorRegistry()
    await running(pool)
    order = (await waiting(pool, member_id=5)).order
    await pool.execute("update orders set created_at = now() - interval '90 seconds' where id = $1", order.id)
    await pool.execute("insert into alarms (kind, detail) values ('bad_key', '')")
    await QueueGauges(pool, registry).refresh()
    assert registry.get_sample_value("tigerbrush_jobs_waiting") == 1
    assert registry.get_sample_value("tigerbrush_jobs_running") == 1
    assert 90 <= (registry.get_sample_value("tigerbrush_jobs_waiting_oldest_age_seconds") or 0) < 120
    assert registry.get_sample_value("tigerbrush_replies_behind") == 2
    assert registry.get_sample_value("tigerbrush_pictures_parked_bytes") == 0
    assert registry.get_sample_value("tigerbrush_alarms") == 1


async def test_without_postgres_nothing_is_known() -> None:
    registry = CollectorRegistry()
    nowhere = DatabaseSettings.model_validate({"database_url": "postgres://localhost:1/nothing"})
    async with open_pool(nowhere, name="test") as pool:
        await QueueGauges(pool, registry).refresh()
    assert math.isnan(registry.get_sample_value("tigerbrush_jobs_waiting") or 0)
