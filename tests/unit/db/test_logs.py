"""What a line of the log has in it, and what never gets out."""

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bot.settings import BotSettings
from db.logs import JobFilter, JsonFormatter, Redaction, TextFormatter, about_job
from db.settings import load
from worker.settings import WorkerSettings

SECRETS = {
    "DISCORD_TOKEN": "MTIz.token.of-a-bot",
    "STABILITY_API_KEY": 'sk-"quoted"-key',
    "AWS_ACCESS_KEY_ID": "tid_access",
    "AWS_SECRET_ACCESS_KEY": "tsec_bucket/secret+",
    "DATABASE_URL": "postgres://ann:p%40ss%2Fword@localhost:5432/house",
    "BUCKET_NAME": "pictures",
}
BARE = [*(value for name, value in SECRETS.items() if name != "BUCKET_NAME"), "p@ss/word", "p%40ss%2Fword"]


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> BotSettings:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return load(BotSettings)


class Lines(logging.Handler):
    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.addFilter(JobFilter())
        self.setFormatter(formatter)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def written(settings: BotSettings) -> Iterator[Lines]:
    lines = Lines(JsonFormatter(Redaction(settings), process="bot"))
    logging.getLogger().addHandler(lines)
    yield lines
    logging.getLogger().removeHandler(lines)


def objects(written: Lines) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.lines]


def test_a_line_of_json_has_what_a_machine_asks_for(written: Lines) -> None:
    with about_job(17):
        logging.getLogger("worker.loop").warning("attempt %d", 2)
    logging.getLogger("aiohttp.client").warning("elsewhere")
    one, other = objects(written)
    assert one.pop("time")
    assert one == {
        "level": "WARNING",
        "process": "bot",
        "logger": "worker.loop",
        "message": "attempt 2",
        "job_id": 17,
    }
    assert "job_id" not in other


async def test_the_job_is_that_of_the_task_and_of_what_it_begins(written: Lines) -> None:
    both = asyncio.Barrier(2)

    async def work(job_id: int) -> None:
        with about_job(job_id):
            await both.wait()
            await asyncio.to_thread(logging.getLogger("worker").warning, "painting")

    await asyncio.gather(work(1), work(2))
    assert {line["job_id"] for line in objects(written)} == {1, 2}


@pytest.mark.parametrize("logger", ["bot", "discord.http", "aiohttp.client"])
def test_no_secret_gets_out(written: Lines, settings: BotSettings, logger: str) -> None:
    known = [secret for secret in BARE if secret != SECRETS["STABILITY_API_KEY"]]
    for secret in known:
        try:
            raise ValueError(f"refused {secret}")
        except ValueError:
            logging.getLogger(logger).exception("with %s", {"the": secret})
    text = TextFormatter(Redaction(settings))
    for line in [*written.lines, text.format(logging.makeLogRecord({"msg": " ".join(known)}))]:
        assert "[secret]" in line
        assert [secret for secret in known if secret in line] == []


def test_a_secret_that_json_writes_differently_does_not_get_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    line = JsonFormatter(Redaction(load(WorkerSettings)), process="worker").format(
        logging.makeLogRecord({"msg": f"key {SECRETS['STABILITY_API_KEY']} refused"})
    )
    assert json.loads(line)["message"] == "key [secret] refused"


def test_an_empty_or_short_password_leaves_the_lines_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**SECRETS, "DATABASE_URL": "postgres://ann:a@localhost/house"}.items():
        monkeypatch.setenv(name, value)
    assert Redaction(load(BotSettings)).clean("a fault") == "a fault"


def test_what_ends_a_process_is_a_line_as_well() -> None:
    program = (
        "from bot.settings import BotSettings\nfrom db.logs import configure\nfrom db.settings import load\n"
        "settings = load(BotSettings)\nconfigure(settings, process='bot')\n"
        "raise RuntimeError(settings.discord_token.get_secret_value())"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **SECRETS, "LOG_FORMAT": "auto"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    line = json.loads(ended.stderr)
    assert (line["level"], line["logger"]) == ("CRITICAL", "bot")
    assert "RuntimeError: [secret]" in line["exception"]
