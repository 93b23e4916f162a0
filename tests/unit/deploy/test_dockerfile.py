"""Rules for the image; what its steps make is tried in tests/image."""

import re
import tomllib
from fnmatch import fnmatch

import pytest

from tests.unit.deploy.declared import runs_a_module
from tests.unit.deploy.dockerfile import ROOT, stage, stages

IGNORED = (ROOT / ".dockerignore").read_text().splitlines()


def test_every_stage_stands_on_one_pinned_slim_python() -> None:
    base, *others = stages()
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", base.base)
    assert [other.base for other in others] == [base.name] * len(others)


def test_it_is_a_python_that_the_project_and_its_locked_requirements_are_for() -> None:
    minor = int(re.findall(r"python:3\.(\d+)", stages()[0].base)[0])
    required = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert minor >= int(required.removeprefix(">=3."))


def test_nothing_is_installed_but_wheels_whose_hashes_are_locked() -> None:
    installs = [
        instruction.words
        for found in stages()
        for instruction in found.all("RUN")
        if {"install", "pip", "apt-get", "curl", "wget"} & set(instruction.words)
    ]
    locked, told = installs
    for install in installs:
        assert {"--require-hashes", "--only-binary=:all:", "--no-deps"} <= set(install)
    # Each of the names, of which the default is one.
    assert locked[-3:] == ["$(printf", " --requirement requirements/%s.txt", "runtime)"]
    assert told[-2:] == ["--requirement", "requirements/sbom.txt"]
    for name in ("runtime", "sbom"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        packages = re.findall(r"^[a-z0-9-]+==", text, re.MULTILINE)
        assert len(packages) == len(re.findall(r"^ {4}--hash=(?:.*\\\n {4}--hash=)*", text, re.MULTILINE))


def test_no_registry_is_named() -> None:
    text = (ROOT / "Dockerfile").read_text() + (ROOT / "requirements" / "runtime.txt").read_text()
    assert not re.search(r"index-url|find-links|trusted-host|https?://", text)


def test_nothing_is_fetched_past_the_checks() -> None:
    assert [i for found in stages() for i in found.all("ADD")] == []


def test_it_runs_as_a_user_with_a_number_that_is_not_roots() -> None:
    runtime = stage("runtime")
    user = runtime.only("USER").value
    assert re.fullmatch(r"[1-9]\d{4}:[1-9]\d{4}", user)
    uid, gid = user.split(":")
    creation = runtime.only("RUN").value
    assert f"--uid {uid} --gid {gid}" in creation
    assert f"groupadd --gid {gid}" in creation


def test_what_it_runs_is_not_its_own_to_change() -> None:
    copies = stage("runtime").all("COPY")
    assert copies
    assert all(copy.value.startswith("--from=builder ") for copy in copies)
    assert not any("--chown" in copy.value or "--chmod" in copy.value for copy in copies)


def test_commands_are_in_the_exec_form_and_the_signal_reaches_python() -> None:
    runtime = stage("runtime")
    assert runs_a_module(runtime.only("CMD").exec_form)
    # Fly.io replaces CMD, and keeps an ENTRYPOINT before what it runs.
    assert runtime.all("ENTRYPOINT") == []
    assert runtime.only("STOPSIGNAL").value == "SIGTERM"


def test_nothing_is_written_at_run_time_nor_held_back_from_the_log() -> None:
    environment = stage("runtime").environment
    assert environment["PYTHONDONTWRITEBYTECODE"] == environment["PYTHONUNBUFFERED"] == "1"


def test_no_port_is_offered_to_the_public() -> None:
    assert [i for found in stages() for i in found.all("EXPOSE")] == []


def test_its_labels_tell_what_it_is() -> None:
    runtime = stage("runtime")
    labels = dict(word.split("=", 1) for word in runtime.only("LABEL").words)
    prefix = "org.opencontainers.image."
    assert {"title", "description", "licenses", "source", "version", "revision"} <= {
        name.removeprefix(prefix) for name in labels
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    arguments = dict(argument.value.split("=", 1) for argument in runtime.all("ARG"))
    assert arguments["VERSION"] == project["version"]
    assert labels[f"{prefix}licenses"] == project["license"]
    used = {value.removeprefix("$") for value in labels.values() if value.startswith("$")}
    assert used == arguments.keys()


def test_the_builder_is_sent_what_it_copies() -> None:
    for copy in stage("builder").all("COPY"):
        *sources, _target = copy.words
        for source in sources:
            assert (ROOT / source).exists()
            assert f"!{source}" in IGNORED


def test_it_can_be_built_with_what_sends_traces_with_what_signs_or_with_both() -> None:
    (argument,) = [argument.value for argument in stage("builder").all("ARG")]
    assert argument == "REQUIREMENTS=runtime"
    pins = {
        name: set(
            re.findall(r"^[a-z0-9-]+==\S+", (ROOT / "requirements" / f"{name}.txt").read_text(), re.MULTILINE)
        )
        for name in ("runtime", "traces", "credentials")
    }
    assert pins["runtime"] < pins["traces"] & pins["credentials"]
    assert not any(pin.startswith(("opentelemetry", "c2pa")) for pin in pins["runtime"])
    # pip takes two lists where they name the same version of what is in both.
    names = [pin.partition("==")[0] for pin in pins["traces"] | pins["credentials"]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", [".env", ".git", ".venv", "tests", "sandbox", "docs", ".sandbox"])
def test_nothing_else_is_sent(path: str) -> None:
    assert IGNORED[1] == "*"
    assert not any(fnmatch(path, line.removeprefix("!")) for line in IGNORED if line.startswith("!"))
