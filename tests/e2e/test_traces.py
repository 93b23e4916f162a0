"""One trace of a job through both processes, as a collector is sent it."""

from collections.abc import AsyncIterator

import pytest

from tests.collector import Collector, Span, collecting
from tests.conditions import until
from tests.house import House, paint, start
from tests.member import Member, is_failed

BOT, WORKER = "tigerbrush-bot", "tigerbrush-worker"


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    """Named before the house, and so there until its processes have ended."""
    async with collecting() as collector:
        yield collector


def of_job(spans: list[Span], job_id: int) -> list[Span]:
    """All spans of the trace that the job is in, in the order in which they began."""
    ids = {span.trace_id for span in spans if span.attributes.get("job.id") == job_id}
    return sorted((span for span in spans if span.trace_id in ids), key=lambda span: span.start_ns)


def is_complete(trace: list[Span], state: str) -> bool:
    names = {(span.name, span.attributes.get("job.state")) for span in trace}
    return names >= {("interaction", None), ("attempt", None), ("edit", state)}


async def test_a_job_is_one_trace_through_both_processes_without_a_word_of_its_prompt(
    collector: Collector, house: House, ada: Member
) -> None:
    house.servers.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
    # What is due is sent soon, and not in some seconds.
    house.servers.environment["OTEL_BSP_SCHEDULE_DELAY"] = "100"
    await start(house, ada)
    await paint(ada, "zebra")
    await ada.reply(await ada.imagine("zebra [refuse]", width=256, height=256), is_failed)

    async def traces() -> list[list[Span]]:
        return [of_job(collector.spans, job_id) for job_id in (17, 33)]

    done, refused = await until(
        traces, lambda found: is_complete(found[0], "done") and is_complete(found[1], "failed")
    )
    # One bot and one worker, and no trace has spans of the other.
    assert {span.trace_id for span in done} & {span.trace_id for span in refused} == set()

    (trace_id,) = {span.trace_id for span in done}
    assert len(trace_id) == 32
    by_name = {span.name: span for span in done}
    by_id = {span.id: span for span in done}
    parents = {
        (span.process, span.name, by_id[span.parent_id].name if span.parent_id else None) for span in done
    }
    assert parents == {
        (BOT, "interaction", None),
        (BOT, "insert", "interaction"),
        (WORKER, "claim", "insert"),
        (WORKER, "attempt", "insert"),
        (WORKER, "inputs", "attempt"),
        (WORKER, "pace", "attempt"),
        (WORKER, "generate", "attempt"),
        (WORKER, "prepare", "attempt"),
        (WORKER, "upload", "attempt"),
        (WORKER, "finish", "attempt"),
        (BOT, "edit", "insert"),
    }
    way = ["interaction", "insert", "attempt", "pace", "generate", "prepare", "upload", "finish"]
    assert sorted(way, key=lambda name: by_name[name].start_ns) == way
    assert all(span.start_ns <= span.end_ns for span in done)
    assert by_name["attempt"].attributes == {
        "job.id": 17,
        "job.model": "core",
        "job.size": "256x256",
        "job.attempt": 1,
        "job.outcome": "done",
    }
    failed = {span.name: span for span in refused}
    assert failed["attempt"].attributes["job.outcome"] == "refused"
    assert failed["generate"].error == "refused"

    key = house.servers.environment["STABILITY_API_KEY"]
    for secret in ("zebra", key, house.servers.environment["DISCORD_TOKEN"]):
        assert not any(secret.encode() in body for body in collector.bodies)
