"""What each state of a job looks like, read from the components that are sent."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot import render
from bot.render import Link, Reply
from db.errors import FAILURES, FailureCode
from db.jobs import PLACE_MAX, State
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
    assert "⏳ Waiting in line\nThis one is next." in texts(render.waiting(JOB, 1))
    assert "Number **7** in line." in texts(render.waiting(JOB, 7))
    assert f"At least {PLACE_MAX - 1} others" in texts(render.waiting(JOB, PLACE_MAX))
    assert "tried again" in texts(render.waiting(replace(JOB, faults=1), 1))


def test_running_tells_since_when() -> None:
    assert f"🔄 Painting\nAt work since <t:{int(NOW.timestamp())}:R>." in texts(render.running(RUNNING))


def test_every_state_repeats_what_was_asked_for() -> None:
    for reply in (render.waiting(JOB, 1), render.running(RUNNING), render.done(DONE, b"webp", LINK)):
        assert "> a red fox in the snow" in texts(reply)
        assert "640 × 480 · Stable Image Core" in texts(reply)


def test_done_shows_the_preview_with_alt_text_and_all_the_facts() -> None:
    reply = render.done(DONE, b"webp", LINK)
    (attachment,) = reply.attachments()
    assert (attachment.filename, attachment.description) == ("preview.webp", "a red fox in the snow")
    assert "seed 42 · painted in 4.2 s" in texts(reply)
    assert f"<t:{int(LINK.expires_at.timestamp())}:R>" in texts(reply)
    sent = json.dumps(components(reply))
    assert '"url": "attachment://preview.webp"' in sent
    assert '"description": "a red fox in the snow"' in sent
    assert f'"url": "{LINK.url}"' in sent
    assert "Full size (PNG, 1.8 MB)" in sent


def test_a_link_too_long_for_a_button_goes_into_the_text() -> None:
    reply = render.done(DONE, b"webp", Link("https://bucket.example/" + "x" * 600, NOW))
    assert "[Full size (PNG, 1.8 MB)](https://bucket.example/xxx" in texts(reply)


@pytest.mark.parametrize("code", FailureCode)
def test_every_failure_says_what_happened_and_whether_it_was_charged(code: FailureCode) -> None:
    said = texts(render.failed(replace(RUNNING, state=State.FAILED, finished_at=NOW, failure=code)))
    assert FAILURES[code].text in said
    assert ("Nothing was charged." in said) is not FAILURES[code].charged


def test_the_longest_and_nastiest_prompt_stays_within_discords_limit() -> None:
    for prompt in ("*" * 2000, "🦊" * 1000, "\n" * 1999 + "x", "x" * 2000):
        nasty = replace(DONE, prompt=prompt)
        assert len(texts(render.done(nasty, b"webp", Link("https://x/" + "y" * 500, NOW)))) <= 4000
        assert len(texts(render.waiting(nasty, 5))) <= 4000
