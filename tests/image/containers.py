"""buildah and podman with a store of their own, as root and without a daemon: nothing of it is left behind."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TOOLS = ("buildah", "catatonit", "debootstrap", "podman", "runc")

TIMEOUT_SECONDS = 900.0
"""A build takes one minute of a core, which a machine that has more to do may not have for long."""

_MEMORY = Path("/dev/shm")
_STORE_BYTES = 3 * 2**30


def lacking() -> str | None:
    """What keeps an image from being built here."""
    if os.geteuid() != 0:
        return "who runs this is not root"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"there is no {' and no '.join(missing)}; `make image` installs them" if missing else None


@dataclass(frozen=True, slots=True)
class Containers:
    directory: Path

    def buildah(self, *arguments: str) -> str:
        """What it says. Its errors are shown as they come."""
        return self._output(self._command("buildah", *arguments))

    def podman(self, *arguments: str) -> str:
        return self._output(self.podman_command(*arguments))

    def podman_command(self, *arguments: str) -> list[str]:
        # Its other runtime, crun, refuses to begin where the machine has cgroups of both versions.
        confined = (f"--tmpdir={self.directory / 'libpod'}", "--runtime=runc", "--cgroup-manager=cgroupfs")
        return self._command("podman", *confined, *arguments)

    def _command(self, tool: str, *arguments: str) -> list[str]:
        root, state = self.directory / "root", self.directory / "state"
        return [tool, f"--root={root}", f"--runroot={state}", "--storage-driver=overlay", *arguments]

    def _output(self, command: Sequence[str]) -> str:
        environment = {**os.environ, "TMPDIR": str(self.directory)}
        ended = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, check=True, text=True, timeout=TIMEOUT_SECONDS
        )
        return ended.stdout.strip()


@contextmanager
def containers() -> Iterator[Containers]:
    in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _STORE_BYTES
    with tempfile.TemporaryDirectory(dir=_MEMORY if in_memory else None) as directory:
        made = Containers(Path(directory))
        try:
            yield made
        finally:
            made.podman("rm", "--all", "--force", "--time", "0")
            made.buildah("rm", "--all")
            # What the store has mounted for itself.
            made.buildah("umount", "--all")
