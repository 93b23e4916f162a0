"""What the bot reports of itself."""

import time

import pytest

from bot.client import Client
from bot.gateway.endpoints import Shards
from bot.health import GATEWAY_SECONDS_MAX, OVERDUE_SECONDS_MAX, disconnected, overdue
from bot.messages.words import Languages
from ops.database_probe import DatabaseProbe


async def test_a_gateway_that_stays_away_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    client, now = Client(Languages()), time.monotonic()
    status = client.gateway_status
    monkeypatch.setattr("bot.gateway.status.time.monotonic", lambda: now)
    check = disconnected(status)
    assert check() is None
    now += GATEWAY_SECONDS_MAX + 1
    assert check() == "no connection to Discord for 61 s"
    status.note_problem(0, "status 503")
    assert check() == "no connection to Discord for 61 s: status 503"
    status.note_problem(0, None)
    status.expect(())
    assert check() is None
    client.take_on(Shards([2, 3], 4, 1))
    await client.on_shard_connect(2)
    now += GATEWAY_SECONDS_MAX + 1
    assert check() is not None
    await client.on_shard_resumed(3)
    assert check() is None
    await client.on_shard_disconnect(2)
    now += GATEWAY_SECONDS_MAX - 1
    # Each try that fails says so once more, and is no new beginning.
    await client.on_shard_disconnect(2)
    now += 2
    assert check() is not None


@pytest.mark.parametrize(
    ("due_seconds", "problem"),
    [
        (None, None),
        (5.0, None),
        (-OVERDUE_SECONDS_MAX, None),
        (-OVERDUE_SECONDS_MAX - 1, "a reply is overdue for 61 s"),
    ],
)
async def test_a_reply_that_is_overdue_is_a_problem(due_seconds: float | None, problem: str | None) -> None:
    async def question() -> float | None:
        return due_seconds

    probe = DatabaseProbe(question, every_seconds=1)
    await probe.probe()
    assert overdue(probe)() == problem
