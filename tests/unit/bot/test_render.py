"""What an order of one picture looks like in each state, read from the components that are sent."""

import json
import re
import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.messages.changes import what_was_done
from bot.messages.content import Content, Unseen
from bot.messages.estimate import REPLACED_SECONDS, in_about, over_seconds
from bot.messages.failures import CANCEL_TEXTS, FAILURE_TEXTS
from bot.messages.order import order_content
from bot.messages.picture import Link
from bot.messages.words import ENGLISH, Languages, Words
from core.failures import FAILURES, FailureCode, Outcome
from core.operations import OPERATIONS
from core.orders import FRONT, PRESSED, CancelReason, Estimate, Job, Progress, State
from tests.jobs import NOW, done, job, order, progress

BEGUN: dict[str, Any] = {"started_at": NOW, "attempt": 1}
ENDED: dict[str, Any] = {**BEGUN, "finished_at": NOW + timedelta(seconds=8)}
LINK = Link("https://bucket.example/picture.png?signature=1", NOW + timedelta(days=7))

FIRST = Estimate(1, stands=True)
UNKNOWN = Estimate()


def shown(
    of: Progress | Job,
    estimate: Estimate = UNKNOWN,
    *,
    preview: bytes | Unseen = b"webp",
    link: Link | None = LINK,
    say: Words = ENGLISH,
) -> Content:
    """With the same preview and link for each picture."""
    of = progress(of) if isinstance(of, Job) else of
    ids = [picture.id for picture in of.pictures]
    return order_content(of, estimate, dict.fromkeys(ids, preview), dict.fromkeys(ids, link), say)


def components(content: Content) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = content.view.to_components()  # type: ignore[no-untyped-call]  # discord.py's
    return found


def texts(content: Content) -> str:
    """All text displays of a message, in order."""
    found: list[str] = []

    def walk(component: dict[str, Any]) -> None:
        if component["type"] == 10:
            found.append(component["content"])
        for child in component.get("components", []):
            walk(child)

    for component in components(content):
        walk(component)
    return "\n".join(found).replace("\N{NO-BREAK SPACE}", " ")


def buttons(content: Content) -> list[str]:
    return re.findall(
        r'"type": 2, [^}]*?"label": "([^"]+)"', json.dumps(components(content), ensure_ascii=False)
    )


def waiting(**changes: Any) -> Job:
    return job(state=State.QUEUED, **changes)


def running(**changes: Any) -> Job:
    return job(state=State.RUNNING, **{**BEGUN, **changes})


def failed(code: FailureCode, counted: str = "0") -> Job:
    return job(state=State.FAILED, failure=code, counted=Decimal(counted), **ENDED)


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        (FIRST, "### ⏳ Next in line\n> "),
        (Estimate(2, stands=True), "### ⏳ Number 2 in line\n> "),
        (Estimate(FRONT, stands=True), f"### ⏳ Number {FRONT} in line\n> "),
        # Behind the front, and where it moves, a number would not stay true.
        (Estimate(FRONT + 1, stands=True), "### ⏳ Waiting in line\n> "),
        (Estimate(1), "### ⏳ Waiting in line\n> "),
        (UNKNOWN, "### ⏳ Waiting in line\n> "),
    ],
)
def test_waiting_tells_the_place_where_it_stays_true(estimate: Estimate, said: str) -> None:
    assert texts(shown(waiting(), estimate)).startswith(said)
    assert (estimate.shown_place or 0) == (estimate.place or 0) * (1 if estimate.told_place else -1)


def test_waiting_after_a_fault_says_so() -> None:
    assert "tried again" in texts(shown(waiting(faults=1), FIRST))
    assert "tried again" not in texts(shown(waiting(), FIRST))


SINCE = f"<t:{int(NOW.timestamp())}:R>"


def test_running_tells_since_when_and_until_when() -> None:
    assert f"### 🔄 Painting\nStarted {SINCE}.\n" in texts(shown(running()))
    soon = texts(shown(running(), Estimate(None, 4.0)))
    assert re.search(rf"Started {SINCE}, likely done <t:\d+:R>\.\n", soon)
    assert f"Started {SINCE}, done any moment now.\n" in texts(shown(running(), Estimate(None, 0.0)))


