"""Whatever is typed into the gallery's search: an answer, and the right one for plain words."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.controls.page_controls import SEARCH_LENGTH_MAX
from core.errors import InvalidRequest
from core.validation import clean_prompt
from db.pictures import Pictures
from db.pool import Pool
from tests.fuzz.examples import fuzz, texts
from tests.lives import painted

MEMBER = 10
PROMPTS = [
    "a red fox in the snow",
    "Ein Bär, drüben am Fluß",
    "лиса в снегу",
    "雪の中の狐",
    "50% of (cats) & 'dogs' | !birds :* \\",
    "x" * 2000,
    "** ~~ || <@1> ```",
    "a\u0301 combining and 👩\u200d🚀",
]


@pytest.fixture
async def gallery(pool: Pool) -> Pictures:
    for prompt in PROMPTS:
        await painted(pool, member_id=MEMBER, prompt=prompt)
    return Pictures(pool)


async def found(gallery: Pictures, search: str) -> list[str]:
    page = await gallery.page(owner_id=MEMBER, viewer_id=MEMBER, channel_ids=[], search=search, limit=9)
    return [picture.order.prompt for picture in page.pictures]


@fuzz(150)
@given(typed=texts)
@example("\0\ud800")
@example("\u2028")
@example("!\u3000")
@example("':* & | ! <-> ()\\")
async def test_any_search_has_an_answer(gallery: Pictures, typed: str) -> None:
    assert set(await found(gallery, typed)) <= set(PROMPTS)
    marked = await gallery.favourites(viewer_id=MEMBER, channel_ids=[], search=typed, limit=9)
    assert marked.pictures == []
    assert set(await gallery.suggestions(MEMBER, typed, 25)) <= set(PROMPTS)


def _capitals(word: str) -> str:
    """ß has none."""
    return word if "ß" in word else word.upper()


noise = st.text(st.sampled_from(" \t.,;:!?&|()<>*'\"\\-"), min_size=1, max_size=5)


@fuzz(60)
@given(data=st.data(), between=noise)
async def test_words_are_found_in_any_case_and_order_and_by_their_beginnings(
    gallery: Pictures, data: st.DataObject, between: str
) -> None:
    prompt = data.draw(st.sampled_from(PROMPTS[:3]))
    words = [word.strip(",") for word in prompt.split()]
    chosen = data.draw(st.lists(st.sampled_from(words), min_size=1, max_size=4))
    beginnings = [word[: data.draw(st.integers(1, len(word)))] for word in chosen]
    typed = between.join(_capitals(word) if data.draw(st.booleans()) else word for word in beginnings)
    assert prompt in await found(gallery, typed)
    assert prompt in await gallery.suggestions(MEMBER, typed, 25)


@fuzz(40)
@given(prompt=texts)
@example("a\u2028b")
async def test_what_is_suggested_finds_what_it_was_made_of(pool: Pool, prompt: str) -> None:
    try:
        stored = clean_prompt(prompt)
    except InvalidRequest:
        return
    gallery = Pictures(pool)
    await painted(pool, member_id=MEMBER, prompt=stored)
    assert stored in await gallery.suggestions(MEMBER, "", 25)
    suggested = " ".join(stored.split())[:SEARCH_LENGTH_MAX].strip()
    if suggested and suggested.isalnum():
        assert stored in await found(gallery, suggested)
    await pool.execute("truncate orders, jobs, replies, pictures, favourites, downloads, spill")
