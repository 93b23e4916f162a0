"""What a measure found, as Markdown for people and as JSON for machines."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

MARKS = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- /measured -->)", re.DOTALL)
"""In a page, what stands between these is written by the program, and everything else by people."""


@dataclass(frozen=True, slots=True)
class Table:
    """The first column names what was measured and stands left, all others are figures and stand right."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def markdown(self) -> str:
        head = "| " + " | ".join(self.columns) + " |"
        rule = "|---|" + "---:|" * (len(self.columns) - 1)
        rows = ("| " + " | ".join(row) + " |" for row in self.rows)
        return "\n".join(
            [f"**{self.title}**", "", head, rule, *rows, *(["", self.note] if self.note else [])]
        )


@dataclass(frozen=True, slots=True)
class Goal:
    """`aim` and `reached` in the same unit, which `unit` names; `at_most` tells which side of it is good."""

    what: str
    aim: float
    reached: float
    unit: str
    at_most: bool

    @property
    def is_met(self) -> bool:
        return self.reached <= self.aim if self.at_most else self.reached >= self.aim


@dataclass(frozen=True, slots=True)
class Plot:
    """A panel has a name, with its unit, and a figure for each label; `across` says what the labels are."""

    title: str
    across: str
    labels: Sequence[str]
    panels: Sequence[tuple[str, Sequence[float]]]


@dataclass(frozen=True, slots=True)
class Result:
    """`samples` are the single figures behind the tables, by a name that says what and in which unit."""

    tables: Sequence[Table]
    goals: Sequence[Goal] = ()
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)
    plot: Plot | None = None

    def markdown(self) -> str:
        return "\n\n".join(table.markdown() for table in self.tables)


def goals_table(results: Mapping[str, Result]) -> str:
    rows = [
        (
            goal.what,
            f"at {'most' if goal.at_most else 'least'} {goal.aim:g} {goal.unit}",
            f"{goal.reached:.2f} {goal.unit}",
            "yes" if goal.is_met else "**no**",
        )
        for result in results.values()
        for goal in result.goals
    ]
    return Table("What was to be reached", ("what", "goal", "reached", "met"), rows).markdown()


def as_json(machine: Mapping[str, str], results: Mapping[str, Result]) -> str:
    measures = {name: asdict(result) for name, result in results.items()}
    return json.dumps({"machine": dict(machine), "measures": measures}, indent=1)


def write(page: Path, blocks: Mapping[str, str]) -> None:
    """Replaces what stands between the marks. Raises ValueError if the page lacks the marks of a block."""
    text = page.read_text()
    missing = blocks.keys() - {name for _open, name, _close in MARKS.findall(text)}
    if missing:
        raise ValueError(f"{page} has no place for {', '.join(sorted(missing))}")

    def renewed(match: re.Match[str]) -> str:
        opening, name, closing = match.groups()
        return f"{opening}\n{blocks[name]}\n\n{closing}" if name in blocks else match.group()

    page.write_text(MARKS.sub(renewed, text))
