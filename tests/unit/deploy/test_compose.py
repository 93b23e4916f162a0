"""compose.yaml says the same as fly.toml, and keeps each container as small in its rights as it can be."""

import re

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

OTHERS = {"postgres", "s3", "https"}


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


def test_the_s3_server_is_addressed_by_path_and_takes_the_bots_region() -> None:
    assert ours()["bot"]["environment"]["BUCKET_ADDRESSING"] == "${BUCKET_ADDRESSING:-path}"
    assert compose()["services"]["s3"]["environment"]["VGW_REGION"] == "${AWS_REGION:-auto}"


def test_each_log_has_a_bound_that_docker_and_podman_know() -> None:
    for name, service in compose()["services"].items():
        logging = service["logging"]
        # Podman knows no driver `local`.
        assert logging["driver"] == "json-file", name
        assert {"max-size", "max-file"} <= logging["options"].keys(), name
