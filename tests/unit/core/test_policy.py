"""Each of the owner's limits by itself, and what is said of the one that is reached."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self

import pytest

from core.errors import LimitReached
from core.policy import Limits, Used

NOTHING = Used(line_length=0)


def used(**changes: Any) -> Used:
    return Used(**{name: changes.get(name, getattr(NOTHING, name)) for name in Used.__slots__})


def complaint(limits: Limits, now: Used, price: str = "3", count: int = 1, *, in_server: bool = True) -> str:
    """What is said, or nothing where it fits."""
    try:
        limits.check(now, Decimal(price), count, in_server=in_server)
    except LimitReached as reached:
        return str(reached)
    return ""


LIMITS = [
    (Limits(queue_length=10), "line_length", 1),
    (Limits(jobs_per_member=10), "member_jobs", 1),
    (Limits(member_month=Decimal(25)), "member_month", Decimal("2.5")),
    (Limits(server_month=Decimal(25)), "server_month", Decimal("2.5")),
    (Limits(all_month=Decimal(25)), "all_month", Decimal("2.5")),
]
NAMES = ["line", "jobs", "member", "server", "all"]


@pytest.mark.parametrize(("limits", "name", "each"), LIMITS, ids=NAMES)
@pytest.mark.parametrize(
    ("there", "count", "fits"), [(6, 4, True), (7, 3, True), (7, 4, False), (10, 1, False)]
)
def test_what_fits_exactly_fits_and_one_more_does_not(
    limits: Limits, name: str, each: Any, there: int, count: int, fits: bool
) -> None:
    assert (complaint(limits, used(**{name: there * each}), "2.5", count) == "") is fits


@pytest.mark.parametrize(("limits", "name", "each"), LIMITS, ids=NAMES)
def test_what_was_not_counted_or_is_not_limited_keeps_nobody_out(
    limits: Limits, name: str, each: Any
) -> None:
    credits = {"member_month", "server_month", "all_month"}
    assert complaint(Limits(), used(**dict.fromkeys(credits, Decimal(10**6)))) == ""
    if name != "member_jobs":
        assert complaint(limits, used(**{name: None}), count=4) == ""


def test_without_an_owner_s_word_ten_thousand_wait_and_twenty_are_of_one_member() -> None:
    assert complaint(Limits(), used(line_length=9_996, member_jobs=16), count=4) == ""
    assert "10000 can" in complaint(Limits(), used(line_length=9_997), count=4)
    assert "20 is the most" in complaint(Limits(), used(member_jobs=17), count=4)


@pytest.mark.parametrize(
    ("limits", "now", "said"),
    [
        (Limits(queue_length=5), used(line_length=3), "3 pictures are waiting already, and no more than 5"),
        (
            Limits(jobs_per_member=5),
            used(member_jobs=3),
            "3 of your pictures are waiting .* and 5 is the most",
        ),
        (
            Limits(member_month=Decimal("30.0")),
            used(member_month=Decimal("20.50")),
            r"You have used 20\.5 of 30 credits this month, and this costs 13",
        ),
        (
            Limits(server_month=Decimal(3000)),
            used(server_month=Decimal(2990)),
            "This server has used 2990 of 3000 credits this month, and this costs 13",
        ),
        (
            Limits(all_month=Decimal(0)),
            used(all_month=Decimal(0)),
            "All members together have used 0 of 0 credits this month, and this costs 13",
        ),
    ],
    ids=NAMES,
)
def test_what_is_said_names_what_is_there_and_what_it_would_take(
    limits: Limits, now: Used, said: str
) -> None:
    with pytest.raises(LimitReached, match=said):
        limits.check(now, Decimal("3.25"), 4, in_server=True)


def test_direct_messages_are_not_called_a_server() -> None:
    limits = Limits(server_month=Decimal(9))
    assert complaint(limits, used(server_month=Decimal(9)), in_server=False).startswith(
        "Direct messages have"
    )
    assert complaint(limits, used(server_month=Decimal(9))).startswith("This server has")


@pytest.mark.parametrize(
    ("now", "anew"),
    [
        (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), "2026-02-01"),
        (datetime(2026, 11, 1, tzinfo=UTC), "2026-12-01"),
        (datetime(2026, 12, 1, tzinfo=UTC), "2027-01-01"),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "2027-01-01"),
    ],
)
def test_the_count_starts_anew_with_the_next_month(
    monkeypatch: pytest.MonkeyPatch, now: datetime, anew: str
) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Self:
            assert tz is UTC
            return cls.fromtimestamp(now.timestamp(), tz)

    monkeypatch.setattr("core.policy.datetime", Clock)
    limits = Limits(all_month=Decimal(1))
    assert f"anew on {anew} (UTC)" in complaint(limits, used(all_month=Decimal(1)))
