"""What members type: stored without what cannot be, shown as it stands, and within Discord's limits."""

import asyncio
import json
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.commands.queue import queue_view
from bot.controls import edit_modal as edit
from bot.controls.buttons import Action, OrderButton, PictureButton
from bot.controls.page_controls import SEARCH_LENGTH_MAX, Move, PageButton, Query
from bot.messages.content import Content, Unseen, notice
from bot.messages.gallery_page import empty_text, page_content
from bot.messages.order import order_content
from bot.messages.picture import Link
from bot.messages.prompts import ALT_TEXT_LENGTH_MAX, SHOWN_LENGTH_MAX, alt_text, escape
from bot.messages.words import ENGLISH, Languages, Words
from core.errors import InvalidRequest
from core.failures import FAILURES, FailureCode
from core.operations import MODELS, OPERATIONS, SEED_MAX, STYLES
from core.orders import COUNT_MAX, Estimate, Order, Picture, Progress, State
from core.validation import clean
from db.pictures import Page
from sandbox.discord.rules.attachments import Upload
from sandbox.discord.rules.messages import read_parts
from sandbox.discord.rules.modals import read_modal
from sandbox.discord.state import Attachment
from tests.fuzz.examples import fuzz, json_values, outcome, texts
from tests.jobs import NOW, done, job, order, picture

BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LANGUAGES = [ENGLISH, Languages().of("de")]

prompts = texts.filter(lambda text: bool(text.strip()))


def storable(text: str) -> bool:
    return "\0" not in text and text == text.encode(errors="ignore").decode() and not BIDI & set(text)


@fuzz(300)
@given(typed=texts)
def test_a_prompt_is_stored_or_refused_in_words(typed: str) -> None:
    cleaned = outcome(lambda: clean_prompt(typed), InvalidRequest)
    if isinstance(cleaned, InvalidRequest):
        assert "a red fox in the snow" in str(cleaned)
        assert not any(
            unicodedata.category(char)[0] in "LN" and char not in "\u3164\u115f\u1160\uffa0" for char in typed
        )
        return
    assert cleaned
    assert storable(cleaned)
    assert clean_prompt(cleaned) == cleaned
    assert len(cleaned) <= len(typed)
    assert [char for char in cleaned if char.isalnum()] == [char for char in typed if char.isalnum()]


@fuzz(100)
@given(typed=texts | st.none())
def test_a_negative_prompt_is_stored_or_none(typed: str | None) -> None:
    cleaned = clean_negative_prompt(typed)
    assert cleaned is None or (cleaned and storable(cleaned) and clean_negative_prompt(cleaned) == cleaned)


sides = (
    st.integers(SIDE_MIN - 5, SIDE_MAX + 5)
    | st.integers()
    | st.sampled_from([0, 1, -1, 2**31, 2**63, 10**40])
)


@fuzz(200)
@given(width=sides, height=sides)
@example(-5, 100)
@example(0, 0)
@example(1, 1)
@example(10**40, 1)
def test_a_size_is_one_that_can_be_painted_or_refused_in_words(width: int, height: int) -> None:
    right = all(SIDE_MIN <= side <= SIDE_MAX for side in (width, height)) and width * height <= PIXELS_MAX
    try:
        check_size(width, height)
    except InvalidRequest:
        assert not right
    else:
        assert right


@fuzz(100)
@given(
    model=st.sampled_from(sorted(MODELS)),
    negative=texts | st.none(),
    style=st.sampled_from(STYLES) | texts | st.none(),
)
def test_options_are_what_the_model_takes_or_refused_in_words(
    model: str, negative: str | None, style: str | None
) -> None:
    refused = outcome(
        lambda: check_options(MODELS[model], negative_prompt=negative, style=style), InvalidRequest
    )
    if refused is not None:
        assert len(str(refused)) < 2000
    else:
        assert style is None or style in MODELS[model].styles
        assert negative is None or len(negative) <= PROMPT_LENGTH_MAX


# -- what is shown


