"""The image, built from the Dockerfile as it is, and containers of it as docs/OPERATIONS.md has them run."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.image.base import make_base
from tests.image.containers import Containers
from tests.unit.deploy.dockerfile import ROOT, stages

NAME = "localhost/tigerbrush:tested"

BASE = stages()[0].base

REVISION = "0123456789abcdef0123456789abcdef01234567"

STORE = "TESTS_IMAGE_STORE"
"""The variable with the folder in which there is one."""

# As compose.yaml has it, but for the network: the servers are on this machine.
CONFINED = (
    "--network=host --read-only --read-only-tmpfs=false --tmpfs=/tmp --cap-drop=all --security-opt=no-new-privileges"
    # Podman raises them as far as it knows of, which takes a right that root has not everywhere.
    " --ulimit=nofile=1024:1024 --ulimit=nproc=4096:4096"
).split()


@dataclass(frozen=True, slots=True)
class Image:
    containers: Containers

    @property
    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = self._inspect(NAME)["Config"]
        return config

    @property
    def bytes_above_base(self) -> int:
        return int(self._inspect(NAME)["Size"]) - int(self._inspect(BASE)["Size"])

    def run(
        self, command: Sequence[str], environment: Mapping[str, str] = {}, *options: str
    ) -> "subprocess.CompletedProcess[str]":
        started = self.command(command, environment, *options)
        return subprocess.run(started, capture_output=True, text=True, timeout=60)

    def command(self, command: Sequence[str], environment: Mapping[str, str], *options: str) -> list[str]:
        """Ends as the container ends, and hands on the signals that it is sent."""
        variables = [f"--env={name}={value}" for name, value in environment.items()]
        return self.containers.podman_command("run", "--rm", *CONFINED, *variables, *options, NAME, *command)

    def start(self, command: Sequence[str], *options: str) -> tuple[str, int]:
        """The container's name, and its first process."""
        name = self.containers.podman("run", "--detach", *CONFINED, *options, NAME, *command)
        return name, int(self.containers.podman("inspect", "--format", "{{.State.Pid}}", name))

    def _inspect(self, name: str) -> dict[str, Any]:
        (inspected,) = json.loads(self.containers.podman("image", "inspect", name))
        assert isinstance(inspected, dict)
        return inspected


def build(containers: Containers) -> Image:
    make_base(containers, BASE)
    containers.buildah(
        *("bud", "--quiet", "--isolation=chroot", "--pull-never", f"--build-arg=REVISION={REVISION}"),
        *(f"--tag={NAME}", str(ROOT)),
    )
    return Image(containers)
