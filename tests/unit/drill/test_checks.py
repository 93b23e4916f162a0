"""The drill's verdict, given evidence of which it is known what is wrong with it."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from bot.messages.content import LinkAs, Unseen
from bot.messages.picture import Link, picture_content
from bot.messages.words import ENGLISH
from core.orders import JOB_NUMBERS
from sandbox.stability import Call
from sandbox.stability.generations import Generation
from sandbox.stability.work import Work
from tests.drill.bills import keys
from tests.drill.checks import judge
from tests.drill.evidence import Evidence, Shown, Stored
from tests.drill.journal import Journal
from tests.drill.schedule import Fault, Kind
from tests.jobs import picture
from tests.member import text

NOW = 1_800_000_000.0
WHEN = datetime.fromtimestamp(NOW, UTC)
KEY, JOB_ID = UUID(int=1), JOB_NUMBERS + 1
ORDER: dict[str, Any] = {
    "id": 1, "interaction_id": 100, "channel_id": 10, "count": 1, "erased_at": None, "prompt": "a fox",
    "message_id": 20, "reply_channel_id": None, "revision": 3, "shown_revision": 3, "given_up_revision": 0,
    "reply_failure": None, "state": "done",
}  # fmt: skip
JOB: dict[str, Any] = {
    "id": JOB_ID, "order_id": 1, "number": 1, "key": KEY, "state": "done", "operation": "imagine", "attempt": 1,
    "model": "stable-diffusion-v1-6", "width": 512, "height": 512, "prompt": "a fox", "seed": 7,
    "failure": None, "started_at": WHEN, "finished_at": WHEN, "lease_until": None, "run_after": WHEN,
    "picture_attempt": 1, "erased_at": None, "borrowed": False,
}  # fmt: skip
BILL: dict[str, Any] = {
    "job_id": JOB_ID, "attempt": 1, "credits": Decimal(1), "outcome": "billed", "request_id": "request",
    "prompt": "a fox", "generation": None,
}  # fmt: skip
CALL = Call("/v1", "stable-diffusion-v1-6", "a fox", "", "", 7, 200, "digest", "request", 1.0, NOW)


def evidence(job: dict[str, Any] | None = None, **changes: Any) -> Evidence:
    """All is well with it but for the changes to its one order, and to the job of that."""
    ticks = iter(range(1000))
    journal = Journal(io.StringIO(), clock=lambda: NOW - 0.5 + next(ticks) * 0.1)
    journal.on_line("worker-1", f"2027 INFO worker.loop: job {JOB_ID}: attempt 1")
    original, preview = keys(JOB)
    shown = Shown(10, 20, "Full size (PNG, 0.1 MB)", ("order:again:1",), NOW)
    return Evidence(
        journal,
        {100: "### ⏳ Waiting in line"},
        orders=[{**ORDER, **changes}],
        jobs=[{**JOB, **(job or {})}],
        ledger=[BILL],
        objects={original: Stored("digest", (512, 512)), preview: Stored("other", (512, 512))},
        calls=[CALL],
        messages={(10, 20): shown},
        settled_seconds=1.0,
        statuses={"bot": 0, "worker-1": 0},
        secrets=["hunter2"],
    )


def erased() -> Evidence:
    return evidence({"erased_at": WHEN}, erased_at=WHEN)


def pay_again(seen: Evidence) -> None:
    seen.calls.append(replace(CALL, seed=8, request_id="another"))
    seen.ledger.append({**BILL, "attempt": 2, "outcome": "unknown", "request_id": None})


def broken(seen: Evidence) -> set[str]:
    return {finding.kind for finding in judge(seen) if finding.broken}


def test_all_is_well() -> None:
    assert judge(evidence()) == []


def test_an_answered_command_without_an_order_is_lost() -> None:
    seen = evidence()
    seen.answers[101] = "### ⏳ Waiting in line"
    assert broken(seen) == {"lost"}


def test_two_orders_of_one_interaction_are_doubled_and_one_without_all_its_jobs_is_lost() -> None:
    seen = evidence()
    seen.orders.append({**ORDER, "id": 2, "state": "cancelled", "reply_failure": "the reply was deleted"})
    seen.deleted = {20}
    assert broken(seen) == {"doubled", "lost"}


@pytest.mark.parametrize("change", [{"state": "queued"}, {"lease_until": WHEN}])
def test_what_did_not_end_is_unfinished(change: dict[str, Any]) -> None:
    assert "unfinished" in broken(evidence(change))


def test_a_reply_that_is_behind_is_undelivered() -> None:
    assert broken(evidence(shown_revision=2)) == {"undelivered"}


def test_a_reply_that_is_nowhere_is_undelivered_unless_it_was_deleted_or_the_record_says_why() -> None:
    assert broken(evidence(message_id=21)) >= {"undelivered"}
    gone = evidence(message_id=21)
    gone.messages, gone.deleted = {}, {21}
    assert broken(gone) == set()
    why = "by token: Unknown Webhook; by direct message: Unknown User"
    given_up = evidence(shown_revision=2, given_up_revision=3, reply_failure=why)
    given_up.messages = {}
    assert broken(given_up) == set()


def test_words_and_a_link_in_the_place_of_the_picture_are_its_end() -> None:
    link = Link("https://bucket.example/original.png", WHEN)
    words = picture_content(picture(), Unseen.EXPLICIT, link, ENGLISH, link_as=LinkAs.TEXT)
    seen = evidence()
    read = text({"components": words.view.to_components()})  # type: ignore[no-untyped-call]  # discord.py's
    seen.messages = {(10, 20): replace(seen.messages[10, 20], text=read)}
    assert broken(seen) == set()


def test_some_of_an_orders_pictures_are_not_its_end() -> None:
    seen = evidence()
    said = "### 🔄 Painting: 1 of 2\nFull size 1"
    seen.messages = {(10, 20): replace(seen.messages[10, 20], text=said, custom_ids=("order:cancel:1",))}
    assert broken(seen) == {"undelivered", "left behind"}


def test_a_reply_that_only_its_token_finds_is_found_by_its_buttons() -> None:
    assert broken(evidence(message_id=None)) == set()
    nowhere = evidence(message_id=None)
    nowhere.messages = {}
    assert broken(nowhere) == {"undelivered"}


def test_a_record_that_blames_nobody_s_deletion_is_wrong() -> None:
    assert broken(evidence(reply_failure="the reply was deleted")) == {"undelivered"}


def test_a_picture_that_is_not_what_was_sent_is_wrong() -> None:
    seen = evidence()
    seen.objects[keys(JOB)[0]] = Stored("forged", (512, 512))
    assert broken(seen) == {"wrong picture"}
    seen = evidence()
    seen.objects[keys(JOB)[1]] = Stored("other", None)
    assert broken(seen) == {"wrong picture"}
    seen = evidence()
    del seen.objects[keys(JOB)[0]]
    assert broken(seen) == {"lost"}


def test_an_object_without_a_job_is_an_orphan_unless_its_worker_was_killed() -> None:
    seen = evidence({"attempt": 2, "picture_attempt": 2})
    seen.ledger.append({**BILL, "attempt": 2})
    seen.objects |= {key: Stored("digest", (512, 512)) for key in keys(seen.jobs[0])}
    assert broken(seen) == {"orphan"}
    lose(seen, Kind.WORKER_KILL)
    assert broken(seen) == set()
    assert {finding.kind for finding in judge(seen)} == {"orphan awaiting the sweep"}


@pytest.mark.parametrize("kind", [Kind.WORKER_KILL, Kind.WORKER_FREEZE])
def test_a_call_that_is_paid_twice_needs_a_reason(kind: Kind) -> None:
    seen = evidence()
    pay_again(seen)
    assert broken(seen) == {"extra paid call"}
    lose(seen, kind)
    assert broken(seen) == set()


def test_the_enlargement_that_was_paid_in_vain_is_the_one_that_no_job_holds() -> None:
    seen = evidence({"operation": "upscale", "model": "upscale-fast"})
    seen.calls = [
        replace(CALL, prompt="", request_id=name, at=NOW + at, sha256=digest)
        for name, at, digest in [("request", 0, "digest"), ("theirs", 1, "another")]
    ]
    extra = next(finding for finding in judge(seen) if finding.kind == "extra paid call")
    assert extra.what.startswith("theirs")


def relit(**changes: Any) -> Evidence:
    """What was begun, and is answered later."""
    seen = evidence({"operation": "relight", "model": "replace-background-and-relight"})
    seen.ledger = [{**BILL, "generation": "begun", "request_id": "of its result", **changes}]
    begin(seen, "begun", sha256="digest")
    seen.calls.pop(0)
    return seen


def begin(seen: Evidence, id_: str, **changes: Any) -> None:
    seen.calls.append(replace(CALL, sha256=None, request_id=f"of {id_}", generation_id=id_))
    work = Work("", 7, 512, 512, "PNG", 1, False, lambda _work: Image.new("L", (1, 1)), {})
    seen.generations[id_] = replace(Generation(id_, "", work, "", NOW, None), **changes)


def test_what_was_begun_is_one_call_of_the_ledger_and_brings_the_picture() -> None:
    assert judge(relit()) == []
    seen = relit()
    seen.generations["begun"].sha256 = "another"
    assert broken(seen) == {"wrong picture"}
    assert "not counted" in broken(relit(generation=None))
    assert "not counted" in broken(relit(generation="never begun"))
    seen = relit()
    seen.ledger.append({**seen.ledger[0], "attempt": 2, "outcome": "unknown"})
    assert broken(seen) == {"not counted"}


def test_what_is_begun_twice_for_one_attempt_is_not_counted() -> None:
    seen = relit()
    begin(seen, "again")
    seen.ledger[0]["credits"] = Decimal(2)
    assert broken(seen) == {"not counted", "extra paid call"}
    # Of an attempt whose worker was lost before it could note it nobody knows more.
    seen.ledger.append({**BILL, "attempt": 2, "outcome": "unknown", "request_id": None})
    lose(seen, Kind.WORKER_KILL)
    assert broken(seen) == set()


def test_what_stability_says_is_gone_is_begun_again() -> None:
    seen = relit()
    begin(seen, "gone")
    seen.ledger.append({**BILL, "attempt": 2, "outcome": "unknown", "generation": "gone"})
    lose(seen, Kind.WORKER_KILL)
    assert broken(seen) == {"extra paid call"}
    seen.generations["gone"].lost = True
    assert broken(seen) == set()


def test_what_was_begun_is_noted_by_a_worker_that_comes_back_too_late() -> None:
    seen = relit()
    begin(seen, "late")
    seen.ledger.append({**BILL, "attempt": 2, "outcome": "unknown", "generation": "late"})
    lose(seen, Kind.WORKER_FREEZE)
    assert broken(seen) == set()


def test_neither_a_polite_stop_nor_another_workers_death_is_a_reason() -> None:
    seen = evidence()
    pay_again(seen)
    lose(seen, Kind.WORKER_TERM)
    lose(seen, Kind.WORKER_KILL, target="worker-2")
    assert broken(seen) == {"extra paid call"}


@pytest.mark.parametrize("said", ["### Here is your picture\n> a fox\n-# 512", "**1.** a fox\n-# 512"])
def test_what_shows_a_deleted_picture_elsewhere_has_to_be_gone(said: str) -> None:
    seen = erased()
    seen.objects = {}
    seen.messages = {(30, 40): Shown(30, 40, said, (), NOW - 0.4)}
    assert broken(seen) == {"not deleted"}
    lose(seen, Kind.BOT_KILL)
    assert broken(seen) == set()
    seen = erased()
    seen.objects = {}
    seen.messages = {(30, 40): Shown(30, 40, said, (), NOW, ephemeral=True)}
    assert broken(seen) == set()
    seen = evidence()
    seen.messages[30, 40] = Shown(30, 40, said, (), NOW)
    assert broken(seen) == set()


def test_a_second_message_of_one_job_is_doubled_and_an_old_one_left_behind() -> None:
    seen = evidence()
    seen.messages[10, 21] = replace(seen.messages[10, 20], id=21)
    assert broken(seen) == {"doubled"}
    seen.messages[10, 21] = Shown(10, 21, "🔄 Painting", ("order:cancel:1",), NOW - 1)
    assert broken(seen) == {"left behind"}
    lose(seen, Kind.BOT_KILL, target="bot")
    assert broken(seen) == set()


def test_a_private_reply_stays_where_its_token_ended_while_it_waited() -> None:
    for ephemeral, left in ((True, set()), (False, {"left behind"})):
        seen = evidence(message_id=30, reply_channel_id=11)
        seen.messages[11, 30] = replace(seen.messages[10, 20], channel_id=11, id=30)
        seen.messages[10, 20] = Shown(
            10, 20, "⏳ Waiting in line", ("order:cancel:1",), NOW - 60, ephemeral=ephemeral
        )
        lose(seen, Kind.TOKENS_EXPIRE, target="all")
        assert broken(seen) == left


def test_a_private_picture_may_come_by_direct_message_as_well_if_its_token_ended_after_an_edit() -> None:
    for ephemeral, twice in ((True, set()), (False, {"doubled"})):
        seen = evidence(message_id=30, reply_channel_id=11)
        seen.messages[11, 30] = replace(seen.messages[10, 20], channel_id=11, id=30)
        seen.messages[10, 20] = replace(seen.messages[10, 20], at=NOW - 1, ephemeral=ephemeral)
        lose(seen, Kind.TOKENS_EXPIRE, target="all")
        assert broken(seen) == twice


def test_a_picture_may_come_again_elsewhere_if_the_bot_died_before_its_record() -> None:
    seen = evidence(message_id=21, reply_channel_id=11)
    seen.messages[10, 20] = replace(seen.messages[10, 20], at=NOW - 1)
    seen.messages[11, 21] = replace(seen.messages[10, 20], channel_id=11, id=21)
    assert broken(seen) == {"doubled"}
    lose(seen, Kind.BOT_KILL, target="bot")
    assert broken(seen) == set()
    seen.messages[10, 22] = replace(seen.messages[10, 20], id=22)
    assert broken(seen) == {"doubled"}


def test_what_stays_leaks() -> None:
    seen = evidence()
    seen.connections = {"tigerbrush-worker": 9}
    seen.connections_left = {"tigerbrush-bot": 1}
    seen.left_running = ["1 2 S python -m worker"]
    assert [finding.kind for finding in judge(seen)] == ["leak"] * 3


def test_an_end_that_nobody_asked_for_is_a_crash() -> None:
    seen = evidence()
    seen.journal.signalled("worker-1", -9)
    seen.journal.on_line("worker-1", "ended with status -9; starting it again")
    assert broken(seen) == set()
    seen.journal.on_line("worker-1", "ended with status 1; starting it again")
    assert broken(seen) == {"crash"}


def test_a_secret_in_a_line_is_found() -> None:
    seen = evidence()
    seen.journal.on_line("bot", "logging in with hunter2")
    assert broken(seen) == {"secret in the log"}


def lose(seen: Evidence, kind: Kind, target: str = "worker-1") -> None:
    event = seen.journal.begin(Fault(0, kind, 0, target, 1, 0))
    seen.journal.end(event)


def test_a_deleted_picture_leaves_neither_objects_nor_a_message() -> None:
    seen = erased()
    lose(seen, Kind.WORKER_KILL)
    assert broken(seen) == {"orphan", "not deleted"}
    seen.removals = [f"{KEY}/1/"]
    assert broken(seen) == {"not deleted"}
    seen.objects.clear()
    seen.messages.clear()
    seen.deleted.add(20)
    assert judge(seen) == []


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "free"},
        {"outcome": "open"},
        {"credits": Decimal("0.9")},
        {"request_id": "another"},
        {"request_id": None},
    ],
)
def test_what_is_billed_has_to_be_counted_and_found_by_its_id(change: dict[str, Any]) -> None:
    seen = evidence()
    seen.ledger = [{**BILL, **change}]
    assert "not counted" in broken(seen)
    seen.ledger = []
    assert broken(seen) == {"not counted", "extra paid call"}


def test_a_ledger_whose_recount_gives_something_else_is_wrong() -> None:
    seen = evidence()
    seen.differences = ["2027-01 all: 3 credits are counted, and a recount gives 4"]
    assert broken(seen) == {"ledger"}
