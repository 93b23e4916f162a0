"""The image as a folder: the steps of the Dockerfile's builder, done here, without Docker.

What is not tried is what only Docker can: the base image, the user, and the labels.
"""

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.unit.deploy.dockerfile import ROOT, Instruction, stage


@dataclass(frozen=True, slots=True)
class Image:
    """`root` is where the image has `/`."""

    root: Path

    def place(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    @property
    def working_directory(self) -> Path:
        return self.place(stage("runtime").only("WORKDIR").value)

    @property
    def environment(self) -> dict[str, str]:
        """What the image sets, and nothing of this machine's."""
        variables = dict(stage("runtime").environment)
        first, *_ = variables["PATH"].split(":")
        return {**variables, "PATH": str(self.place(first))}

    def run(self, command: str, environment: Mapping[str, str] = {}) -> subprocess.CompletedProcess[str]:
        return subprocess.run(**self._call(command, environment), capture_output=True, text=True, timeout=60)

    def start(self, command: str, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(**self._call(command, environment))

    def _call(self, command: str, environment: Mapping[str, str]) -> dict[str, Any]:
        python, *arguments = command.split()
        return {
            "args": [str(Path(self.environment["PATH"]) / python), *arguments],
            "env": {**self.environment, **environment},
            "cwd": self.working_directory,
            "stdin": subprocess.DEVNULL,
            "preexec_fn": _write_nothing,
        }

    def contents(self) -> dict[str, tuple[int, int]]:
        """Each file and folder, with what shows that it was written to."""
        return {
            str(path): (status.st_size, status.st_mtime_ns)
            for path in self.root.rglob("*")
            for status in [path.lstat()]
        }


def build(root: Path) -> Image:
    """Does what the Dockerfile's builder does, with this Python in the place of its base's."""
    image = Image(root)
    directory = root
    for instruction in stage("builder").instructions:
        match instruction.keyword:
            case "WORKDIR":
                directory = image.place(instruction.value)
                directory.mkdir(parents=True)
            case "COPY":
                _copy(instruction, directory)
            case "RUN":
                subprocess.run(_here(image, instruction), cwd=directory, check=True, timeout=300)
            case "ARG":
                # Its default is in the instructions already.
                pass
            case keyword:
                raise ValueError(f"the test does not know how to do {keyword}")
    for copy in stage("runtime").all("COPY"):
        # The same place in both stages, so the builder's folder is the image's.
        source, target = copy.words
        assert source == target
        assert image.place(source).is_dir()
    _change_mode(root, writable=False)
    return image


def remove(image: Image) -> None:
    _change_mode(image.root, writable=True)
    shutil.rmtree(image.root)


def _copy(instruction: Instruction, directory: Path) -> None:
    source, target = instruction.words
    if (ROOT / source).is_dir():
        # .dockerignore keeps them out.
        shutil.copytree(ROOT / source, directory / target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        (directory / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, directory / target)


def _here(image: Image, instruction: Instruction) -> Sequence[str]:
    """A step as it is, but for where the image's folders are and which Python its `python` is."""
    # The shell takes part in what it puts in for words, and in nothing else.
    assert not re.search(r"[|&;<>`*]", instruction.value)
    written = instruction.value[instruction.value.index("python ") :]
    expanded = subprocess.run(
        ["sh", "-c", f'printf "%s\\n" {written}'], capture_output=True, check=True, text=True
    )
    python, *arguments = expanded.stdout.splitlines()
    assert python == "python"
    return [sys.executable, *(str(image.place(word)) if word[0] == "/" else word for word in arguments)]


def _change_mode(root: Path, *, writable: bool) -> None:
    for path in _all_but_links(root):
        mode = path.stat().st_mode
        path.chmod(mode | 0o200 if writable else mode & ~0o222)


def _all_but_links(root: Path) -> Iterator[Path]:
    yield root
    for directory, _folders, files in os.walk(root):
        for path in (Path(directory), *(Path(directory, file) for file in files)):
            if not path.is_symlink():
                yield path


def _write_nothing() -> None:
    """Whatever is written to a file, wherever that is, fails as on a full disk; this holds for root too."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
