"""What the documents name is where they say."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
_PATH = re.compile(r"`((?:bot|worker|ops|db|core|tests|sandbox|benchmarks|docs)/[\w./-]+)`")

MADE = {"benchmarks/results/latest.json"}
"""By a command, and not part of what is checked in."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_file_that_a_page_names_is_there(page: Path) -> None:
    named = set(_PATH.findall(page.read_text())) - MADE
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
