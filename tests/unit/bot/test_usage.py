"""What a member used is told with its limits, and who set them; and what is left before something dear."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.messages.content import Content
from bot.messages.usage import left_line, usage_view
from bot.messages.words import ENGLISH
from core.policy import Limits, Used
from db.ledger import Spent
from tests.unit.bot.test_panel import words

USED = Used(member_day=Decimal(5), member_month=Decimal(47), here_day=Decimal(5), here_month=Decimal(47))
LIMITS = Limits(here_day=Decimal(20), member_month=Decimal(50))


def read(used: Used = USED, limits: Limits = LIMITS, *spent: Spent, in_server: bool = True) -> str:
    return words(Content(usage_view(used, limits, spent, ENGLISH, in_server=in_server)))


def test_each_limit_says_how_much_is_used_who_set_it_and_when_it_begins_anew() -> None:
    text = read()
    assert "Today **5 credits**, this month **47 credits**" in text
    assert "In this server you have used **5** of 20 credits today." in text
    assert "`████░░░░░░░░`" in text
    assert "You have used **47** of 50 credits this month." in text
    assert "-01 (UTC). The owner of this bot set that, and alone can change it." in text
    assert "can change it with `/settings`" in text
    assert "No limit of credits" not in text


@pytest.mark.parametrize(("used", "filled"), [("0", 0), ("0.1", 1), ("49.9", 11), ("50", 12), ("80", 12)])
def test_the_bar_shows_that_something_is_used_and_that_something_is_left(used: str, filled: int) -> None:
    text = read(Used(member_month=Decimal(used)), Limits(member_month=Decimal(50)))
    assert f"`{'█' * filled}{'░' * (12 - filled)}`" in text


def test_what_it_was_for_adds_up_to_what_is_used() -> None:
    text = read(USED, Limits(), Spent("imagine", "ultra", 0, Decimal(0), 5, Decimal(40)))
    assert "No limit of credits is set for you here." in text
    assert "5 pictures, 40 credits" in text
    assert "Others, or deleted since: 7 credits" in text


@pytest.mark.parametrize(
    ("here", "expected"), [(None, "2 of at most 5 pictures"), (0, "1 of at most 0 pictures")]
)
def test_how_many_wait_is_told_with_the_bound_that_is_nearer(here: int | None, expected: str) -> None:
    used = replace(USED, member_jobs=2, jobs_here=1)
    assert expected in read(used, Limits(jobs_per_member=5, jobs_here=here))


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (LIMITS, "You have 3 of 50 credits left this month."),
        (replace(LIMITS, here_day=Decimal(4)), "In this server you have 0 of 4 credits left today."),
        (Limits(), ""),
    ],
)
def test_what_is_left_is_that_of_the_limit_that_is_reached_first(limits: Limits, expected: str) -> None:
    assert left_line(USED, limits, ENGLISH, in_server=True) == expected
