"""What a soak calls a leak, and how it draws it."""

import pytest

from tests.soak.growth import Table, grown, series
from tests.soak.report import bars, plot
from tests.soak.usage import Sample

SECONDS = 600


def samples(first: float, last: float) -> list[Sample]:
    """A ramp during the warm-up, and then a line from the one amount to the other."""
    warm = [Sample(at, "bot", "memory", 1) for at in range(120)]
    step = (last - first) / (SECONDS - 120)
    return warm + [Sample(at, "bot", "memory", first + (at - 120) * step) for at in range(120, SECONDS + 1)]


@pytest.mark.parametrize(("last", "is_leak"), [(100, False), (105, False), (130, True), (60, False)])
def test_the_last_minute_may_be_a_little_above_the_first_one(last: float, is_leak: bool) -> None:
    found = list(grown(series(samples(100, last), 0, SECONDS), []))
    assert bool(found) is is_leak
    assert all(finding.broken and "memory of bot" in finding.what for finding in found)


def test_what_came_before_and_after_the_load_does_not_count() -> None:
    beside = [Sample(-5, "bot", "memory", 900), Sample(SECONDS + 5, "bot", "memory", 900)]
    (one,) = series([*samples(100, 100), *beside], 0, SECONDS)
    assert (one.first, one.last, max(one.values)) == (100, 100, 100)


def test_a_short_load_has_a_first_and_a_last_minute_too() -> None:
    (one,) = series([Sample(at, "bot", "tasks", at) for at in range(0, 21, 2)], 0, 20)
    assert one.first < one.last


@pytest.mark.parametrize(
    ("table", "is_leak"),
    [
        (Table("orders", 20_000, 40_000_000), False),
        (Table("spill", 0, 100_000), False),
        (Table("spill", 501, 100_000), True),
        (Table("rate_limit_slots", 150, 9_000_000), True),
    ],
)
def test_a_table_grows_only_with_what_is_stored(table: Table, is_leak: bool) -> None:
    assert bool(list(grown([], [table]))) is is_leak


def test_a_line_has_a_bar_for_each_part_of_the_time() -> None:
    assert bars([0, 50, 100]) == "▁▅█"
    assert bars([0, 0]) == "▁▁"
    assert len(bars(range(1000))) == 24


def test_the_plot_has_the_memory_and_the_pictures_a_second() -> None:
    pictures = [Sample(at, "all", "pictures", at * 15) for at in range(0, SECONDS, 2)]
    drawn = plot(series(samples(100, 100), 0, SECONDS), pictures, minutes=10)
    assert [name for name, _ in drawn.panels] == ["bot: memory, MB", "pictures a second"]
    assert set(drawn.panels[1][1]) == {15}
    assert drawn.labels[0] == "0"
    assert drawn.labels[12] == "5"
