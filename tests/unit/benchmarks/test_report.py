"""How figures are compared and told, and that the page has a place for each measure."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.__main__ import MEASURES
from benchmarks.figures import interleaved, p99, ratio, told
from benchmarks.plot import draw
from benchmarks.report import MARKS, Goal, Plot, Result, Table, as_json, goals_table, write

PAGE = Path("docs/PERFORMANCE.md")


async def test_cases_take_turns_and_the_first_round_does_not_count() -> None:
    taken: list[str] = []

    async def one() -> float:
        taken.append("a")
        return len(taken)

    async def other() -> float:
        taken.append("b")
        return len(taken)

    assert await interleaved(2, {"a": one, "b": other}) == {"a": [3, 5], "b": [4, 6]}
    assert taken == list("ababab")


def test_a_ratio_is_of_the_figures_of_one_round() -> None:
    # The third round was three times as slow for both.
    assert ratio([2, 4, 30], [1, 2, 15]) == 2


def test_figures_are_told_with_their_spread() -> None:
    assert told([3, 1000, 2000]) == "1,000 (3 to 2,000)"
    assert told([0.5, 0.25, 0.75], digits=2) == "0.50 (0.25 to 0.75)"
    assert p99([1, 2, 3]) == 3
    assert 98 < p99(range(1, 101)) <= 100


@pytest.mark.parametrize(
    ("aim", "reached", "at_most", "met"),
    [(1.5, 1.4, True, True), (1.5, 1.6, True, False), (0.8, 0.7, False, False)],
)
def test_a_goal_has_a_good_side(aim: float, reached: float, at_most: bool, met: bool) -> None:
    goal = Goal("delay", aim, reached, "×", at_most)
    assert goal.is_met is met
    assert ("| yes |" in goals_table({"pickup": Result([], [goal])})) is met


def test_results_are_written_where_the_page_has_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Before.\n\n<!-- measured: queue -->\nold\n<!-- /measured -->\n\nAfter.\n")
    table = Table("Rates", ("", "jobs/s"), [("floor", "3")]).markdown()
    for _ in range(2):
        write(page, {"queue": table})
        text = page.read_text()
        assert text.startswith(
            "Before.\n\n<!-- measured: queue -->\n\n**Rates**\n\n|  | jobs/s |\n|---|---:|\n| floor | 3 |"
        )
        assert text.endswith("\n\n<!-- /measured -->\n\nAfter.\n")
        assert "old" not in text
    with pytest.raises(ValueError, match="no place for pickup"):
        write(page, {"pickup": table})


def test_the_page_has_a_place_for_each_measure() -> None:
    places = [name for _open, name, _close in MARKS.findall(PAGE.read_text())]
    assert sorted(places) == sorted({"machine", "goals", *MEASURES})


def test_results_are_kept_with_the_machine() -> None:
    result = Result([Table("Rates", ("",), [])], [Goal("x", 1, 2, "×", False)], {"floor, 1/s": [1.0]})
    kept = json.loads(as_json({"Python": "3"}, {"queue": result}))
    assert kept["machine"] == {"Python": "3"}
    assert kept["measures"]["queue"]["samples"] == {"floor, 1/s": [1.0]}


def test_a_plot_has_a_point_for_each_figure() -> None:
    drawing = ElementTree.fromstring(draw(Plot("t", "jobs", ["1", "10"], [("jobs/s < 9", [7.0, 420.0])])))
    points = [
        (float(c.attrib["cx"]), float(c.attrib["cy"])) for c in drawing.iter() if c.tag.endswith("circle")
    ]
    assert len(points) == 2
    assert points[0][0] < points[1][0]
    assert points[0][1] > points[1][1]
    assert "jobs/s < 9" in [element.text for element in drawing.iter()]
