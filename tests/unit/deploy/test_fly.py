"""fly.toml says what the code does, and asks of Fly.io what the code needs."""

import re
import tomllib
from typing import Any

import pytest

from tests.unit.deploy.declared import GRACE_SECONDS, HAND_BACK_SECONDS, fly, runs_a_module, seconds, unknown
from tests.unit.deploy.flyctl import (
    CHECK_TYPES,
    RESTART_POLICIES,
    SIGNALS,
    SIZES,
    STRATEGIES,
    config_faults,
)
from tests.unit.deploy.operations import blocks

GROUPS = {"bot", "worker"}


def test_flyctl_knows_each_key_and_takes_each_kind() -> None:
    assert list(config_faults(fly())) == []
    assert [fault for block in blocks("toml") for fault in config_faults(tomllib.loads(block))] == []
    wrong = {
        "app": 1,
        "kill_timeout": "soon",
        "checks": {"bot": {"prot": 1}},
        "vm": [{"size": "x", "cpus": "2"}],
    }
    assert list(config_faults(wrong)) == [
        "fly.toml.app is no string: 1",
        "fly.toml.kill_timeout is no duration: 'soon'",
        "fly.toml.checks.bot.prot is unknown",
        "fly.toml.vm[0].cpus is no int: '2'",
    ]


def test_each_value_is_one_that_flyctl_takes() -> None:
    config = fly()
    assert config["kill_signal"] in SIGNALS
    assert config["deploy"]["strategy"] in STRATEGIES
    assert {restart["policy"] for restart in config["restart"]} <= RESTART_POLICIES
    assert {vm["size"] for vm in config["vm"]} <= SIZES
    assert all(re.fullmatch(r"\d+(mb|gb)", vm["memory"]) for vm in config["vm"])
    assert {check["type"] for check in config["checks"].values()} <= CHECK_TYPES
    for check in config["checks"].values():
        assert seconds(check["interval"]) >= 2
        assert seconds(check["timeout"]) <= 60
    for section in ("restart", "vm", "metrics"):
        assert all(set(entry["processes"]) <= GROUPS for entry in config[section])


def _of(table: Any, group: str) -> Any:
    (found,) = [entry for entry in table if group in entry["processes"]]
    return found


def test_each_process_group_runs_a_module() -> None:
    processes = fly()["processes"]
    assert processes.keys() == GROUPS
    assert all(runs_a_module(command) for command in processes.values())


def test_migrations_come_before_any_machine_is_replaced() -> None:
    command = fly()["deploy"]["release_command"]
    assert runs_a_module(command)
    assert command.endswith("-m db migrate")


def test_the_bot_does_not_overlap_itself() -> None:
    assert fly()["deploy"]["strategy"] == "rolling"


def test_a_worker_has_time_to_end_what_it_began_and_to_hand_back_the_rest() -> None:
    config = fly()
    assert config["kill_signal"] == "SIGTERM"
    assert GRACE_SECONDS + HAND_BACK_SECONDS < config["kill_timeout"] <= 300


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_each_group_has_its_size_its_check_and_its_restarts(group: str) -> None:
    config = fly()
    port = int(config["env"]["HEALTH_PORT"])
    # From outside of the machine, over IPv6 too.
    assert config["env"]["HEALTH_HOST"] == "::"
    check = config["checks"][group]
    assert (check["type"], check["port"], check["path"]) == ("http", port, "/healthz")
    assert check["processes"] == [group]
    metrics = _of(config["metrics"], group)
    assert (metrics["port"], metrics["path"]) == (port, "/metrics")
    assert {"size", "memory"} <= _of(config["vm"], group).keys()
    assert _of(config["restart"], group)["policy"] == "always"


def test_nothing_is_open_to_the_public() -> None:
    assert not {"http_service", "services"} & fly().keys()


def test_it_sets_only_what_is_read_and_no_secret() -> None:
    names = fly()["env"]
    assert unknown(names) == set()
    assert not any(word in name for name in names for word in ("KEY", "TOKEN", "URL"))


def test_the_dockerfile_is_named_so_that_launching_adds_nothing() -> None:
    assert fly()["build"] == {"dockerfile": "Dockerfile"}
