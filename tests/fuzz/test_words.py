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

from bot.controls import edit_modal as edit
from bot.controls.buttons import ORDER_ACTIONS, Action, OrderButton, PictureButton
from bot.controls.page_controls import SEARCH_LENGTH_MAX, Move, PageButton, Query
from bot.editing import _numbers as numbers_of
from bot.messages.content import Content, Unseen
from bot.messages.failures import FAILURE_TEXTS
from bot.messages.gallery_page import empty_page, page_content
from bot.messages.order import order_content
from bot.messages.picture import Link
from bot.messages.prompts import ALT_TEXT_LENGTH_MAX, SHOWN_LENGTH_MAX, alt_text, escape
from bot.messages.queue import queue_view
from bot.messages.words import ENGLISH, Languages, Words
from core.errors import InvalidRequest
from core.failures import FAILURES, FailureCode
from core.operations import (
    DEFAULT_MODEL,
    IMAGINE,
    MODELS,
    OPERATIONS,
    PAINTERS,
    PIXELS_MAX,
    PROMPT_LENGTH_MAX,
    SEED_MAX,
    SIDE_MAX,
    SIDE_MIN,
    STYLES,
)
from core.orders import COUNT_MAX, Estimate, Job, Order, Picture, Progress, State
from core.validation import check_size, clean, clean_prompt, on_offer, validated
from db.pictures import Page
from sandbox.discord.rules.attachments import Upload
from sandbox.discord.rules.messages import read_parts
from sandbox.discord.rules.modals import read_modal
from sandbox.discord.state import Attachment
from tests.fuzz.examples import fuzz, json_values, outcome, texts
from tests.jobs import NOW, done, job, order, picture
from tests.orders import request

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
        check_size(width, height, MODELS["ultra"])
    except InvalidRequest:
        assert not right
    else:
        assert right


@fuzz(100)
@given(
    model=st.sampled_from(sorted(PAINTERS)),
    negative=texts | st.none(),
    style=st.sampled_from(STYLES) | texts | st.none(),
)
def test_options_are_what_the_model_takes_or_refused_in_words(
    model: str, negative: str | None, style: str | None
) -> None:
    asked = request(model=model, negative_prompt=negative, style=style)
    stored = outcome(lambda: validated(asked, default_model=DEFAULT_MODEL), InvalidRequest)
    if isinstance(stored, InvalidRequest):
        assert len(str(stored)) < 2000
        return
    assert stored.style is None or stored.style in MODELS[model].styles
    negative = stored.negative_prompt
    assert negative is None or (negative and storable(negative) and len(negative) <= PROMPT_LENGTH_MAX)


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
    assert len(alt_text(prompt, ENGLISH)) <= ALT_TEXT_LENGTH_MAX


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
    assert button._target == (query, move, cursor)
    assert button.item.custom_id == custom_id