def test_what_is_known_of_the_time_is_told_as_a_countdown() -> None:
    assert re.search(r"line\nLikely done <t:\d+:R>\.\n", texts(shown(waiting(), Estimate(9, 40.0))))


@pytest.mark.parametrize("seconds", [0.5, 4.0, 59.0, 3600.0])
def test_a_time_to_come_is_replaced_before_it_reads_as_gone_by(seconds: float) -> None:
    """Discord rounds it down, and whoever replaces it takes a moment."""
    told = int(in_about(seconds)[3:-3])
    replaced = over_seconds(Estimate(None, seconds))
    assert replaced is not None
    assert told - 1 >= int(time.time() + replaced)


def test_a_time_that_is_over_is_never_told() -> None:
    assert "### ⏳ Waiting in line\nAny moment now.\n" in texts(shown(waiting(), Estimate(1, 0.0)))
    assert over_seconds(Estimate(1, 0.0)) is None
    told = over_seconds(Estimate(1, 65.0, FailureCode.RATE_LIMITED, pause_seconds=60.0))
    assert told == 60 + REPLACED_SECONDS


def test_a_pause_is_told_with_its_end_where_that_is_known() -> None:
    pause = Estimate(1, 65.0, FailureCode.RATE_LIMITED, pause_seconds=60.0, stands=True)
    assert re.search(
        r"⏳ Next in line\nStability asked for a pause.*\. It goes on <t:\d+:R>\.\nLikely done <t:\d+:R>\.",
        texts(shown(waiting(), pause)),
    )
    paused = texts(shown(waiting(), Estimate(1, None, FailureCode.BAD_KEY, stands=True)))
    assert "⏳ Next in line\nPaused: Stability does not accept this bot's key." in paused
    assert "Likely" not in paused


@pytest.mark.parametrize("code", [code for code in FailureCode if FAILURES[code].halts_provider])
def test_who_waits_is_told_what_pauses_all(code: FailureCode) -> None:
    said = texts(shown(waiting(), Estimate(2, None, code, stands=True)))
    assert "Number 2 in line\n" in said
    assert FAILURE_TEXTS[code] in said


def test_all_that_was_used_is_shown() -> None:
    asked = order(style="anime", negative_prompt="*rain*", private=True)
    assert r"style Anime · without \*rain\* · seed 7 · private · painted in 8.0 s" in texts(
        shown(done(of=asked))
    )
    # The seed that was asked for, while it is not known which one it was; and the size of the picture itself.
    assert "seed 11" in texts(shown(waiting(of=order(seed=11)), FIRST))
    assert "seed 11" in texts(shown(done(of=order(seed=11), seed=None)))
    assert "seed" not in texts(shown(waiting(), FIRST))
    assert "2560 × 1920" in texts(shown(done(width=2560, height=1920)))
    # By the name that the menu has for it.
    german = texts(shown(waiting(of=order(style="line-art")), FIRST, say=Languages().of("de")))
    assert "Stil Strichzeichnung" in german


def test_each_state_has_the_buttons_that_make_sense_there() -> None:
    assert buttons(shown(waiting(), FIRST)) == ["Cancel"]
    assert buttons(shown(running())) == ["Cancel"]
    assert buttons(shown(done())) == ["Full size", "Again", "Edit", "Vary", "More"]
    # Edit is for what was imagined or varied, and Again not for what would come out the same.
    for operation, verbs in {
        "vary": ["Again", "Edit"], "erase": ["Again"], "upscale": [], "cut-out": [], "of the future": [],
    }.items():  # fmt: skip
        made = order(operation=operation, model="upscale-fast", inputs=(17,))
        assert buttons(shown(done(of=made))) == ["Full size", *verbs, "Vary", "More"]
        assert buttons(shown(job(of=made, state=State.CANCELLED))) == verbs
    assert buttons(shown(failed(FailureCode.REFUSED))) == ["Again", "Edit"]


def test_buttons_of_the_order_name_it_and_those_of_the_picture_name_that() -> None:
    said = json.dumps(components(shown(done())))
    assert re.findall(r"(?:order|picture):\w+:\d+", said) == [
        "order:again:1", "order:edit:1", "picture:vary:17", "picture:more:17",
    ]  # fmt: skip
    assert "order:cancel:1" in json.dumps(components(shown(running())))


