"""The real Docker Compose, for what it makes of compose.yaml; it needs no daemon for that."""

import json
import os
import re
import shlex
import shutil
import subprocess
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from tests.unit.deploy.declared import ROOT, compose

FILLED_IN = {
    "DISCORD_TOKEN": "a-token",
    "STABILITY_API_KEY": "sk-a-key",
    "POSTGRES_PASSWORD": "made0up0password",
    "AWS_ACCESS_KEY_ID": "made0up0access0key",
    "AWS_SECRET_ACCESS_KEY": "made0up0secret0key",
    "BUCKET_NAME": "tigerbrush",
}
"""What is set in any case, as the file's head says."""

HTTPS = {
    "COMPOSE_PROFILES": "https",
    "PICTURES_HOST": "pictures.example.org",
    "PUBLIC_BUCKET_URL": "https://${PICTURES_HOST}/${BUCKET_NAME}",
}
HTTP = {"COMPOSE_PROFILES": "http", "PUBLIC_BUCKET_URL": "http://203.0.113.7:7070/${BUCKET_NAME}"}
A_PROXY_OF_ONES_OWN = {"PUBLIC_BUCKET_URL": "https://s3.example.org/tigerbrush"}
ELSEWHERE = {"AWS_ENDPOINT_URL_S3": "https://fly.storage.tigris.dev", "PUBLIC_BUCKET_URL": ""}


def _program() -> list[str] | None:
    fetched = ROOT / ".compose" / "docker-compose"
    if fetched.exists():
        return [str(fetched)]
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True).returncode == 0:
        return [docker, "compose"]
    return None


_PROGRAM = _program()

needs_compose = pytest.mark.skipif(
    _PROGRAM is None, reason="Docker Compose 2 is not installed (`make compose` fetches it from Debian)"
)


class Refused(Exception):
    """In Compose's words."""


def resolved(folder: Path, variables: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The services that would run, by name, with these variables in a copy of .env.example. Raises Refused."""
    shutil.copy(ROOT / "compose.yaml", folder)
    written = "\n".join(f"{name}={value}" for name, value in variables.items())
    (folder / ".env").write_text(f"{(ROOT / '.env.example').read_text()}\n{written}\n")
    services: dict[str, dict[str, Any]] = json.loads(_said(folder, "config", "--format", "json"))["services"]
    return services


def look_up(command: str) -> None:
    """Of one such as `docker compose logs bot | cat`. Raises Refused where Compose would refuse it."""
    _docker, _compose, name, *words = shlex.split(re.split("[|<>]", command)[0])
    known = _options(name)
    options = [word.partition("=")[0] for word in words if word.startswith("-")]
    # The 3 of `--scale worker=3` is after its service.
    services = [word.partition("=")[0] for word in words if not word.startswith("-")]
    if name == "exec":
        # What follows is the container's.
        options, services = list(takewhile(lambda word: word.startswith("-"), words)), services[:1]
    if unknown := {*options} - known | {*services} - compose()["services"].keys():
        raise Refused(f"{name} has no {', '.join(unknown)}")


@cache
def _options(command: str) -> set[str]:
    told = _said(ROOT, command, "--help")
    return {option for pair in re.findall(r"^ +(-\w)?,? ?(--[\w-]+)", told, re.MULTILINE) for option in pair}


def _said(folder: Path, *arguments: str) -> str:
    assert _PROGRAM is not None
    done = subprocess.run(
        [*_PROGRAM, *arguments],
        cwd=folder,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode:
        raise Refused(done.stderr)
    return done.stdout
