"""What is measured is no test, and its figures belong to a machine; here it only has to run to its end."""

from pathlib import Path

import pytest

from benchmarks.__main__ import run
from benchmarks.contestants import FLOOR, OURS
from benchmarks.stage import Stage


@pytest.fixture
def stage(tmp_path: Path, postgres_url: str) -> Stage:
    return Stage(tmp_path, postgres_url, quick=True)


async def test_the_queue_is_measured_beside_its_floor(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    machine, results = await run(stage, ["queue", "pickup", "gallery"])
    assert machine["synchronous_commit"] == "on"
    # The peers may be there or not; these two are.
    for name in ("queue", "pickup"):
        assert {FLOOR, OURS} <= {row[0] for row in results[name].tables[0].rows}
        assert results[name].goals
    (pages,) = results["gallery"].tables
    assert [row[0] for row in pages.rows][:3] == ["page 1", "page 1,000", "the last page"]
    for result in results.values():
        assert all(figure > 0 for figures in result.samples.values() for figure in figures)
    assert "| tigerbrush |" in capsys.readouterr().out