def rendered(escaped: str) -> str:
    """What a reader sees: what follows a backslash stands for itself, if it is no letter, digit or space."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", escaped)


MEANT = re.compile(
    r"""[*_~`|\[\]]               # emphasis, code, spoilers, links
      | [<>@\#]                   # mentions, quotes, headings, timestamps, custom emoji
      | ://|:\w+:|\w\.\w          # links, emoji by name, hosts
      | ^\s*(-|\+|\d+\.)\s        # lists, small print
    """,
    re.VERBOSE | re.ASCII,
)


@fuzz(400)
@given(text=texts, length_max=st.sampled_from([5, 20, 120, 200, SHOWN_LENGTH_MAX]))
@example("\\" * 50, 20)
@example("a\\*" * 50, 20)
@example("1. x", 20)
@example("¯\\_(ツ)_/¯", 120)
def test_what_was_typed_is_shown_as_it_was_typed(text: str, length_max: int) -> None:
    shown = escape(text, length_max)
    assert len(shown) <= length_max
    assert len(shown.splitlines()) <= 1
    whole = " ".join(text.split())
    bare = re.sub(r"\\[^0-9A-Za-z\s]", "", shown)
    assert MEANT.search(bare) is None
    assert "\\" not in bare
    if rendered(shown) != whole:
        assert shown.endswith("…")
        assert whole.startswith(rendered(shown[:-1]))
        assert len(shown) > length_max * 0.5 or "\\" in text


@fuzz(100)
@given(prompt=texts)
def test_an_alt_text_is_within_the_limit(prompt: str) -> None:
    assert len(alt_text(prompt)) <= ALT_TEXT_LENGTH_MAX


# -- custom ids

ids = st.integers(0, 10**18 - 1)
queries = st.builds(
    Query,
    owner_id=st.none() | st.integers(1, 2**63 - 1),
    search=texts.map(lambda text: text[:SEARCH_LENGTH_MAX].strip()),
    favourites=st.booleans(),
    page_size=st.integers(1, 9),
)


async def made(cls: Any, custom_id: str) -> Any:
    """As discord.py does it; None where the button is none of this class."""
    match = cls.__discord_ui_compiled_template__.fullmatch(custom_id)
    return None if match is None else await cls.from_custom_id(None, None, match)


@fuzz(200)
@given(query=queries, move=st.sampled_from(Move), cursor=ids)
async def test_a_pages_buttons_remember_all_of_it(query: Query, move: Move, cursor: int) -> None:
    custom_id = query.custom_id(move, cursor)
    assert len(custom_id) <= 100
    button = await made(PageButton, custom_id)
    assert (button._query, button._move, button._cursor) == (query, move, cursor)
    assert button.item.custom_id == custom_id


near = st.one_of(
    st.builds(
        "{}:{}:{}".format,
        st.sampled_from(["job", "gallery", "edit", "JOB", ""]),
        st.sampled_from([*Action, *Move, "open", "agai", "AGAIN", "\uff41gain", ""]) | texts,
        st.sampled_from(
            [
                "1",
                "-1",
                "0",
                "01",
                "9" * 19,
                "9" * 20,
                "٣",
                "²",
                " 1",
                "1\n",
                "1:2:6:0:fox",
                "1:2:0:0:",
                "1:2:6:2:",
                "1:2:10:0:",
            ]
        ),
    ),
    st.builds("edit:{}".format, st.sampled_from(["1", "9" * 19, "9" * 20, "٣", "", "1\n"])),
    texts,
)


@fuzz(300)
@given(custom_id=near)
@example("job:agai:1")
@example("gallery:n:1:2:0:0:")
async def test_an_id_is_a_button_of_ours_or_of_nobody(custom_id: str) -> None:
    for cls in (JobButton, PageButton):
        button = await made(cls, custom_id)
        assert button is None or len(button.item.custom_id) <= len(custom_id)
        if isinstance(button, PageButton):
            assert button._query.page_size >= 1
    if match := CUSTOM_ID.fullmatch(custom_id):
        assert int(match["id"]) >= 0


# -- the modal


@fuzz(300)
@given(data=st.fixed_dictionaries({}, optional={"components": json_values}))
@example({"components": [{"value": "x"}]})
@example({"components": 5})
@example({"components": [[], None, {"components": "x", "component": 3}]})
@example({"components": [{"custom_id": [], "value": "x"}]})
def test_a_modal_of_any_shape_is_read(data: dict[str, Any]) -> None:
    for name, value in edit._filled_in(data).items():
        assert isinstance(name, str)
        assert isinstance(value, str)


@fuzz(200)
@given(typed=texts | st.from_regex(r"\A\s*\d{1,6}\s*[x×*, ]\s*\d{1,6}\s*\Z"))
@example("٣٠٠ × ٣٠٠")
@example("<@1> **x**")
@example("\0\ud800")
def test_a_size_that_was_typed_is_one_or_refused_in_words(typed: str) -> None:
    size = outcome(lambda: edit._size(typed), InvalidRequest)
    if isinstance(size, InvalidRequest):
        assert str(size).encode()
        assert "<@" not in str(size)
    else:
        check_size(*size)


# -- whole messages

credit_texts = st.none() | prompts.map(lambda text: clean_negative_prompt(text))
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def _prompt(text: str) -> str:
    try:
        return clean_prompt(text)
    except InvalidRequest:
        return "fox"


@st.composite
def jobs(draw: st.DrawFn, /, state: State, **fixed: Any) -> Job:
    """Any that Postgres may hold."""
    started = draw(moments)
    changes = {
        "state": state,
        "id": draw(ids),
        "prompt": draw(texts.map(_prompt)),
        "negative_prompt": draw(credit_texts),
        "width": draw(st.integers(1, 6144)),
        "height": draw(st.integers(1, 6144)),
        "model": draw(st.sampled_from([*MODELS, "a-model-that-was"])),
        "kind": draw(st.sampled_from(Kind)),
        "style": draw(st.none() | st.sampled_from(STYLES)),
        "seed": draw(st.none() | st.integers(0, SEED_MAX)),
        "private": draw(st.booleans()),
        "spoiler": draw(st.booleans()),
        "faults": draw(st.integers(0, 20)),
        "created_at": started,
        "started_at": started
        if state in (State.RUNNING, State.DONE, State.FAILED)
        else draw(st.none() | moments),
        "finished_at": started + timedelta(seconds=draw(st.floats(0, 1e6))) if state.is_final else None,
        "painted_seed": draw(st.none() | st.integers(0, SEED_MAX)),
        "original_bytes": draw(st.none() | st.integers(0, 2**31)),
        "failure": draw(st.sampled_from(FailureCode)) if state is State.FAILED else None,
    }
    return replace(JOB, **{**changes, **fixed})


estimates = st.builds(
    Estimate,
    place=st.none() | st.integers(1, 1000),
    seconds=st.none() | st.floats(0, 1e7),
    paused=st.none() | st.sampled_from([code for code, failure in FAILURES.items() if failure.pausing]),
)
links = st.none() | st.builds(
    Link,
    st.sampled_from([60, 400, 512, 513, 700, 1000]).map(
        lambda length: "https://b.example/".ljust(length, "x")
    ),
    moments,
)
words = st.sampled_from(LANGUAGES)

_numbers = count(1)


def accepted(view: Any, files: Any = ()) -> list[dict[str, Any]]:
    """The components, if Discord's rules let them pass."""
    components: list[dict[str, Any]] = view.to_components()
    uploads: dict[int, Upload] = {}
    for number, file in enumerate(files):
        uploads[number] = Upload(
            Attachment(str(number), file.filename, "image/webp", 4, 8, 8, file.description), b"webp"
        )
        file.close()
    read_parts(
        {
            "components": components,
            "flags": 1 << 15,
            "attachments": [
                {"id": str(number), "description": upload.attachment.description}
                for number, upload in uploads.items()
            ],
        },
        uploads,
        lambda: str(next(_numbers)),
    )
    return components


def sent(reply: Reply) -> None:
    """With all that is left of it where Discord refuses something."""
    components = accepted(reply.view, reply.attachments())
    assert json.dumps(components).encode()
    if reply.without_picture is not None:
        sent(reply.without_picture(Unseen.EXPLICIT))
    for plainer in (reply.without_button, reply.without_link):
        if plainer is not None:
            accepted((less := plainer()).view, less.attachments())


@fuzz(150)
@given(data=st.data(), state=st.sampled_from(State), estimate=estimates, link=links, say=words)
def test_every_state_of_any_job_is_a_message_that_discord_takes(
    data: st.DataObject, state: State, estimate: Estimate, link: Link | None, say: Words
) -> None:
    job = data.draw(jobs(state))
    match state:
        case State.QUEUED:
            sent(render.waiting(job, estimate, say))
        case State.RUNNING:
            sent(render.running(job, estimate, say))
        case State.DONE:
            sent(render.done(job, b"webp", link, say))
        case State.FAILED:
            sent(render.failed(job, say))
        case State.CANCELLED:
            sent(render.cancelled(job, say))


LONGEST = replace(
    JOB,
    state=State.DONE,
    started_at=NOW,
    finished_at=NOW + timedelta(days=1),
    prompt="*" * PROMPT_LENGTH_MAX,
    negative_prompt="*" * PROMPT_LENGTH_MAX,
    style="modeling-compound",
    private=True,
    painted_seed=SEED_MAX,
    model="sd3.5-large-turbo",
)


@pytest.mark.parametrize("length", [60, 512, 513, 700, 1500])
@pytest.mark.parametrize("say", LANGUAGES)
def test_the_longest_link_beside_the_longest_prompt_is_a_message_that_discord_takes(
    length: int, say: Words
) -> None:
    url = "https://b.example/".ljust(length, "x")
    sent(render.done(LONGEST, b"webp", Link(url, NOW), say))
    page = Page([replace(LONGEST, id=number) for number in range(1, 10)], has_newer=True, has_older=True)
    sent(
        page_reply(
            page,
            Query(2**63 - 1, "*" * SEARCH_LENGTH_MAX, True, 9),
            {job.id: b"webp" for job in page.jobs},
            {job.id: url for job in page.jobs},
            say,
        )
    )


@fuzz(60)
@given(
    data=st.data(), query=queries, say=words, shared=st.booleans(), newer=st.booleans(), older=st.booleans()
)
def test_any_page_is_a_message_that_discord_takes(
    data: st.DataObject, query: Query, say: Words, shared: bool, newer: bool, older: bool
) -> None:
    shown = [
        data.draw(jobs(State.DONE, id=number))
        for number in data.draw(st.lists(ids, min_size=1, max_size=query.page_size, unique=True))
    ]
    previews = {job.id: b"webp" for job in shown if data.draw(st.booleans())}
    urls = {job.id: link.url if (link := data.draw(links)) else None for job in shown}
    sent(page_reply(Page(shown, newer, older), query, previews, urls, say, shared=shared))
    accepted(render.notice(empty_text(query, 1, say)))


@fuzz(40)
@given(data=st.data(), say=words)
def test_any_queue_is_a_message_that_discord_takes(data: st.DataObject, say: Words) -> None:
    states = data.draw(st.lists(st.sampled_from([State.QUEUED, State.RUNNING]), max_size=30))
    waiting = [
        (data.draw(jobs(state, id=number)), data.draw(estimates)) for number, state in enumerate(states)
    ]
    accepted(queue_view(waiting, say))


@fuzz(60)
@given(data=st.data(), say=words)
def test_any_job_can_be_edited(data: st.DataObject, say: Words) -> None:
    job = data.draw(jobs(State.DONE, kind=Kind.IMAGINE, model=data.draw(st.sampled_from(sorted(PAINTERS)))))
    with asyncio.Runner() as runner:
        payload = runner.run(_modal(job, say))
    read_modal(payload)


async def _modal(job: Job, say: Words) -> dict[str, Any]:
    # Its timeout needs a loop that runs.
    return edit_modal(job, say).to_dict()