@pytest.mark.parametrize("covered", [True, False])
def test_a_spoiler_is_covered_and_nothing_else_is(covered: bool) -> None:
    (gallery, *_rest) = components(shown(done(of=order(spoiler=covered))))[0]["components"]
    assert [item.get("spoiler", False) for item in gallery["items"]] == [covered]


@pytest.mark.parametrize("reason", CancelReason)
def test_what_another_cancelled_says_why(reason: CancelReason) -> None:
    cancelled = job(state=State.CANCELLED, finished_at=NOW, cancelled_for=reason)
    assert f"🚫 Cancelled\n{CANCEL_TEXTS[reason]}\nNothing was charged." in texts(shown(cancelled))


def test_a_cancelled_order_says_what_it_counts() -> None:
    cancelled = job(state=State.CANCELLED, finished_at=NOW)
    assert "🚫 Cancelled\nNothing was charged." in texts(shown(cancelled))
    begun = replace(cancelled, started_at=NOW, counted=Decimal("6.5"))
    assert "It counts as 6.5 credits, as Stability may bill" in texts(shown(begun))
    assert "It counts as 1 credit, as" in texts(shown(replace(begun, counted=Decimal("1.0"))))
    # Its worker knew better than whoever cancelled it.
    assert "Nothing was charged." in texts(shown(replace(begun, counted=Decimal(0))))


def test_every_state_repeats_what_was_asked_for() -> None:
    for content in (
        shown(waiting(), FIRST),
        shown(running()),
        shown(done()),
        shown(failed(FailureCode.REFUSED)),
        shown(job(state=State.CANCELLED)),
    ):
        said = texts(content).replace("-# ✓ ", "-# ")
        assert "> a red fox in the snow\n-# 640 × 480 · made by AI with Stable Image Core" in said


def test_done_shows_the_preview_with_alt_text_and_its_link() -> None:
    content = shown(done())
    (attachment,) = content.attachments()
    assert (attachment.filename, attachment.description) == (
        "preview.webp",
        "a red fox in the snow (made by AI)",
    )
    assert "seed 7 · painted in 8.0 s · PNG, 1.5 MB" in texts(content)
    assert "-# ✓ 640 × 480" in texts(content)
    # When the link ends is told by Link.
    assert "<t:" not in texts(content)
    assert LINK.url in json.dumps(components(content))
    assert "Open one of these pictures" not in json.dumps(components(content))


def test_a_spilled_picture_says_that_its_full_size_follows() -> None:
    content = shown(done(is_spilled=True), link=None)
    assert "its full size follows shortly" in texts(content)
    assert buttons(content) == ["Again", "Edit", "Vary", "More"]


def test_an_expired_picture_says_so_and_has_no_button_for_its_full_size() -> None:
    content = shown(done(expired_at=NOW), link=None)
    assert "The full size has expired" in texts(content)
    assert "follows shortly" not in texts(content)
    assert buttons(content) == ["Again", "Edit", "More"]
    assert "MB" not in texts(content)


def test_a_link_too_long_for_a_button_goes_into_the_text() -> None:
    content = shown(done(), link=Link("https://bucket.example/" + "x" * 600, NOW))
    assert "[Full size](https://bucket.example/xxx" in texts(content)
    assert content.without_button is None


@pytest.mark.parametrize("unseen", Unseen)
def test_without_its_picture_an_order_says_why_and_has_the_link(unseen: Unseen) -> None:
    whole = shown(done())
    assert whole.without_picture is not None
    content = whole.without_picture(unseen)
    assert content.attachments() == []
    assert "🖼️ It" in texts(content)
    assert "attachment://" not in json.dumps(components(content))
    assert LINK.url in json.dumps(components(content))
    assert content.without_picture is None
    assert content.without_button is not None
    assert f"[Full size]({LINK.url})" in texts(content.without_button())
    assert content.without_button().without_button is None


