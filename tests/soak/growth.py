"""Whether anything grew that should not: the first minute beside the last one, and the tables. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from tests.drill.checks import Finding
from tests.soak.usage import Sample

WARM_UP_SECONDS, WINDOW_SECONDS = 120.0, 60.0
SHORTEST_SECONDS = WARM_UP_SECONDS + 2 * WINDOW_SECONDS
"""A load that is shorter is over before all is warm: nothing is said of what grew in it."""

MORE = {"memory": (0.1, 5.0), "descriptors": (0.0, 20.0), "threads": (0.0, 6.0), "tasks": (0.25, 20.0),
        "connections": (0.0, 4.0)}  # fmt: skip
"""By how much the last minute may be above the first: a share of it, and an amount. What is at work at one moment
differs by as much; what is kept of one order in a hundred is above it after 20,000."""

GROWING = frozenset(
    "orders jobs pictures replies calls favourites favourite_counts downloads copies drill_orders".split()
)
"""The tables that have rows for each order, picture, star, download or shared page."""

ROWS_MAX, BYTES_MAX = 500, 8_000_000
"""Of any other table, its indexes included."""


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Series:
    """`first` and `last` are medians of what was sampled in the minute after the warm-up, and in the last one."""

    who: str
    what: str
    values: Sequence[float]
    first: float
    last: float

    @property
    def most(self) -> float:
        share, amount = MORE[self.what]
        return self.first * (1 + share) + amount


def series(samples: Sequence[Sample], begun_at: float, ended_at: float) -> list[Series]:
    """Of a load that lasted from the one to the other; a short one warms up for a quarter of it."""
    seconds = ended_at - begun_at
    warm_at = begun_at + min(WARM_UP_SECONDS, seconds / 4)
    window = min(WINDOW_SECONDS, seconds / 3)
    kept: dict[tuple[str, str], list[Sample]] = {}
    for sample in samples:
        if sample.what in MORE and begun_at <= sample.at <= ended_at:
            kept.setdefault((sample.who, sample.what), []).append(sample)
    return [
        Series(
            who,
            what,
            [sample.amount for sample in those],
            median(sample.amount for sample in those if warm_at <= sample.at <= warm_at + window),
            median(sample.amount for sample in those if sample.at >= ended_at - window),
        )
        for (who, what), those in kept.items()
    ]


def grown(those: Sequence[Series], tables: Sequence[Table]) -> Iterator[Finding]:
    for one in those:
        if one.last > one.most:
            told = f"{one.what} of {one.who} from {one.first:.0f} to {one.last:.0f}, where {one.most:.0f} is the most"
            yield Finding("leak", told)
    for table in tables:
        if table.name not in GROWING and (table.rows > ROWS_MAX or table.bytes > BYTES_MAX):
            yield Finding("leak", f"table {table.name} has {table.rows} rows in {table.bytes} bytes")
