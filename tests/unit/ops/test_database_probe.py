import logging

import pytest

from core.errors import SchemaBehind
from ops.database_probe import DatabaseProbe
from ops.health import unreachable


async def test_what_changes_is_said_once_and_an_ordinary_start_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers = iter((True, True, False, False, True, True))

    async def ask() -> float | None:
        if not next(answers):
            raise ConnectionRefusedError("nobody listens")
        return 1.0

    probe = DatabaseProbe(ask, every_seconds=1)
    with caplog.at_level(logging.INFO, logger="ops.database_probe"):
        for _ in range(6):
            await probe.probe()
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("WARNING", "Postgres does not answer: nobody listens"),
        ("INFO", "Postgres answers"),
    ]


async def test_a_start_without_postgres_is_said(caplog: pytest.LogCaptureFixture) -> None:
    async def ask() -> float | None:
        raise TimeoutError

    await DatabaseProbe(ask, every_seconds=1).probe()
    assert caplog.messages == ["Postgres does not answer: TimeoutError"]


async def test_a_schema_that_is_behind_is_told_from_a_server_that_is_away(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = iter((ConnectionRefusedError("nobody listens"), SchemaBehind("2 migrations are missing")))

    async def ask() -> float | None:
        raise next(errors)

    monkeypatch.setattr("ops.health.SILENT_SECONDS_MAX", -1.0)
    probe = DatabaseProbe(ask, every_seconds=1)
    await probe.probe()
    assert unreachable(probe)() == "Postgres does not answer for 0 s"
    await probe.probe()
    assert unreachable(probe)() == "the schema is behind for 0 s"
    assert caplog.messages[-1] == "the schema is behind: 2 migrations are missing"
