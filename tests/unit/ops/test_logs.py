"""What a line of the log has in it, and what never gets out."""

import asyncio
import hashlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bot.settings import BotSettings
from core.redaction import Redaction
from core.settings import load
from ops.logs import JobFilter, JsonFormatter, TextFormatter, about_job, about_typed
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


AWS4 = (
    "AWS4-HMAC-SHA256 Credential=tid_x/20260101/auto/s3/aws4_request, SignedHeaders=host, Signature=0badc0de"
)
LOOKS = {
    "502 for https://discord.com/api/v10/webhooks/123/aToken_of-15.minutes/messages/@original": "aToken_of",
    "POST /interactions/77/sometoken/callback": "sometoken",
    "url%3A%2Fwebhooks%2F123%2Fcoded-token%2Fmessages": "coded-token",
    "cut off: /webhooks/123/aTok": "aTok",
    "the rest was aW50ZXJhY3Rpb246MTIzOmFiYw": "aW50ZXJ",
    "{'id': 1, 'token': 'in-an-event'}": "in-an-event",
    "https://b.t3.tigrisfiles.io/a.png?X-Amz-Credential=who%2F2026&X-Amz-Signature=0badc0de&x=1": "0badc0de",
    "…?x=1&X-Amz-Signature=0bad": "0bad",
    "…?X-Amz-Security-Token=0badc0de&x=1": "0badc0de",
    "https://cdn.discordapp.com/a/1/2/fox.png?ex=67&is=66&hm=0badc0de&x=1": "0badc0de",
    "url%3A%2Fa.png%3Fex%3D67%26hm%3D0badc0de": "0badc0de",
    r"{\"id\": 1, \"token\": \"in-an-event\"}": "in-an-event",
    "-----BEGIN EC PRIVATE KEY-----\\nMHcCAQEE\\n0badc0de==\\n-----END EC PRIVATE KEY-----": "0badc0de",
    "it is not: -----BEGIN PRIVATE KEY-----\nMIGHAgEA\n0badc0de": "0badc0de",
    f"Authorization: {AWS4}": "0badc0de",
    "headers {'Authorization': 'Bot MTIzNDU2Nzg5'}": "MTIz",
    "of another: postgresql://ann:hunter2@db.example:5432/house": "hunter2",
    "host=db password=hunter2 dbname=house": "hunter2",
    "invalid key sk-0123456789abcdef": "012345",
    "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde.0123456789abcdefghijklmnopq was refused": "Gabcde",
}


@pytest.mark.parametrize("text", LOOKS)
def test_what_looks_like_a_secret_does_not_get_out(written: Lines, settings: BotSettings, text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("discord.http").exception("failed: %s", text)
    as_text = TextFormatter(Redaction(settings)).format(logging.makeLogRecord({"msg": text}))
    for line in (*written.lines, as_text):
        assert LOOKS[text] not in line
        assert "[secret]" in line


def test_what_is_near_a_secret_stays(settings: BotSettings) -> None:
    text = "GET https://discord.com/api/v10/webhooks/123/x/messages/@original?wait=true: a desk-lamp at 10:15"
    assert Redaction(settings).clean(text) == text.replace("/x/", "/[secret]/")


@pytest.mark.parametrize("name", ["DISCORD_TOKEN", "AWS_SECRET_ACCESS_KEY"])
def test_wherever_a_line_is_cut_no_piece_of_a_secret_gets_out(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """By so much of it that somebody could guess the rest, or find where it belongs."""
    secret = hashlib.sha512(name.encode()).hexdigest()[:70]
    for other, value in {**SECRETS, name: secret}.items():
        monkeypatch.setenv(other, value)
    redaction = Redaction(load(BotSettings))
    for length in range(12, len(secret)):
        for piece in (secret[:length], secret[-length:]):
            assert redaction.clean(f"… {piece}") == "… [secret]", length
            assert redaction.clean(f"{piece} …") == "[secret] …", length


@pytest.mark.parametrize(("start", "stop"), [(0, 12), (0, 60), (8, 70), (58, 70), (30, 70)])
def test_a_piece_of_a_secret_does_not_get_out(monkeypatch: pytest.MonkeyPatch, start: int, stop: int) -> None:
    token = hashlib.sha512(b"a token").hexdigest()[:70]
    for name, value in {**SECRETS, "DISCORD_TOKEN": token}.items():
        monkeypatch.setenv(name, value)
    piece = token[start:stop]
    assert Redaction(load(BotSettings)).clean(f"it was ({piece}) here") == "it was ([secret]) here"


def test_what_a_member_typed_is_in_no_line(written: Lines, settings: BotSettings) -> None:
    typed, quoted = "my secret garden", "two\nlines 'marked'"
    text = TextFormatter(Redaction(settings))
    with about_typed(typed, quoted, None, "a"):
        for level in (logging.WARNING, logging.ERROR):
            try:
                raise ValueError(f"{typed} and {quoted!r}")
            except ValueError:
                logging.getLogger("aiohttp").log(level, "a line of %s %r", typed, quoted, exc_info=True)
        record = logging.makeLogRecord({"msg": f"{typed} {quoted!r}", "levelno": logging.INFO})
        JobFilter().filter(record)
        written.lines.append(text.format(record))
    for line in written.lines:
        assert "[typed]" in line
        assert "garden" not in line
        assert "marked" not in line
    logging.getLogger("aiohttp").warning("afterwards %s", typed)
    assert typed in written.lines[-1]


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
        "from bot.settings import BotSettings\nfrom ops.logs import configure\n"
        "from core.settings import load\n"
        "import logging, sys, warnings\n"
        "settings = load(BotSettings)\nconfigure(settings, process='bot')\n"
        "token = settings.discord_token.get_secret_value()\n"
        # A library's line whose values do not fit its text, a warning, a note and a cause.
        "logging.getLogger('a.library').info('%d of it', token)\n"
        "warnings.warn(token)\n"
        "error = RuntimeError(token)\nerror.add_note(token)\nraise error from ValueError(token)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **SECRETS, "LOG_FORMAT": "auto"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    unfit, warning, line = map(json.loads, ended.stderr.splitlines())
    assert (unfit["logger"], unfit["message"]) == ("a.library", "its values do not fit the line '%d of it'")
    assert "UserWarning: [secret]" in warning["message"]
    assert line["exception"].count("[secret]") == 3
    assert (line["level"], line["logger"]) == ("CRITICAL", "bot")
    assert "RuntimeError: [secret]" in line["exception"]
