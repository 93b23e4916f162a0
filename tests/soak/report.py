"""What a soak says at its end: a line for each thing that is held, and a plot of the memory."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from benchmarks.report import Plot
from tests.soak.growth import GROWING, Series, Table
from tests.soak.usage import Sample

BARS = "▁▂▃▄▅▆▇█"
POINTS = 24
"""How many a line and a panel have, each the mean of its part of the time."""


def lines(those: Sequence[Series], tables: Sequence[Table], pictures_per_second: float) -> Iterator[str]:
    yield f"{pictures_per_second:.1f} pictures a second"
    for one in those:
        figures = f"{one.first:6.0f} -> {one.last:6.0f}  (at most {one.most:.0f})"
        yield f"{one.who:>9} {one.what:<12} {bars(one.values)} {figures}"
    for table in sorted(tables, key=lambda one: -one.bytes):
        kind = "grows with what is stored" if table.name in GROWING else ""
        yield f"{table.name:>18} {table.rows:8d} rows {table.bytes / 1e6:7.1f} MB  {kind}".rstrip()


def bars(values: Sequence[float]) -> str:
    """From zero to the highest, so that a flat line is flat."""
    means = _means(values)
    highest = max(means) or 1
    return "".join(BARS[round(mean / highest * (len(BARS) - 1))] for mean in means)


def plot(those: Sequence[Series], pictures: Sequence[Sample], minutes: float) -> Plot:
    """The memory of each process over the minutes of the load, and how many pictures came."""
    panels = [(f"{one.who}: memory, MB", _means(one.values)) for one in those if one.what == "memory"]
    steps = [
        (later.amount - earlier.amount) / (later.at - earlier.at) for earlier, later in pairwise(pictures)
    ]
    panels.append(("pictures a second", _means(steps)))
    length = min(len(values) for _name, values in panels)
    labels = [f"{n * minutes / length:.0f}" if n % 4 == 0 else "" for n in range(length)]
    return Plot("A long run", "minutes", labels, [(name, values[:length]) for name, values in panels])


def _means(values: Sequence[float]) -> list[float]:
    count = min(POINTS, len(values))
    parts = [values[n * len(values) // count : (n + 1) * len(values) // count] for n in range(count)]
    return [sum(part) / len(part) for part in parts]