def test_without_its_link_an_order_still_has_its_picture() -> None:
    whole = shown(done())
    assert whole.without_link is not None
    content = whole.without_link()
    assert "for harmful" in texts(content)
    assert LINK.url not in json.dumps(components(content))
    assert len(content.attachments()) == 1
    assert content.without_link is None
    assert buttons(content) == ["Again", "Edit", "Vary", "More"]


def test_a_spilled_or_expired_picture_that_is_not_shown_speaks_of_no_small_version() -> None:
    for picture in (done(is_spilled=True), done(expired_at=NOW)):
        said = texts(shown(picture, preview=Unseen.REFUSED, link=None))
        assert "small version" not in said
        assert "full size" in said


@pytest.mark.parametrize("code", FailureCode)
def test_every_failure_says_what_happened_and_what_it_counts(code: FailureCode) -> None:
    assert FAILURE_TEXTS.keys() == set(FailureCode)
    free = texts(shown(failed(code)))
    assert f"### ⚠️ No picture\n{FAILURE_TEXTS[code]}\nNothing was charged." in free
    counted = texts(shown(failed(code, "9")))
    charge = "It counts as 9 credits, as Stability may bill what it had begun."
    if FAILURES[code].outcome is Outcome.BILLED:
        charge = "Stability charges for it all the same."
    assert f"{FAILURE_TEXTS[code]}\n{charge}" in counted
    assert "Nothing was charged." not in counted


def test_a_long_prompt_is_cut_and_can_be_seen_whole() -> None:
    long, short = order(prompt="a " * 1000), order(prompt="a " * 100)
    for content, others in (
        (shown(waiting(of=long), FIRST), ["Cancel"]),
        (shown(running(of=long)), ["Cancel"]),
        (shown(replace(failed(FailureCode.REFUSED), order=long)), ["Again", "Edit"]),
    ):
        assert buttons(content) == [*others, "Whole prompt"]
        assert "order:prompt:1" in json.dumps(components(content))
        assert len(texts(content)) < 600
    # Of a picture, More has it.
    assert buttons(shown(done(of=long))) == ["Full size", "Again", "Edit", "Vary", "More"]
    assert "a a…" in texts(shown(done(of=long)))
    assert buttons(shown(waiting(of=short), FIRST)) == ["Cancel"]


def test_what_a_press_made_says_for_whom_it_is() -> None:
    pressed = replace(order(), params={**order().params, PRESSED: True})
    assert "-# for <@10> · 640 × 480" in texts(shown(waiting(of=pressed)))
    assert "-# ✓ for <@10> · 640 × 480" in texts(shown(done(of=pressed)))
    assert "<@" not in texts(shown(done()))
    assert "<@" not in texts(shown(done(of=replace(pressed, private=True))))


def test_the_longest_and_nastiest_prompt_stays_within_discords_limit() -> None:
    for prompt in ("*" * 2000, "🦊" * 1000, "\n" * 1999 + "x", "x" * 2000):
        nasty = order(prompt=prompt)
        assert len(texts(shown(done(of=nasty), link=Link("https://x/" + "y" * 500, NOW)))) <= 4000
        assert len(texts(shown(waiting(of=nasty), Estimate(5)))) <= 4000


@pytest.mark.parametrize(
    ("operation", "params", "said"),
    [
        ("vary", {"strength": 0.35}, "varied, strength 0.35"),
        ("replace", {"target": "the *dog*"}, r"“the \*dog\*” replaced"),
        ("extend", {"left": 300, "right": 0, "up": 20}, "extended to the left, upwards"),
        ("upscale", {}, "enlarged"),
        ("imagine", {}, None),
        ("of the future", {}, None),
    ],
)
def test_what_was_done_is_said(operation: str, params: dict[str, Any], said: str | None) -> None:
    made = replace(order(operation=operation), params=params)
    assert what_was_done(made, ENGLISH) == said
    assert (f"Stable Image Core · {said} · seed" in texts(shown(done(of=made)))) is (said is not None)


def test_every_change_is_said_also_in_german() -> None:
    said = {what_was_done(replace(order(operation=name), params={}), ENGLISH) for name in OPERATIONS}
    assert len(said) == len(OPERATIONS)
    varied = replace(order(operation="vary"), params={"strength": 0.35})
    assert what_was_done(varied, Languages().of("de")) == "variiert, Stärke 0,35"
