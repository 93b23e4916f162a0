"""docs/OPERATIONS.md names what there is: commands, variables, files, and lines that the log really has."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.unit.deploy.commands import on_the_page, places
from tests.unit.deploy.declared import ROOT, VARIABLES
from tests.unit.deploy.flyctl import POSTGRES_MAJOR_VERSIONS, command_fault
from tests.unit.deploy.operations import PAGE, blocks, first_cells, section, spans

COMPOSE_ONLY = {"COMPOSE_PROFILES", "PICTURES_HOST"}
FILL_IN = {
    "BACKUP_ID",
    "CLUSTER_ID",
    "DATABASE_NAME",
    "IMAGE_OF_THE_RELEASE_BEFORE",
    "MACHINE_ID",
    "NEW_CLUSTER_ID",
    "YOUR_APP",
}
# What Python's own OpenSSL reads, and what is said not to be read.
OTHERS = {"SSL_CERT_FILE", "AWS_PROFILE"}
IMAGE_ONLY = {"REVISION", "SOURCE"}


def test_each_variable_that_it_names_is_read() -> None:
    named = set(re.findall(r"\b[A-Z]+(?:_[A-Z0-9]+)+\b", PAGE.read_text()))
    assert named - VARIABLES - COMPOSE_ONLY - FILL_IN - OTHERS == set()


def test_each_theme_of_the_configuration_is_there_with_all_of_its_variables() -> None:
    told = {span for row in section("Configure").splitlines() if row.startswith("|") for span in spans(row)}
    # Where Discord and Stability are is for stand-ins alone, and the reactions speak for themselves.
    others = {"DISCORD_API_BASE", "DISCORD_GATEWAY_URL", "STABILITY_API_HOST", "DOWNLOAD_REACTIONS"}
    assert told == VARIABLES - others


@pytest.mark.parametrize("title", ["Watch", "Mend"])
def test_each_line_of_the_log_that_it_explains_is_one_that_the_code_writes(title: str) -> None:
    sources = "\n".join(
        path.read_text()
        for room in ("bot", "worker", "ops", "db", "core")
        for path in (ROOT / room).rglob("*.py")
    )
    # What Postgres says, and what a row of a table has.
    others = {"prepared statement", "does not exist", "running", "applications.commands"}
    lines = [span for cell in first_cells(title) for span in spans(cell) if span not in others]
    assert lines
    assert [line for line in lines if line not in sources] == []


def test_each_command_for_a_postgres_names_which() -> None:
    commands = [*spans(PAGE.read_text()), *"\n".join(blocks("sh")).splitlines()]
    unmanaged = [one for one in commands if re.match(r"fly postgres (?!create|attach|detach)", one)]
    managed = [one for one in commands if re.match(r"fly mpg (?!create|list)", one)]
    assert len(unmanaged) >= 5
    assert [one for one in unmanaged if "--app YOUR_APP-db" not in one] == []
    assert len(managed) >= 5
    assert [one for one in managed if "CLUSTER_ID" not in one] == []
    (restore,) = [one for one in managed if "restore" in one]
    assert "--backup-id" in restore


def test_each_command_is_listed_with_the_place_where_it_was_run() -> None:
    listed = [command for command, _place in places()]
    assert sorted(listed) == sorted(on_the_page())
    for place in {place for _command, place in places()}:
        for file, name in re.findall(r"(tests/\S+\.py)::(\w+)", place):
            assert f"def {name}(" in (ROOT / file).read_text(), place


def test_each_fly_command_is_one_that_flyctl_knows() -> None:
    elsewhere = re.findall(r"^# {3}(fly .*?) {2}", (ROOT / "fly.toml").read_text(), re.MULTILINE)
    elsewhere += [span for span in spans((ROOT / "README.md").read_text()) if span.startswith("fly ")]
    assert len(elsewhere) >= 3
    commands = {*on_the_page(), *elsewhere}
    faults = {command: command_fault(command) for command in commands if command.startswith("fly ")}
    assert {command: fault for command, fault in faults.items() if fault} == {}
    (version,) = {
        number for command in commands for number in re.findall(r"--pg-major-version (\d+)", command)
    }
    assert int(version) in POSTGRES_MAJOR_VERSIONS
    assert command_fault("fly scale counts bot=1") == "there is no such command"
    assert command_fault("fly scale count bot=1 --groups=x | cat --all") == "it has no --groups"


def test_its_make_commands_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)`", PAGE.read_text()))
    assert named
    assert named <= targets


def test_its_links_within_the_repository_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", PAGE.read_text()):
        assert (PAGE.parent / target).exists(), target


def test_the_command_that_makes_up_a_name_writes_it_into_fly_toml(tmp_path: Path) -> None:
    command = blocks("sh")[0]
    assert command.startswith("app=")
    (tmp_path / "fly.toml").write_text((ROOT / "fly.toml").read_text())
    stand_in = tmp_path / "bin" / "fly"
    stand_in.parent.mkdir()
    stand_in.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > created\n')
    stand_in.chmod(0o755)
    path = f"{stand_in.parent}:{os.environ['PATH']}"
    subprocess.run(["sh", "-ec", command], cwd=tmp_path, env={"PATH": path}, check=True, timeout=20)

    changed = tomllib.loads((tmp_path / "fly.toml").read_text())
    original = tomllib.loads((ROOT / "fly.toml").read_text())
    assert re.fullmatch(r"tigerbrush-[0-9a-f]{8}", changed["app"])
    assert changed == original | {"app": changed["app"]}
    assert (tmp_path / "created").read_text().split() == ["apps", "create", changed["app"]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "created", "fly.toml"]