near = st.one_of(
    st.builds(
        "{}:{}:{}".format,
        st.sampled_from(["order", "picture", "gallery", "edit", "ORDER", ""]),
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
@example("order:agai:1")
@example("order:upscale:1")
@example("gallery:n:1:2:0:0:")
async def test_an_id_is_a_button_of_ours_or_of_nobody(custom_id: str) -> None:
    for cls in (OrderButton, PictureButton, PageButton):
        button = await made(cls, custom_id)
        assert button is None or len(button.item.custom_id) <= len(custom_id)
        assert (
            button is None or cls is PageButton or (button._action in ORDER_ACTIONS) is (cls is OrderButton)
        )
        if isinstance(button, PageButton):
            assert button._target[0].page_size >= 1
    if match := edit.CUSTOM_ID.fullmatch(custom_id):
        assert int(match["id"]) >= 0


# -- the modal


@fuzz(300)
@given(data=st.fixed_dictionaries({}, optional={"components": json_values}))
@example({"components": [{"value": "x"}]})
@example({"components": 5})
@example({"components": [[], None, {"components": "x", "component": 3}]})
@example({"components": [{"custom_id": [], "value": "x"}]})
def test_a_modal_of_any_shape_is_read(data: dict[str, Any]) -> None:
    found = edit.filled_in(data)
    assert all(isinstance(text, str) for text in found.values())


@fuzz(200)
@given(typed=texts | st.from_regex(r"\A\s*\d{1,6}\s*[x×*, ]\s*\d{1,6}\s*\Z"))
@example("٣٠٠ × ٣٠٠")
@example("<@1> **x**")
@example("\0\ud800")
def test_a_size_that_was_typed_is_one_or_refused_in_words(typed: str) -> None:
    found = outcome(lambda: numbers_of(typed, order()), InvalidRequest)
    if isinstance(found, InvalidRequest):
        assert str(found).encode()
        assert "<@" not in str(found)
    else:
        assert all(0 <= found[side] < 100_000 for side in ("width", "height"))


# -- whole messages

moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
order_ids = st.integers(1, 10**16)


def _prompt(text: str) -> str:
    try:
        return clean_prompt(text)
    except InvalidRequest:
        return "fox"


@st.composite
def orders(draw: st.DrawFn, /, **fixed: Any) -> Order:
    """Any that Postgres may hold."""
    changes: dict[str, Any] = {
        "id": draw(order_ids),
        "created_at": draw(moments),
        "prompt": draw(texts.map(_prompt)),
        "negative_prompt": draw(st.none() | texts.map(lambda text: clean(text) or None)),
        "width": draw(st.integers(1, 6144)),
        "height": draw(st.integers(1, 6144)),
        "model": draw(st.sampled_from([*MODELS, "a-model-that-was"])),
        "operation": draw(st.sampled_from(sorted(OPERATIONS))),
        "style": draw(st.none() | st.sampled_from(STYLES)),
        "seed": draw(st.none() | st.integers(0, SEED_MAX)),
        "private": draw(st.booleans()),
        "spoiler": draw(st.booleans()),
    }
    return order(**{**changes, **fixed})


@st.composite
def jobs(draw: st.DrawFn, /, number: int, of: Order, state: State) -> Job:
    began = draw(moments)
    is_begun = state in (State.RUNNING, State.DONE, State.FAILED) or draw(st.booleans())
    return job(
        number,
        of=of,
        state=state,
        faults=draw(st.integers(0, 20)),
        started_at=began if is_begun else None,
        finished_at=began + timedelta(seconds=draw(st.floats(0, 1e6))) if state.is_final else None,
        failure=draw(st.sampled_from(FailureCode)) if state is State.FAILED else None,
        counted=draw(st.decimals(0, 1000, places=1)),
    )


@st.composite
def pictures(draw: st.DrawFn, /, number: int, of: Order) -> Picture:
    return picture(
        number,
        of=of,
        seed=draw(st.none() | st.integers(0, SEED_MAX)),
        seconds=draw(st.floats(0, 1e6)),
        bytes=draw(st.integers(0, 2**31)),
        is_spilled=draw(st.booleans()),
        expired_at=draw(st.none() | moments),
    )


@st.composite
def progresses(draw: st.DrawFn, /, *states: State) -> Progress:
    """In these states, or in any; of some that are done, the picture was deleted."""
    chosen = list(states) or draw(st.lists(st.sampled_from(State), min_size=1, max_size=COUNT_MAX))
    of = draw(orders(count=len(chosen)))
    there = tuple(draw(jobs(number, of, state)) for number, state in enumerate(chosen, start=1))
    done_ = [
        one.number for one in there if one.state is State.DONE and (len(chosen) == 1 or draw(st.booleans()))
    ]
    return Progress(order=of, jobs=there, pictures=tuple(draw(pictures(number, of)) for number in done_))


estimates = st.builds(
    Estimate,
    place=st.none() | st.integers(1, 1000),
    seconds=st.none() | st.floats(0, 1e7),
    paused=st.none()
    | st.sampled_from([code for code, failure in FAILURES.items() if failure.halts_provider]),
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


def sent(content: Content) -> None:
    """With all that is left of it where Discord refuses something."""
    components = accepted(content.view, content.attachments())
    assert json.dumps(components).encode()
    if content.without_picture is not None:
        sent(content.without_picture(Unseen.EXPLICIT))
    for plainer in (content.without_button, content.without_link):
        if plainer is not None:
            accepted((less := plainer()).view, less.attachments())


@fuzz(200)
@given(data=st.data(), progress=progresses(), estimate=estimates, say=words)
def test_every_state_of_any_order_is_a_message_that_discord_takes(
    data: st.DataObject, progress: Progress, estimate: Estimate, say: Words
) -> None:
    previews: dict[int, bytes | Unseen] = {
        one.id: b"webp" if data.draw(st.booleans()) else Unseen.GONE for one in progress.pictures
    }
    urls = {one.id: data.draw(links) for one in progress.pictures}
    sent(order_content(progress, estimate, previews, urls, say))


LONGEST = order(
    prompt="*" * PROMPT_LENGTH_MAX,
    negative_prompt="*" * PROMPT_LENGTH_MAX,
    style="modeling-compound",
    private=True,
    model="sd3.5-large-turbo",
)


@pytest.mark.parametrize("length", [60, 512, 513, 700, 1500])
@pytest.mark.parametrize("say", LANGUAGES)
def test_the_longest_link_beside_the_longest_prompt_is_a_message_that_discord_takes(
    length: int, say: Words
) -> None:
    url = "https://b.example/".ljust(length, "x")
    link = Link(url, NOW)
    sent(order_content(done(of=LONGEST, seed=SEED_MAX), Estimate(), {17: b"webp"}, {17: link}, say))
    several = replace(LONGEST, count=COUNT_MAX)
    there = tuple(picture(number, of=several, seed=SEED_MAX) for number in range(1, COUNT_MAX + 1))
    states = [job(one.number, of=several, state=State.DONE, finished_at=NOW) for one in there]
    progress = Progress(order=several, jobs=tuple(states), pictures=there)
    ids = [one.id for one in there]
    sent(order_content(progress, Estimate(), dict.fromkeys(ids, b"webp"), dict.fromkeys(ids, link), say))
    # The longest words are those of failures, beside the rest of it that waits for the owner.
    failed = [
        job(n, of=several, state=State.FAILED, failure=code) for n, code in enumerate(_longest(say), start=1)
    ]
    waits = Progress(order=several, jobs=(*failed, job(4, of=several)))
    sent(order_content(waits, Estimate(999, 1e7, FailureCode.NO_CREDIT, 1e7), {}, {}, say))
    page = Page([replace(there[0], id=number) for number in range(1, 10)], has_newer=True, has_older=True)
    sent(
        page_content(
            page,
            Query(2**63 - 1, "*" * SEARCH_LENGTH_MAX, True, 9),
            {one.id: b"webp" for one in page.pictures},
            say,
        )
    )


def _longest(say: Words) -> list[FailureCode]:
    return sorted(FailureCode, key=lambda code: len(say(FAILURE_TEXTS[code])))[-3:]


@fuzz(60)
@given(
    data=st.data(),
    query=queries,
    say=words,
    sharer=st.none() | st.just(7),
    newer=st.booleans(),
    older=st.booleans(),
)
def test_any_page_is_a_message_that_discord_takes(
    data: st.DataObject, query: Query, say: Words, sharer: int | None, newer: bool, older: bool
) -> None:
    shown = [
        data.draw(pictures(1, data.draw(orders(id=number))))
        for number in data.draw(st.lists(order_ids, min_size=1, max_size=query.page_size, unique=True))
    ]
    previews = {one.id: b"webp" for one in shown if data.draw(st.booleans())}
    page = Page(shown, newer, older, first=data.draw(st.none() | st.integers(1, 10**9)), total=10**9)
    sent(page_content(page, query, previews, say, shared_by=sharer))
    accepted(empty_page(query, 1, say))


@fuzz(40)
@given(data=st.data(), say=words)
def test_any_queue_is_a_message_that_discord_takes(data: st.DataObject, say: Words) -> None:
    count = data.draw(st.integers(0, 30))
    open_ = [data.draw(progresses()) for _ in range(count)]
    waiting = [
        (replace(progress, order=replace(progress.order, id=number)), data.draw(estimates))
        for number, progress in enumerate(open_, start=1)
    ]
    accepted(queue_view(waiting, say))


@fuzz(60)
@given(asked=orders(operation="imagine"), hint=st.none() | st.just("x"), say=words)
def test_any_order_can_be_edited(asked: Order, hint: str | None, say: Words) -> None:
    with asyncio.Runner() as runner:
        payload = runner.run(_modal(asked, say, hint))
    read_modal(payload)


async def _modal(asked: Order, say: Words, hint: str | None) -> dict[str, Any]:
    # Its timeout needs a loop that runs.
    typed, models = edit.as_asked(asked), on_offer(IMAGINE, asked.model).values()
    return edit.edit_modal(asked, typed, models, say, size_hint="x", model_hint=hint).to_dict()
