"""Whatever stands in an environment variable: taken, or refused by its name and with what it should be."""

import os
from decimal import Decimal
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from bot.settings import BotSettings
from core.settings import Settings, load
from tests.fuzz.examples import fuzz, outcome
from worker.settings import WorkerSettings

SECRET = "hunter2"
GOOD = {
    "DATABASE_URL": f"postgres://user:{SECRET}@db/tigerbrush",
    "AWS_ACCESS_KEY_ID": f"id-{SECRET}",
    "AWS_SECRET_ACCESS_KEY": f"secret-{SECRET}",
    "BUCKET_NAME": "tigers",
    "STABILITY_API_KEY": f"sk-{SECRET}",
    "DISCORD_TOKEN": f"token-{SECRET}",
}
PROCESSES: list[type[Settings]] = [BotSettings, WorkerSettings]
VARIABLES = sorted({name for process in PROCESSES for name in process.model_fields})
SECRETS = [
    "database_url",
    "database_listen_url",
    "aws_access_key_id",
    "aws_secret_access_key",
    "discord_token",
    "stability_api_key",
]

# An environment has bytes, without NUL; those that are no UTF-8 come as lone surrogates.
anything = st.binary(max_size=60).map(lambda value: os.fsdecode(value.replace(b"\0", b"")))
numbers = st.one_of(
    st.integers().map(str),
    st.floats().map(str),
    st.decimals().map(str),
    st.sampled_from(
        [
            "1e999999",
            "1e-999999",
            "9" * 5000,
            "NaN",
            "sNaN",
            "-0",
            "0x10",
            "1_000",
            "٣",
            "²",
            " 5 ",
            "5\n",
            "true",
            "inf",
        ]
    ),
)
urls = st.builds(
    "{}{}{}".format,
    st.sampled_from(
        [
            "http://",
            "https://",
            "ws://",
            "wss://",
            "postgres://",
            "postgresql://",
            "HTTP://",
            "ftp://",
            "//",
            "",
        ]
    ),
    st.sampled_from(
        [
            "",
            "a",
            "a.b",
            "[",
            "[::1]",
            "[::1",
            "a:b",
            "a:99999",
            "a:-1",
            f"user:{SECRET}@host",
            f"user:{SECRET}/x@host:5432",
            "a b",
            "\n",
            "é",
            "@",
            ":",
        ]
    ),
    st.sampled_from(["", "/", "/name", "?x=y", "#", "/\x7f", "/%zz", " ", "\r\nHost: x"]),
)
values = st.one_of(
    anything,
    numbers,
    urls,
    st.sampled_from(
        [
            "core",
            "auto",
            "virtual",
            "path",
            "📥",
            "📥,",
            ",",
            "é",
            "{}",
            "[]",
            '"x"',
            "null",
            "sk-1\n",
            "sk 1",
            "sk-é",
        ]
    ),
)


def loaded(
    process: type[Settings], environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> Settings | str:
    """The settings, or what was said in refusing them. Anything else breaks the test."""
    kept = {name: value for name, value in os.environ.items() if name.lower() not in VARIABLES}
    capsys.readouterr()
    with mock.patch.dict(os.environ, {**kept, **GOOD, **environment}, clear=True):
        end = outcome(lambda: load(process), SystemExit)
    if isinstance(end, SystemExit):
        assert end.code == 78
        return capsys.readouterr().err
    return end


@pytest.mark.parametrize("process", PROCESSES)
@fuzz(200)
@given(name=st.sampled_from(VARIABLES), value=values)
@example("stability_api_key", f"sk-{SECRET}\n")
@example("discord_token", f"token-{SECRET}\r\n")
@example("aws_secret_access_key", f"{SECRET}\n")
@example("database_url", f"postgres://user:{SECRET}/x@host:5432/name")
@example("database_url", "postgres://[")
@example("aws_endpoint_url_s3", "http://")
@example("stability_api_host", "https://api:port")
@example("discord_gateway_url", "wss://[")
@example("credits_per_month", "1e999999")
@example("credits_per_month", "sNaN")
@example("lease_seconds", "nan")
def test_a_variable_is_taken_or_refused_by_its_name(
    capsys: pytest.CaptureFixture[str], process: type[Settings], name: str, value: str
) -> None:
    end = loaded(process, {name.upper(): value}, capsys)
    if isinstance(end, str):
        field = process.model_fields[name]
        assert end.startswith(f"{name.upper()}: ")
        assert f"it should be {field.description}." in end
        assert field.description
        assert len(end.splitlines()) == 1
        assert SECRET not in end
        if name in SECRETS and len(value) > 12:
            assert value.strip() not in end
    else:
        usable(end, name)


def usable(settings: Settings, name: str) -> None:
    """What was taken does not break the process later, where nobody names the variable."""
    value: Any = getattr(settings, name, None)
    if value is None:
        return
    if isinstance(value, float):
        assert 0 <= value <= 86_400
    elif isinstance(value, Decimal):
        assert value.is_finite()
        assert value <= 10**12
    elif name in ("database_url", "database_listen_url"):
        parts = urlsplit(value.get_secret_value())
        assert parts.port is None or parts.port >= 0
    elif name in SECRETS:
        assert value.get_secret_value().isprintable()
        assert value.get_secret_value() == value.get_secret_value().strip()
    elif name in ("aws_endpoint_url_s3", "stability_api_host", "discord_api_base", "discord_gateway_url"):
        url = URL(value)
        assert url.host
        assert url.port is None or url.port >= 0


@fuzz(40)
@given(environment=st.dictionaries(st.sampled_from(VARIABLES).map(str.upper), values, max_size=6))
def test_all_that_is_wrong_is_told_at_once(
    capsys: pytest.CaptureFixture[str], environment: dict[str, str]
) -> None:
    for process in PROCESSES:
        end = loaded(process, environment, capsys)
        if isinstance(end, str):
            assert {line.split(":")[0] for line in end.splitlines()} <= environment.keys()
            assert SECRET not in end
