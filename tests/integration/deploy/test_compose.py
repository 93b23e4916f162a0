"""What the real Docker Compose makes of compose.yaml, with .env filled in as the file's head says."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bot.settings import BotSettings
from core.settings import BucketSettings, Settings
from db.bucket.links import Links
from tests.integration.deploy.compose import (
    A_PROXY_OF_ONES_OWN,
    ELSEWHERE,
    FILLED_IN,
    HTTP,
    HTTPS,
    Refused,
    look_up,
    needs_compose,
    resolved,
)
from tests.unit.deploy.commands import on_the_page
from worker.settings import WorkerSettings

pytestmark = needs_compose

SETTINGS: dict[str, type[Settings]] = {"bot": BotSettings, "worker": WorkerSettings}

WAYS = [
    pytest.param(
        HTTPS, {("https", 80), ("https", 443)}, "https://pictures.example.org/tigerbrush", id="https"
    ),
    pytest.param(HTTP, {("http", 7070)}, "http://203.0.113.7:7070/tigerbrush", id="http"),
    pytest.param(A_PROXY_OF_ONES_OWN, set(), "https://s3.example.org/tigerbrush", id="own-proxy"),
    pytest.param(ELSEWHERE, set(), "https://tigerbrush.fly.storage.tigris.dev", id="elsewhere"),
]


@pytest.mark.parametrize(("way", "published", "public"), WAYS)
def test_members_reach_the_bucket_and_nothing_else(
    way: dict[str, str],
    published: set[tuple[str, int]],
    public: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    services = resolved(tmp_path, FILLED_IN | way)
    assert {
        (name, int(port["published"]))
        for name, service in services.items()
        for port in service.get("ports", ())
    } == published
    for name, settings_class in SETTINGS.items():
        bucket = _settings(settings_class, services[name], monkeypatch)
        assert isinstance(bucket, BucketSettings)
        assert bucket.aws_endpoint_url_s3 == way.get("AWS_ENDPOINT_URL_S3", "http://s3:7070")
        assert Links(bucket).to(f"{uuid4()}/1/1/original.png").startswith(f"{public}/")


def test_a_proxy_for_all_else_is_not_asked_for_the_bucket_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = {"HTTP_PROXY": "http://proxy.example.org:3128", "NO_PROXY": "example.com"}
    service = resolved(tmp_path, FILLED_IN | HTTPS | proxy)["worker"]
    settings = _settings(WorkerSettings, service, monkeypatch)
    assert isinstance(settings, BucketSettings)
    assert settings.proxy_for(settings.aws_endpoint_url_s3) is None
    assert settings.proxy_for("http://example.com") is None
    assert settings.proxy_for("http://example.org") == proxy["HTTP_PROXY"]


def test_a_bucket_elsewhere_needs_no_s3_server(tmp_path: Path) -> None:
    services = resolved(tmp_path, FILLED_IN | ELSEWHERE)
    started, asked = set(), ["bot", "worker"]
    while asked:
        started.add(name := asked.pop())
        asked += services[name].get("depends_on", {})
    assert started == {"bot", "worker", "migrate", "postgres"}


@pytest.mark.parametrize(
    "name", ["POSTGRES_PASSWORD", "AWS_SECRET_ACCESS_KEY", "BUCKET_NAME", "PUBLIC_BUCKET_URL"]
)
def test_it_says_which_variable_is_missing(name: str, tmp_path: Path) -> None:
    variables = FILLED_IN | A_PROXY_OF_ONES_OWN
    del variables[name]
    with pytest.raises(Refused, match=f"{name}.*set it in .env"):
        resolved(tmp_path, variables)


def test_compose_knows_each_command_of_the_page() -> None:
    commands = {command for command in on_the_page() if command.startswith("docker compose ")}
    assert len(commands) > 10
    for command in commands:
        look_up(command)


@pytest.mark.parametrize("command", ["ups", "up --detached", "exec -T workers python --any < file"])
def test_a_command_that_compose_does_not_know_is_noticed(command: str) -> None:
    with pytest.raises(Refused):
        look_up(f"docker compose {command}")


def _settings(
    settings_class: type[Settings], service: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """As the process in the container reads them."""
    with monkeypatch.context() as patch:
        for name, value in service["environment"].items():
            patch.setenv(name, value)
        return settings_class()
