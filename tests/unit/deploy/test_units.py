"""The systemd units run the same as the image does, and stop it as patiently."""

import pytest

from tests.unit.deploy.declared import (
    GRACE_SECONDS,
    HAND_BACK_SECONDS,
    UNITS,
    runs_a_module,
    seconds,
    unit,
    unknown,
)

NAMES = ["tigerbrush-bot.service", "tigerbrush-worker@.service"]


def test_there_are_no_others() -> None:
    assert sorted(path.name for path in UNITS.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_runs_a_module_and_comes_back_unless_a_setting_is_wrong(name: str) -> None:
    settings = unit(name)
    for command in settings["ExecStart"] + settings.get("ExecStartPre", []):
        assert runs_a_module(command)
    assert settings["Restart"] == ["always"]
    assert settings["StartLimitIntervalSec"] == ["0"]
    assert settings["RestartPreventExitStatus"] == ["78"]


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_port_of_its_own_and_sets_only_what_is_read(name: str) -> None:
    environment = dict(pair.split("=") for line in unit(name)["Environment"] for pair in line.split())
    assert unknown({key: None for key in environment if not key.startswith("PYTHON")}) == set()
    assert environment["HEALTH_PORT"] == ("8080" if "bot" in name else "808%i")


def test_the_bot_brings_the_migrations() -> None:
    assert unit(NAMES[0])["ExecStartPre"][0].endswith("-m db migrate")


def test_a_worker_has_time_to_end_what_it_began_and_to_hand_back_the_rest() -> None:
    assert seconds(unit(NAMES[1])["TimeoutStopSec"][0]) > GRACE_SECONDS + HAND_BACK_SECONDS


@pytest.mark.parametrize("name", NAMES)
def test_each_is_fenced_in(name: str) -> None:
    settings = unit(name)
    assert settings["DynamicUser"] == settings["NoNewPrivileges"] == settings["PrivateTmp"] == ["yes"]
    assert settings["ProtectSystem"] == ["strict"]
    assert settings["CapabilityBoundingSet"] == [""]
