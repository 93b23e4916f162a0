"""What an order is as a whole follows from its jobs."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.failures import FailureCode
from core.orders import COUNT_MAX, JOB_NUMBERS, Estimate, Order, Reply, State
from tests.jobs import JOB, NOW, job, order, picture, progress, reply
from tests.orders import request

QUEUED, RUNNING, DONE = State.QUEUED, State.RUNNING, State.DONE
FAILED, CANCELLED = State.FAILED, State.CANCELLED


@pytest.mark.parametrize(
    ("states", "whole"),
    [
        ([QUEUED, QUEUED], QUEUED),
        ([QUEUED, RUNNING], RUNNING),
        ([DONE, QUEUED], RUNNING),
        ([QUEUED, CANCELLED], RUNNING),
        ([DONE, RUNNING, FAILED, CANCELLED], RUNNING),
        ([CANCELLED, FAILED, DONE], DONE),
        ([CANCELLED, FAILED], FAILED),
        ([CANCELLED, CANCELLED], CANCELLED),
    ],
)
def test_the_state_of_all_follows_from_each(states: list[State], whole: State) -> None:
    shown = progress(*(job(number, state=state) for number, state in enumerate(states, start=1)))
    assert (shown.state, shown.is_final) == (whole, whole in (DONE, FAILED, CANCELLED))


def test_which_jobs_are_in_a_state_is_told_in_the_order_of_their_numbers() -> None:
    jobs = [job(number, state=state) for number, state in enumerate((DONE, QUEUED, DONE, FAILED), start=1)]
    shown = progress(*jobs)
    assert shown.in_state(DONE) == (jobs[0], jobs[2])
    assert shown.in_state(QUEUED, FAILED) == (jobs[1], jobs[3])
    assert shown.in_state(RUNNING) == ()


def test_an_order_changed_when_the_last_of_it_did() -> None:
    times = [NOW + timedelta(seconds=seconds) for seconds in range(1, 5)]
    assert progress().changed_at == NOW
    begun = progress(job(1, started_at=times[0], finished_at=times[2]), job(2, started_at=times[1]))
    assert begun.changed_at == times[2]
    erased = progress(job(of=order(erased_at=times[3]), started_at=times[0], finished_at=times[2]))
    assert erased.changed_at == times[3]


def test_a_job_and_its_picture_have_one_number_within_their_order() -> None:
    assert (job(4, of=order(id=9)).number, picture(4, of=order(id=9)).number) == (4, 4)
    assert job(4, of=order(id=9)).id == 9 * JOB_NUMBERS + 4 == 148
    # As the schema has it, and Discord's option.
    assert (JOB_NUMBERS, COUNT_MAX) == (16, 4)


def test_a_job_was_begun_and_a_picture_expired_once_there_is_a_time_for_it() -> None:
    assert (job().was_begun, job(started_at=NOW).was_begun) == (False, True)
    assert (picture().is_expired, picture(expired_at=NOW).is_expired) == (False, True)
    assert (job().attempt, job().faults, job().counted, picture().is_spilled) == (0, 0, Decimal(0), False)


@pytest.mark.parametrize(
    ("guild_id", "private", "ephemeral"),
    [(20, True, True), (20, False, False), (None, True, False), (None, False, False)],
)
def test_what_only_its_member_sees_is_a_private_reply_in_a_server(
    guild_id: int | None, private: bool, ephemeral: bool
) -> None:
    assert order(guild_id=guild_id, private=private).is_ephemeral is ephemeral


def test_unless_asked_otherwise_it_is_one_picture_from_words_that_all_may_see() -> None:
    plain = order()
    assert (plain.operation, plain.count, plain.inputs) == ("imagine", 1, ())
    assert (plain.private, plain.spoiler, plain.locale) == (False, False, "en-US")
    bare = Order(
        id=1,
        key=plain.key,
        created_at=NOW,
        member_id=1,
        guild_id=2,
        channel_id=3,
        model="core",
        prompt="a fox",
    )
    assert (bare.params, bare.seed, bare.erased_at) == ({}, None, None)


def test_parameters_are_read_by_name_and_what_was_not_asked_for_is_none_of_them() -> None:
    asked = request(width=640, height=480, seed=0, negative_prompt="rain", style="anime")
    assert (asked.size, asked.seed) == ((640, 480), 0)
    assert (asked.negative_prompt, asked.style) == ("rain", "anime")
    changed = asked.with_params(seed=None, style="tile-texture")
    assert changed.params == {
        "width": 640, "height": 480, "negative_prompt": "rain", "style": "tile-texture"
    }  # fmt: skip
    assert (changed.prompt, changed.interaction_id) == (asked.prompt, asked.interaction_id)


def test_a_token_is_nothing_to_print() -> None:
    assert "secret" not in repr(request(token="secret"))
    shown: Reply = reply(token="secret")
    assert "secret" not in repr(shown)
    assert shown.order == JOB.order


@pytest.mark.parametrize(
    ("now", "place_before", "told"),
    [
        (Estimate(None, 7), None, Estimate(None, 0)),
        (Estimate(1, 10), 1, Estimate(1, 0)),
        # A line that stands still is told no time, so that it is edited no more.
        (Estimate(7, 70), 7, Estimate(7, None)),
        (Estimate(7, 70), 8, Estimate(7, 70)),
        (Estimate(7, None), 7, Estimate(7, None)),
        (Estimate(1, 65, FailureCode.RATE_LIMITED, 60), 1, Estimate(1, 65, FailureCode.RATE_LIMITED, 60)),
    ],
)
def test_what_is_told_instead_of_a_time_that_is_over(
    now: Estimate, place_before: int | None, told: Estimate
) -> None:
    assert now.once_over(place_before) == told
