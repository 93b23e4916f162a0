"""The drill's schedule: the same from the same seed, everything in it once, nothing twice at one time."""

from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from tests.drill.schedule import Fault, Kind, day, schedule, worker_names


@pytest.mark.parametrize("seed", [0, 1, 987_654])
def test_the_same_seed_gives_the_same_schedule(seed: int) -> None:
    assert schedule(seed, 120, workers=2) == schedule(seed, 120, workers=2)
    assert schedule(seed, 120, workers=2) != schedule(seed + 1, 120, workers=2)


def test_every_kind_comes_before_any_comes_often() -> None:
    counts = Counter(fault.kind for fault in schedule(1, 600, workers=3))
    assert counts.keys() == set(Kind)
    assert max(counts.values()) - min(counts.values()) <= 2


def test_all_is_over_in_time_and_in_order() -> None:
    faults = schedule(3, 90, workers=2)
    assert [fault.at_seconds for fault in faults] == sorted(fault.at_seconds for fault in faults)
    # Rounded to hundredths each.
    assert all(fault.ends_at_seconds <= 90.02 for fault in faults)


def test_who_is_down_is_not_hit_again() -> None:
    by_resource: dict[str, list[Fault]] = defaultdict(list)
    for fault in schedule(5, 600, workers=2):
        worker = fault.kind.resource == "worker"
        by_resource[fault.target if worker else fault.kind.resource].append(fault)
    for those in by_resource.values():
        for earlier, later in pairwise(those):
            assert earlier.ends_at_seconds <= later.at_seconds


def test_it_names_only_what_there_is() -> None:
    targets = {fault.target for fault in schedule(6, 600, workers=2)}
    assert targets == {"all", "bot", *worker_names(2)}


def test_it_may_be_of_some_kinds_alone() -> None:
    kinds = {fault.kind for fault in schedule(7, 300, workers=2, only=["postgres", "worker: SIGSTOP"])}
    assert {kind.resource for kind in kinds} == {"postgres", "worker"}
    assert Kind.WORKER_KILL not in kinds
    with pytest.raises(ValueError, match="no fault begins with"):
        schedule(7, 300, workers=2, only=["weather"])


def test_a_day_has_each_service_away_slow_and_lying_and_touches_no_process() -> None:
    faults = day(300)
    assert all(earlier.ends_at_seconds < later.at_seconds for earlier, later in pairwise(faults))
    assert faults[-1].ends_at_seconds <= 300
    resources = {fault.kind.resource for fault in faults}
    assert resources >= {
        "postgres",
        "bucket",
        "stability line",
        "stability",
        "discord line",
        "rest",
        "gateway",
    }
    assert not resources & {"bot", "worker"}
