"""What the documents name is where they say."""

import re
from pathlib import Path

import pytest

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
