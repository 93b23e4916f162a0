"""docs/OPERATIONS.md, taken apart for its tests."""

import re

from tests.unit.deploy.declared import ROOT

PAGE = ROOT / "docs" / "OPERATIONS.md"


def blocks(language: str) -> list[str]:
    """What stands in fences of this language, those within lists included."""
    found = re.findall(r"^( *)```(\w+)\n(.*?)^\1```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [text for _indent, of, text in found if of == language]


def section(title: str) -> str:
    return PAGE.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]


def first_cells(title: str) -> list[str]:
    """The first cells of a section's tables, without their heads."""
    rows = re.findall(r"^\| (.*?) \|", section(title), re.MULTILINE)
    return [row for row in rows if row not in ("the line has", "symptom", "theme", "what", "")]


def spans(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)
