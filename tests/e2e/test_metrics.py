"""What both processes tell Prometheus, and that the dashboard and the alerts ask for nothing else."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import yaml
from prometheus_client.parser import text_string_to_metric_families

from sandbox.ports import free_port
from tests.conditions import until
from tests.house import House, paint
from tests.member import Member, is_cancelled, is_failed, is_waiting

DOCS = Path(__file__).parents[2] / "docs"
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
NAME = re.compile(r"\b(?:tigerbrush|process)_\w+")


async def scrape(port: int) -> str:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/metrics") as response,
    ):
        assert response.status == 200
        return await response.text()


def names(scraped: str) -> set[str]:
    return {
        family.name + suffix
        for family in text_string_to_metric_families(scraped)
        for suffix in SUFFIXES[family.type]
    }


def value(scraped: str, name: str, **labels: str) -> float:
    return sum(
        sample.value
        for family in text_string_to_metric_families(scraped)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def expressions() -> Iterator[tuple[str, str]]:
    """Each panel and alert, and what it asks for."""
    for panel in json.loads((DOCS / "grafana.json").read_text())["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for group in yaml.safe_load((DOCS / "alerts.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


async def test_a_days_work_is_counted_and_each_panel_and_alert_finds_its_metrics(
    house: House, ada: Member
) -> None:
    ports = [free_port(), free_port()]
    house.servers.environment["HEALTH_PORT"] = str(ports[0])
    await house.bot()
    await ada.until_bot_is(online=True)
    given_up = await ada.imagine("nobody paints this", width=256, height=256)
    await ada.press(await ada.reply(given_up, is_waiting), "Cancel")
    await ada.reply(given_up, is_cancelled)
    house.servers.environment["HEALTH_PORT"] = str(ports[1])
    await house.worker()
    await paint(ada)
    await ada.reply(await ada.imagine("a fox [refuse]", width=256, height=256), is_failed)

    worker = await until(
        lambda: scrape(ports[1]), lambda text: value(text, "tigerbrush_event_loop_lag_seconds_count") > 0
    )
    assert value(worker, "tigerbrush_jobs_ended_total", outcome="done") == 1
    assert value(worker, "tigerbrush_jobs_ended_total", outcome="failed", code="refused") == 1
    assert value(worker, "tigerbrush_attempts_failed_total", code="refused") == 1
    assert value(worker, "tigerbrush_credits_spent_total", model="core") == 3
    assert value(worker, "tigerbrush_job_pickup_delay_seconds_count") == 2
    assert value(worker, "tigerbrush_generation_seconds_count", model="core") == 2
    assert value(worker, "tigerbrush_generation_seconds_sum", model="core") > 0.5
    assert value(worker, "tigerbrush_rate_limit_wait_seconds_count") == 2
    for part in ("prepare", "upload"):
        assert value(worker, f"tigerbrush_{part}_seconds_count") == 1

    bot = await scrape(ports[0])
    assert value(bot, "tigerbrush_jobs_accepted_total", kind="imagine") == 3
    assert value(bot, "tigerbrush_jobs_ended_total", outcome="cancelled") == 1
    assert value(bot, "tigerbrush_reply_edits_total", way="token") >= 3
    # The client adds when each series was made; nobody has to look at that.
    there = {name for name in names(bot) | names(worker) if not name.endswith("_created")}
    asked = list(expressions())
    assert len(asked) > 20
    assert [(title, name) for title, text in asked for name in NAME.findall(text) if name not in there] == []
    assert [title for title, text in asked if not NAME.search(text)] == []
    # And the other way round: what is counted is looked at.
    looked_at = {name for _title, text in asked for name in NAME.findall(text)}
    ours = {name for name in there if name.startswith("tigerbrush_")}
    assert {re.sub(r"_(count|sum|bucket)$", "", name) for name in ours} == {
        re.sub(r"_(count|sum|bucket)$", "", name) for name in looked_at if name.startswith("tigerbrush_")
    }
