"""What the bot counts, as Prometheus reads it."""

import aiohttp
import discord
import pytest

from bot.instruments import Instruments
from core.orders import Progress
from ops.metrics import new_registry
from tests.jobs import job, order, progress
from tests.unit.bot.test_discord_errors import answered


def caused(cause: Exception) -> Exception:
    error = RuntimeError("around it")
    error.__cause__ = cause
    return error


def test_each_job_of_an_order_is_counted_as_it_comes_in_and_as_it_is_cancelled() -> None:
    registry = new_registry()
    instruments = Instruments(registry)
    several = order(count=3, operation="upscale")
    instruments.accepted(Progress(order=several, jobs=tuple(job(n, of=several) for n in (1, 2, 3))))
    instruments.accepted(progress())
    instruments.cancelled(2)
    accepted = {
        kind: registry.get_sample_value("tigerbrush_jobs_accepted_total", {"kind": kind})
        for kind in ("imagine", "upscale")
    }
    assert accepted == {"imagine": 1, "upscale": 3}
    ended = registry.get_sample_value("tigerbrush_jobs_ended_total", {"outcome": "cancelled", "code": ""})
    assert ended == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (answered(403, {"code": 50013, "message": "No"}), "50013"),
        (answered(503, "<html>"), "503"),
        (caused(answered(404, {"code": 10008, "message": "No"})), "10008"),
        (caused(aiohttp.ServerDisconnectedError()), "ServerDisconnectedError"),
        (TimeoutError(), "TimeoutError"),
        (discord.RateLimited(3), "RateLimited"),
    ],
)
def test_a_delivery_is_counted_by_its_way_and_one_that_failed_by_its_reason(
    error: Exception, code: str
) -> None:
    registry = new_registry()
    instruments = Instruments(registry)
    instruments.delivered("direct")
    instruments.delivery_failed("token", error)
    assert registry.get_sample_value("tigerbrush_reply_edits_total", {"way": "direct"}) == 1
    failed = registry.get_sample_value("tigerbrush_reply_edit_failures_total", {"way": "token", "code": code})
    assert failed == 1


def test_without_traces_a_stage_is_nothing_at_all() -> None:
    instruments = Instruments(new_registry())
    with instruments.stage("interaction"):
        assert instruments.traceparent is None
