"""What each state of a job looks like, read from the components that are sent."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.messages import order as render
from bot.messages.order import Link
from bot.messages.reply import Reply, Unseen
from bot.messages.words import ENGLISH, Languages
from core.errors import FAILURES, FailureCode
from core.operations import Kind
from db.orders import PLACE_MAX, Estimate, State
from tests.jobs import JOB, NOW

RUNNING = replace(JOB, state=State.RUNNING, started_at=NOW)
DONE = replace(
    RUNNING,
    state=State.DONE,
    finished_at=NOW + timedelta(seconds=4.25),
    painted_seed=42,
    original_bytes=1_834_000,
)
LINK = Link("https://bucket.example/picture.png?signature=1", NOW + timedelta(days=7))


FIRST = Estimate(1, None)
UNKNOWN = Estimate(None, None)


def components(reply: Reply) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = reply.view.to_components()  # type: ignore[no-untyped-call]  # discord.py's
    return found


def texts(reply: Reply) -> str:
    """All text displays of a message, in order."""
    found: list[str] = []

    def walk(component: dict[str, Any]) -> None:
        if component["type"] == 10:
            found.append(component["content"])
        for child in component.get("components", []):
            walk(child)

    for component in components(reply):
        walk(component)
    return "\n".join(found)


def test_waiting_tells_the_place() -> None:
    assert "⏳ Waiting in line\nThis one is next." in texts(render.waiting(JOB, FIRST, ENGLISH))
    assert "Number **7** in line." in texts(render.waiting(JOB, Estimate(7, None), ENGLISH))
    assert f"At least {PLACE_MAX - 1} others" in texts(
        render.waiting(JOB, Estimate(PLACE_MAX, None), ENGLISH)
    )
    assert "tried again" in texts(render.waiting(replace(JOB, faults=1), FIRST, ENGLISH))


def test_running_tells_since_when() -> None:
    assert f"🔄 Painting\nAt work since <t:{int(NOW.timestamp())}:R>." in texts(
        render.running(RUNNING, UNKNOWN, ENGLISH)
    )


def test_what_is_known_of_the_time_is_told_as_a_countdown() -> None:
    for reply in (
        render.waiting(JOB, Estimate(3, 40.0), ENGLISH),
        render.running(RUNNING, Estimate(None, 4.0), ENGLISH),
    ):
        assert re.search(r"Likely done <t:\d+:R>\.", texts(reply))


def test_a_time_that_is_over_is_never_told() -> None:
    for reply in (
        render.waiting(JOB, Estimate(1, 0.0), ENGLISH),
        render.running(RUNNING, Estimate(None, 0.0), ENGLISH),
    ):
        assert "Likely done any moment." in texts(reply)
    assert render.over_seconds(Estimate(1, 0.0)) is None
    told = render.over_seconds(Estimate(1, 65.0, FailureCode.RATE_LIMITED, pause_seconds=60.0))
    assert told == 60 + render.REPLACED_SECONDS
    assert render.REPLACED_SECONDS < render.LATE_SECONDS


def test_a_pause_is_told_with_its_end_where_that_is_known() -> None:
    resting = texts(
        render.waiting(JOB, Estimate(1, 65.0, FailureCode.RATE_LIMITED, pause_seconds=60.0), ENGLISH)
    )
    assert re.search(
        r"This one is next\.\nStability asked for a pause.*\. It goes on <t:\d+:R>\. Likely done <t:\d+:R>\.",
        resting,
    )
    paused = texts(render.waiting(JOB, Estimate(1, None, FailureCode.BAD_KEY), ENGLISH))
    assert "This one is next.\nPaused: Stability does not accept this bot's key." in paused
    assert "Likely" not in paused


def test_all_that_was_used_is_shown() -> None:
    job = replace(DONE, style="anime", negative_prompt="*rain*", private=True)
    shown = texts(render.done(job, b"webp", LINK, ENGLISH))
    assert r"style anime · without \*rain\* · seed 42 · private" in shown
    # By the name that the menu has for it.
    german = texts(render.waiting(replace(job, style="line-art"), FIRST, Languages().of("de")))
    assert "Stil Strichzeichnung" in german


def buttons(reply: Reply) -> list[str]:
    return re.findall(r'"label": "([^"]+)"', json.dumps(components(reply)))


def test_each_state_has_the_buttons_that_make_sense_there() -> None:
    assert buttons(render.waiting(JOB, FIRST, ENGLISH)) == ["Cancel"]
    assert buttons(render.running(RUNNING, UNKNOWN, ENGLISH)) == ["Cancel"]
    done = buttons(render.done(DONE, b"webp", LINK, ENGLISH))
    assert done[1:] == ["Link", "Again", "Edit", "Upscale", "Favourite", "Delete"]
    upscaled = replace(DONE, kind=Kind.UPSCALE, model="upscale-fast", parent_id=1)
    assert buttons(render.done(upscaled, b"webp", LINK, ENGLISH))[1:] == ["Link", "Favourite", "Delete"]
    failed = replace(RUNNING, state=State.FAILED, finished_at=NOW, failure=FailureCode.REFUSED)
    assert buttons(render.failed(failed, ENGLISH)) == ["Again", "Edit"]


def test_a_spoiler_is_covered() -> None:
    spoiler = components(render.done(replace(DONE, spoiler=True), b"webp", LINK, ENGLISH))
    assert '"spoiler": true' in json.dumps(spoiler[0]["components"][0])


def test_a_cancelled_job_says_whether_it_may_be_billed() -> None:
    cancelled = replace(JOB, state=State.CANCELLED, finished_at=NOW)
    assert "Nothing was charged." in texts(render.cancelled(cancelled, ENGLISH))
    begun = replace(cancelled, started_at=NOW)
    assert "may still bill its owner" in texts(render.cancelled(begun, ENGLISH))


def test_every_state_repeats_what_was_asked_for() -> None:
    for reply in (
        render.waiting(JOB, FIRST, ENGLISH),
        render.running(RUNNING, UNKNOWN, ENGLISH),
        render.done(DONE, b"webp", LINK, ENGLISH),
    ):
        assert "> a red fox in the snow" in texts(reply)
        assert "640 × 480 · Stable Image Core" in texts(reply)


def test_done_shows_the_preview_with_alt_text_and_all_the_facts() -> None:
    reply = render.done(DONE, b"webp", LINK, ENGLISH)
    (attachment,) = reply.attachments()
    assert (attachment.filename, attachment.description) == ("preview.webp", "a red fox in the snow")
    assert "seed 42 · painted in 4.2 s" in texts(reply)
    assert f"<t:{int(LINK.expires_at.timestamp())}:R>" in texts(reply)
    sent = json.dumps(components(reply))
    assert '"url": "attachment://preview.webp"' in sent
    assert '"description": "a red fox in the snow"' in sent
    assert f'"url": "{LINK.url}"' in sent
    assert "Full size (PNG, 1.8 MB)" in sent


def test_a_parked_picture_has_its_preview_and_no_link_yet() -> None:
    reply = render.done(replace(DONE, parked=True), b"webp", None, ENGLISH)
    assert len(reply.attachments()) == 1
    assert "its full size follows shortly" in texts(reply)
    assert '"url": "http' not in json.dumps(components(reply))
    assert buttons(reply) == ["Link", "Again", "Edit", "Upscale", "Favourite", "Delete"]


def test_an_expired_picture_says_so_and_has_no_button_for_its_full_size() -> None:
    expired = replace(DONE, expired_at=NOW)
    reply = render.done(expired, b"webp", None, ENGLISH)
    assert "The full size has expired" in texts(reply)
    assert "follows shortly" not in texts(reply)
    assert buttons(reply) == ["Again", "Edit", "Favourite", "Delete"]


@pytest.mark.parametrize("code", [code for code in FailureCode if FAILURES[code].pausing])
def test_who_waits_is_told_what_pauses_all(code: FailureCode) -> None:
    said = texts(render.waiting(JOB, Estimate(2, None, code), ENGLISH))
    assert "Number **2** in line." in said
    assert FAILURES[code].text in said


def test_a_link_too_long_for_a_button_goes_into_the_text() -> None:
    reply = render.done(DONE, b"webp", Link("https://bucket.example/" + "x" * 600, NOW), ENGLISH)
    assert "[Full size (PNG, 1.8 MB)](https://bucket.example/xxx" in texts(reply)


@pytest.mark.parametrize("unseen", Unseen)
def test_without_its_picture_a_reply_says_why_and_has_the_link(unseen: Unseen) -> None:
    whole = render.done(DONE, b"webp", LINK, ENGLISH)
    assert whole.without_picture is not None
    reply = whole.without_picture(unseen)
    assert reply.attachments() == []
    assert "🖼️ It" in texts(reply)
    assert "attachment://" not in json.dumps(components(reply))
    assert LINK.url in json.dumps(components(reply))
    assert reply.without_picture is None
    assert reply.without_button is not None
    assert f"[Full size (PNG, 1.8 MB)]({LINK.url})" in texts(reply.without_button())
    assert reply.without_button().without_button is None


def test_a_parked_or_expired_picture_that_is_not_shown_speaks_of_no_small_version() -> None:
    for job in (replace(DONE, parked=True), replace(DONE, expired_at=NOW)):
        said = texts(render.done(job, Unseen.REFUSED, None, ENGLISH))
        assert "small version" not in said
        assert "full size" in said


@pytest.mark.parametrize("code", FailureCode)
def test_every_failure_says_what_happened_and_whether_it_was_charged(code: FailureCode) -> None:
    said = texts(render.failed(replace(RUNNING, state=State.FAILED, finished_at=NOW, failure=code), ENGLISH))
    assert FAILURES[code].text in said
    charge = "Nothing was charged."
    if FAILURES[code].charged:
        charge = "Stability charges for it all the same."
    elif FAILURES[code].maybe_billed:
        charge = "Nothing is charged to you; Stability may still bill its owner"
    assert charge in said
    assert said.count("charge") == 1


def test_the_longest_and_nastiest_prompt_stays_within_discords_limit() -> None:
    for prompt in ("*" * 2000, "🦊" * 1000, "\n" * 1999 + "x", "x" * 2000):
        nasty = replace(DONE, prompt=prompt)
        assert len(texts(render.done(nasty, b"webp", Link("https://x/" + "y" * 500, NOW), ENGLISH))) <= 4000
        assert len(texts(render.waiting(nasty, Estimate(5, None), ENGLISH))) <= 4000
