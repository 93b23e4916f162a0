"""compose.yaml says the same as fly.toml, and keeps each container as small in its rights as it can be."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.unit.deploy.declared import (
    GRACE_SECONDS,
    HAND_BACK_SECONDS,
    ROOT,
    VARIABLES,
    compose,
    fly,
    ours,
    runs_a_module,
    seconds,
    unknown,
)

OTHERS = {"postgres", "s3", "http", "https"}


def test_it_has_the_same_processes_as_on_fly() -> None:
    services = ours()
    assert services.keys() == fly()["processes"].keys() | {"migrate"}
    assert all(runs_a_module(service["command"]) for service in services.values())
    for group, command in fly()["processes"].items():
        assert services[group]["command"] == command.split()
    assert services["migrate"]["command"] == fly()["deploy"]["release_command"].split()


def test_bot_and_workers_start_when_the_migrations_are_done() -> None:
    services = ours()
    assert services["migrate"]["restart"] == "no"
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("bot", "worker"):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_a_worker_has_time_to_end_what_it_began_and_to_hand_back_the_rest() -> None:
    assert seconds(ours()["worker"]["stop_grace_period"]) > GRACE_SECONDS + HAND_BACK_SECONDS


@pytest.mark.parametrize("name", ["bot", "worker"])
def test_each_is_asked_for_its_health_where_it_answers(name: str) -> None:
    service = ours()[name]
    port = service["environment"]["HEALTH_PORT"]
    assert f"http://127.0.0.1:{port}/healthz" in service["healthcheck"]["test"][-1]
    compile(service["healthcheck"]["test"][-1], "healthcheck", "exec")


def test_ours_set_only_what_is_read() -> None:
    for name, service in ours().items():
        assert unknown(service["environment"]) == set(), name


def test_each_is_given_only_its_own_secrets() -> None:
    services = ours()
    assert services["bot"]["environment"]["STABILITY_API_KEY"] == ""
    assert services["worker"]["environment"]["DISCORD_TOKEN"] == ""


def test_no_secret_stands_in_it() -> None:
    for name, service in compose()["services"].items():
        for variable, value in service.get("environment", {}).items():
            if re.search("KEY|TOKEN|PASSWORD", variable) and value:
                assert re.fullmatch(r"\$\{\w+:\?.+\}", value), (name, variable)


def test_every_variable_it_asks_for_is_told_of() -> None:
    text = (ROOT / "compose.yaml").read_text()
    comments = "\n".join(line for line in text.splitlines() if line.strip().startswith("#"))
    # The port that the S3 server is published at needs no word: its default stands beside it.
    asked = set(re.findall(r"\$\{(\w+)", text)) - VARIABLES - {"S3_PORT"}
    assert all(name in comments for name in asked)
    required = set(re.findall(r"\$\{(\w+):\?", text))
    assert all(name in comments for name in required)


def test_containers_cannot_write_but_into_their_volumes() -> None:
    for name, service in compose()["services"].items():
        assert service["read_only"] is True, name
        assert "no-new-privileges:true" in service["security_opt"], name
        # Postgres starts as root, to make the volume its user's.
        if name != "postgres":
            assert service["cap_drop"] == ["ALL"], name


def test_others_images_are_pinned_and_come_back_by_themselves() -> None:
    services = compose()["services"]
    assert services.keys() - ours().keys() == OTHERS
    for name in OTHERS:
        assert re.search(r":v?\d+\.\d+", services[name]["image"]), name
        assert services[name]["restart"] == "unless-stopped"


def test_what_is_signed_for_a_region_is_checked_for_it() -> None:
    environment = compose()["services"]["s3"]["environment"]
    assert environment["VGW_REGION"] == environment["ADMIN_REGION"] == "${AWS_REGION:-auto}"


def test_the_s3_servers_root_key_is_its_own_and_bot_and_workers_have_an_account(tmp_path: Path) -> None:
    """With a stand-in, as versitygw comes as an image only. Built from its source, it did the same by hand: the account
    stored, read, listed and deleted in its bucket, and was refused all others, also after a start with another key."""
    service = compose()["services"]["s3"]
    assert not any("ROOT" in name for name in service["environment"])
    # Nobody else can ask for an account.
    assert service["environment"]["VGW_ADMIN_PORT"].startswith("127.0.0.1:")
    for name in ("versitygw", "docker-entrypoint.sh"):
        # The first command fails as long as the server is not there.
        (tmp_path / name).write_text(
            f'#!/bin/sh\necho {name} "$ROOT_ACCESS_KEY" "$ROOT_SECRET_KEY" "$@" >> {tmp_path}/ran\n'
            f"test {name} != versitygw || test -e {tmp_path}/up || {{ touch {tmp_path}/up; exit 1; }}\n"
        )
        (tmp_path / name).chmod(0o755)
    subprocess.run(
        [*service["entrypoint"], *(part.replace("$$", "$") for part in service["command"])],
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "AWS_ACCESS_KEY_ID": "an-account",
            "AWS_SECRET_ACCESS_KEY": "its-secret",
            "BUCKET_NAME": "tigerbrush",
            "VGW_BACKEND_ARG": str(tmp_path / "data"),
            "VGW_IAM_DIR": str(tmp_path / "accounts"),
        },
        # Until the shell beside it has ended, which has the pipe too.
        stdout=subprocess.PIPE,
        check=True,
        timeout=20,
    )
    ran = {tuple(line.split()) for line in (tmp_path / "ran").read_text().splitlines()}
    ((_, access, secret),) = [line for line in ran if line[0] == "docker-entrypoint.sh"]
    assert min(len(access), len(secret)) > 30
    assert access != secret
    assert {line[3:] for line in ran} == {
        (),
        ("admin", "create-user", "--access", "an-account", "--secret", "its-secret", "--role", "user"),
        ("admin", "change-bucket-owner", "--bucket", "tigerbrush", "--owner", "an-account"),
    }
    assert {line[1:3] for line in ran} == {(access, secret)}
    assert (tmp_path / "data" / "tigerbrush").is_dir()
    # What the health check looks for.
    assert (tmp_path / "accounts" / "ready").exists()


def test_each_log_has_a_bound_that_docker_and_podman_know() -> None:
    for name, service in compose()["services"].items():
        logging = service["logging"]
        # Podman knows no driver `local`.
        assert logging["driver"] == "json-file", name
        assert {"max-size", "max-file"} <= logging["options"].keys(), name
