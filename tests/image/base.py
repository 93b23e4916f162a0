"""The image that the Dockerfile builds on, made instead of pulled: Debian's own Python of the same minor version.

debootstrap makes it from the mirror that apt is set up with. What it has beside Python is what the slim image has
beside it, as far as it matters here: certificates, time zones, and pip. A build in it reaches the package index as pip
does here.
"""

import ast
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

from tests.image.containers import TIMEOUT_SECONDS, Containers

PACKAGES = "ca-certificates,netbase,tzdata,python3,python3-venv,python3-pip,python-is-python3"

PIP_SETTINGS = ("index-url", "trusted-host", "proxy", "cert", "default-timeout")


def mirror() -> str | None:
    """Where apt has Debian from; none where it has another system, or was never updated."""
    if shutil.which("apt-get") is None:
        return None
    columns = ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", "Origin: Debian"]
    found = subprocess.run(columns, capture_output=True, check=True, text=True)
    return next(iter(found.stdout.split()), None)


def make_base(containers: Containers, name: str) -> None:
    """`name` is such as `python:3.13.1-slim-trixie`, which says what it has to be."""
    python, _, suite = name.removeprefix("python:").split("-")
    container = containers.buildah("from", "scratch")
    root = Path(containers.buildah("mount", container))
    source = mirror()
    assert source is not None
    subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, str(root), source],
        check=True,
        # Hundreds of lines; of a failure, the last say what it was.
        stdout=subprocess.DEVNULL,
        timeout=TIMEOUT_SECONDS,
    )
    assert next((root / "usr/bin").glob("python3.*")).name == f"python{python.rpartition('.')[0]}"
    for cache in (root / "var/cache/apt", root / "var/lib/apt/lists"):
        shutil.rmtree(cache)
    _reach_the_index(root)
    # The full name, which nothing would be pulled for.
    containers.buildah("commit", "--quiet", "--rm", container, f"docker.io/library/{name}")


def _reach_the_index(root: Path) -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, check=True, text=True
    )
    settings = ConfigParser(interpolation=None)
    settings["global"] = {}
    for line in listed.stdout.splitlines():
        key, _, value = line.partition("=")
        # Such as `:env:.cert` and `global.cert`.
        if (name := key.rpartition(".")[2]) in PIP_SETTINGS:
            settings["global"][name] = ast.literal_eval(value)
    if certificates := settings["global"].get("cert"):
        place = root / certificates.removeprefix("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(certificates, place)
    with (root / "etc/pip.conf").open("w") as file:
        settings.write(file)
