"""What is needed, what is locked, and what is said of both."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
UPDATES = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]

NEEDED = [
    Requirement(text)
    for texts in (
        PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"].values(),
        *PROJECT["dependency-groups"].values(),
    )
    for text in texts
    if isinstance(text, str)
]

_LOCKED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def locked() -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for path in (ROOT / "requirements").iterdir():
        for name, version in _LOCKED.findall(path.read_text()):
            versions.setdefault(name, set()).add(version)
    return versions


def test_each_dependency_has_a_line_that_says_what_it_is_for() -> None:
    section = (ROOT / "CONTRIBUTING.md").read_text().partition("\n## Dependencies\n")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `([\w.-]+)` \| \S.*\|$", section, re.MULTILINE)
    assert told == list(dict.fromkeys(requirement.name for requirement in NEEDED))


@pytest.mark.parametrize("requirement", NEEDED, ids=str)
def test_what_is_locked_is_what_is_needed(requirement: Requirement) -> None:
    (version,) = locked()[canonicalize_name(requirement.name)]
    assert version in requirement.specifier


def test_the_bot_proposes_nothing_that_the_project_holds_back() -> None:
    (python,) = (update for update in UPDATES if update["package-ecosystem"] == "pip")
    ignored = {one["dependency-name"]: one.get("versions") for one in python["ignore"]}
    held: dict[str, list[str] | None] = {}
    for requirement in NEEDED:
        for bound in requirement.specifier:
            if bound.operator == "==":
                held[requirement.name] = None
            elif bound.operator == "<":
                held[requirement.name] = [f">={bound.version}"]
    assert ignored == held


def test_a_new_version_waits_the_same_week_by_whatever_way_it_comes() -> None:
    days = re.findall(r'--exclude-newer "(\d+) days"', (ROOT / "Makefile").read_text())
    assert [update["cooldown"] for update in UPDATES] == [{"default-days": int(*days)}] * len(UPDATES)
