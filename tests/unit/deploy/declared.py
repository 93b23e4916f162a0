"""What the files for Fly.io, Compose and systemd declare, and what the code reads."""

import importlib.util
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.settings import BotSettings
from worker.settings import WorkerSettings

ROOT = Path(__file__).parents[3]
UNITS = ROOT / "docs" / "systemd"

VARIABLES = {name.upper() for cls in (BotSettings, WorkerSettings) for name in cls.model_fields}

GRACE_SECONDS = float(WorkerSettings.model_fields["shutdown_grace_seconds"].default)
HAND_BACK_SECONDS = float(WorkerSettings.model_fields["database_timeout_seconds"].default)
"""What is not done after the grace is handed back, with a Postgres that may need all of its time-out."""


def fly() -> dict[str, Any]:
    return tomllib.loads((ROOT / "fly.toml").read_text())


def compose() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / "compose.yaml").read_text())
    assert isinstance(loaded, dict)
    return loaded


def ours() -> dict[str, dict[str, Any]]:
    """Those of Compose's services that are Tigerbrush itself."""
    return {name: service for name, service in compose()["services"].items() if "build" in service}


def unit(name: str) -> dict[str, list[str]]:
    """A systemd unit's settings; one that stands several times has several values."""
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", (UNITS / name).read_text(), re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


def seconds(text: str) -> float:
    ((number, word),) = re.findall(r"^(\d+)(s|min)$", text)
    return float(number) * (60 if word == "min" else 1)


def runs_a_module(command: str | Sequence[str]) -> bool:
    """Whether it is `python -m NAME ...`, and there is such a module to run."""
    python, option, module, *_ = command.split() if isinstance(command, str) else command
    return (
        Path(python).name == "python"
        and option == "-m"
        and importlib.util.find_spec(f"{module}.__main__") is not None
    )


def unknown(names: Mapping[str, Any]) -> set[str]:
    return set(names) - VARIABLES
