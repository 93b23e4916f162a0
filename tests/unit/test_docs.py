"""What the documents name is where they say."""

import importlib.util
import re
from pathlib import Path

import pytest

from bot.client import commands
from core.operations import CHANGES, Need, Operation, Role

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
_PATH = re.compile(r"`((?:bot|worker|ops|db|core|tests|sandbox|benchmarks|docs)/[\w./-]+)`")

MADE = {"benchmarks/results/latest.json"}
"""By a command, and not part of what is checked in."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_file_that_a_page_names_is_there(page: Path) -> None:
    named = set(_PATH.findall(page.read_text())) - MADE
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_SLASH = re.compile(r"`/([a-z][a-z-]*)(?: ([a-z-]+))?(?=[ `])")
_MODULE = re.compile(r"python -m ((?:bot|worker|db|sandbox|tests|benchmarks)(?:\.\w+)*)(?: ([a-z]+)\b)?")

OF_OTHERS = {"show", "healthz", "metrics"}
"""A command of Midjourney's, and what a process answers on its health port."""

FILM_BYTES_MAX, STILL_BYTES_MAX = 2_000_000, 150_000


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_of_a_page_leads_somewhere(page: Path) -> None:
    for path, anchor in _LINK.findall(page.read_text()):
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_command_that_a_page_names_is_there(page: Path) -> None:
    known = {command.name for command in commands()}
    changes = {operation.name for operation in CHANGES}
    for name, rest in _SLASH.findall(page.read_text()):
        assert name in known | OF_OTHERS, name
        assert name != "change" or not rest or rest in changes, rest
    for module, verb in _MODULE.findall(page.read_text()):
        assert importlib.util.find_spec(module), module
        if verb and module in ("bot", "worker", "db"):
            assert f'"{verb}"' in (ROOT / module / "__main__.py").read_text(), f"{module} {verb}"


def test_the_pictures_of_the_pages_are_shown_and_small() -> None:
    text = "".join(page.read_text() for page in PAGES)
    for picture in (ROOT / "docs" / "pictures").iterdir():
        assert f"pictures/{picture.name})" in text
        assert picture.stat().st_size <= (FILM_BYTES_MAX if picture.suffix == ".gif" else STILL_BYTES_MAX)


def row(operation: Operation) -> str:
    """What the table of docs/PICTURES.md says of a change: what it needs, how it can be told more, and its price."""
    files = {Role.PICTURE: "a picture", Role.REFERENCE: "a second picture", Role.MASK: "a mask"}
    words = {operation.words_for(model) for model in operation.models.values()}
    needed = [files[one.role] for one in operation.inputs if one.need is Need.REQUIRED]
    more = [files[one.role] for one in operation.inputs if one.need is Need.OPTIONAL]
    if words != {Need.NONE}:
        (needed if words == {Need.REQUIRED} else more).append("words")
    for param in operation.params:
        (needed if param.required and param.default is None else more).append(f"`{param.name}`")
    prices = sorted({model.credits for model in operation.models.values()})
    price = " to ".join(f"{one:f}" for one in (prices[0], prices[-1])[: len(prices)])
    return f"| `/change {operation.name}` | {operation.about} | {', '.join(needed)} | {', '.join(more)} | {price} |"


@pytest.mark.parametrize("operation", CHANGES, ids=lambda operation: operation.name)
def test_each_change_is_in_the_table_as_the_registry_has_it(operation: Operation) -> None:
    assert row(operation) in (ROOT / "docs" / "PICTURES.md").read_text().splitlines()
