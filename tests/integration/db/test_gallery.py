"""The gallery: whose pictures are seen, in which order, by which words, and by which index."""

import random
from typing import Any

import pytest

from core.errors import FailureCode
from core.operations import UPSCALER, Kind
from db.favourites import Favourites
from db.pictures import Gallery, Page
from db.pool import Pool
from tests.lives import failed, painted, running, waiting

ANNA, BERT, CHANNEL = 1, 2, 30


@pytest.fixture
def gallery(pool: Pool) -> Gallery:
    return Gallery(pool)


def ids(page: Page) -> list[int]:
    return [job.id for job in page.jobs]


async def of_anna(gallery: Gallery, viewer_id: int = ANNA, **where: Any) -> Page:
    """A page of hers, for who sees the channel in which it was all made."""
    return await gallery.page(owner_id=ANNA, viewer_id=viewer_id, channel_ids=[CHANNEL], **where)


async def marked(gallery: Gallery, viewer_id: int = BERT, **where: Any) -> Page:
    return await gallery.favourites(viewer_id=viewer_id, channel_ids=[CHANNEL], **where)


async def paint_many(pool: Pool, count: int) -> list[int]:
    """Anna's, newest first."""
    return [(await painted(pool, member_id=ANNA)).id for _ in range(count)][::-1]


async def erase(pool: Pool, job_id: int) -> None:
    await pool.execute("update jobs set erased_at = now() where id = $1", job_id)


async def test_a_gallery_has_finished_pictures_of_its_member_newest_first(
    pool: Pool, gallery: Gallery
) -> None:
    first, second = await painted(pool, member_id=ANNA), await painted(pool, member_id=ANNA)
    await painted(pool, member_id=BERT)
    await failed(pool, FailureCode.REFUSED, member_id=ANNA)
    await running(pool, member_id=ANNA)
    await waiting(pool, member_id=ANNA)
    page = await of_anna(gallery, limit=10)
    assert (ids(page), page.has_newer, page.has_older) == ([second.id, first.id], False, False)


async def test_private_pictures_are_their_members_alone(pool: Pool, gallery: Gallery) -> None:
    shown = await painted(pool, member_id=ANNA)
    private = await painted(pool, member_id=ANNA, private=True)
    assert ids(await of_anna(gallery, limit=9)) == [
        private.id,
        shown.id,
    ]
    assert ids(await of_anna(gallery, viewer_id=BERT, limit=9)) == [shown.id]
    for elsewhere in ([31], []):
        mine = await gallery.page(owner_id=ANNA, viewer_id=ANNA, channel_ids=elsewhere, limit=9)
        theirs = await gallery.page(owner_id=ANNA, viewer_id=BERT, channel_ids=elsewhere, limit=9)
        assert (ids(mine), ids(theirs)) == ([private.id, shown.id], [])
    last = await of_anna(gallery, viewer_id=BERT, after_id=0, limit=1)
    assert (ids(last), last.has_newer) == ([shown.id], False)
    assert await gallery.picture(private.id, ANNA) == private
    assert await gallery.picture(private.id, BERT) is None


async def test_others_see_what_was_made_in_channels_that_they_see_and_in_public_threads_of_these(
    pool: Pool, gallery: Gallery
) -> None:
    job = await painted(pool, member_id=ANNA)
    in_thread = await painted(pool, member_id=ANNA, channel_id=40, parent_channel_id=CHANNEL)
    in_private_thread = await painted(pool, member_id=ANNA, channel_id=41)
    for job_id in (job.id, in_thread.id, in_private_thread.id):
        await Favourites(pool).add(BERT, job_id)
    for channel_ids, expected in (
        ([CHANNEL], [in_thread.id, job.id]),
        ([40], [in_thread.id]),
        ([41, 42], [in_private_thread.id]),
        ([], []),
    ):
        assert ids(await of_anna(gallery, limit=9)) == [in_private_thread.id, in_thread.id, job.id]
        page = await gallery.page(owner_id=ANNA, viewer_id=BERT, channel_ids=channel_ids, limit=9)
        favourites = await gallery.favourites(viewer_id=BERT, channel_ids=channel_ids, limit=9)
        assert ids(page) == ids(favourites) == expected


async def test_deleted_pictures_are_nobodys(pool: Pool, gallery: Gallery) -> None:
    job = await painted(pool, member_id=ANNA)
    await erase(pool, job.id)
    assert ids(await of_anna(gallery, limit=9)) == []
    assert await gallery.picture(job.id, ANNA) is None
    assert await gallery.suggestions(ANNA, "", 9) == []


async def test_what_is_not_painted_yet_is_no_picture(pool: Pool, gallery: Gallery) -> None:
    job = await running(pool, member_id=ANNA)
    assert await gallery.picture(job.id, ANNA) is None


async def test_paging_there_and_back_gives_every_picture_once(pool: Pool, gallery: Gallery) -> None:
    whole = await paint_many(pool, 11)
    seen, before_id, pages = [], None, []
    while True:
        page = await of_anna(gallery, before_id=before_id, limit=3)
        assert page.has_newer == (before_id is not None)
        seen += ids(page)
        pages.append(ids(page))
        if not page.has_older:
            break
        before_id = page.jobs[-1].id
    assert seen == whole
    for expected in pages[-2::-1]:
        page = await of_anna(gallery, after_id=page.jobs[0].id, limit=3)
        assert (ids(page), page.has_older) == (expected, True)
    assert not page.has_newer


async def test_the_last_page_is_full_and_has_nothing_older(pool: Pool, gallery: Gallery) -> None:
    whole = await paint_many(pool, 5)
    page = await of_anna(gallery, after_id=0, limit=2)
    assert (ids(page), page.has_newer, page.has_older) == (whole[-2:], True, False)


async def test_a_random_walk_always_shows_a_window_of_the_whole(pool: Pool, gallery: Gallery) -> None:
    whole = await paint_many(pool, 17)
    walk = random.Random(1)
    page = await of_anna(gallery, limit=4)
    for _ in range(60):
        before_id, after_id = walk.choice(
            [(None, None), (None, 0), (ids(page)[-1], None), (None, ids(page)[0])]
        )
        page = await gallery.page(
            owner_id=ANNA,
            viewer_id=ANNA,
            channel_ids=[],
            before_id=before_id,
            after_id=after_id,
            limit=walk.randint(1, 5),
        )
        start = whole.index(ids(page)[0])
        assert ids(page) == whole[start : start + len(page.jobs)]
        assert (page.has_newer, page.has_older) == (start > 0, start + len(page.jobs) < len(whole))


async def test_a_page_whose_pictures_were_deleted_is_the_nearest_that_is_left(
    pool: Pool, gallery: Gallery
) -> None:
    whole = await paint_many(pool, 4)
    for job_id in (whole[0], whole[3]):
        await erase(pool, job_id)
    beyond = await of_anna(gallery, before_id=whole[2], limit=2)
    assert (ids(beyond), beyond.has_older) == (whole[1:3], False)
    above = await of_anna(gallery, after_id=whole[1], limit=1)
    assert (ids(above), above.has_newer, above.has_older) == ([whole[1]], False, True)


@pytest.mark.parametrize(
    "typed",
    [
        "red", "Red Fox", "fo re", "  snow\t fox ", "ÉCOLE", "ecole", "école", "fox's", "sci-fi", "fi", "b",
        "7.5", "ЖУК", "жу", "東京", "🦊 fox", "cat", "'fox' & !(dog)", "fox:*", "🦊", "", "\0",
        "\ud800fox", "' || 'x", "e\u0301cole", "red " * 100, "京", "タワー", "京タ", "🦊cat", "dogs 🦊",
        "!!! fox", "(snow)", "snow;",
    ],
)  # fmt: skip
async def test_words_that_are_found(pool: Pool, gallery: Gallery, typed: str) -> None:
    prompt = "A red fox's École, sci-fi (a/b) 7.5 dogs in the snow; Жук 東京タワー 🦊cat (1.5x) x:y"
    job = await painted(pool, member_id=ANNA, prompt=prompt)
    assert ids(await of_anna(gallery, search=typed, limit=9)) == [job.id]
    assert await gallery.suggestions(ANNA, typed, 9) == [prompt]


@pytest.mark.parametrize("typed", ["ox", "red foxes", "red wolf", "!red wolf", "fox | wolf"])
async def test_words_that_are_not_found(pool: Pool, gallery: Gallery, typed: str) -> None:
    await painted(pool, member_id=ANNA, prompt="a red fox")
    assert ids(await of_anna(gallery, search=typed, limit=9)) == []


@pytest.mark.parametrize(
    "typed",
    [
        "🐺", "!!!", "\\", "(", "<->", "& | !", "…", "「」", "🦊🐺", "red 🐺", "京東", "東タ", "鳥",
        "🦊 wolf",
        "👩\u200d🚀", "¡", "“”",
    ],
)  # fmt: skip
async def test_signs_and_emoji_that_are_not_there_find_nothing(
    pool: Pool, gallery: Gallery, typed: str
) -> None:
    await painted(pool, member_id=ANNA, prompt="A red fox at 東京タワー 🦊cat")
    await painted(pool, member_id=ANNA, prompt="plain words!!!")
    assert ids(await of_anna(gallery, search=typed, limit=9)) == []
    assert await gallery.suggestions(ANNA, typed, 9) == []


@pytest.mark.parametrize(
    ("prompt", "typed"),
    [
        ("家の猫", ["猫", "家", "の猫", "家の猫", "家 猫"]),
        ("我有一只黑猫。在月亮上。", ["黑猫", "猫", "月亮 猫", "在月亮上。"]),
        ("แมวสีดำบนดวงจันทร์", ["แมว", "สีดำ", "ดวงจันทร์", "แมว สีดำ"]),
        ("ﾈｺとガラス", ["ネコ", "ガラス", "ﾈｺ"]),
        ("고양이와 달", ["고양이", "달", "고양"]),
        ("лиса в снегу — ночью", ["снегу ночью", "лиса —"]),
        ("an astronaut 👩\u200d🚀 ❤️ on the moon", ["👩\u200d🚀", "🚀", "❤", "❤️ moon", "astro 👩"]),
        ("it's l'école, 50° “quoted” x" + "я" * 2500, ["quoted", "50°", "école", "l ecole", "xяяя"]),
        ("a\\b'c é", ["a b", "b'c", "\\b"]),
    ],
)
async def test_scripts_without_spaces_and_emoji_are_found_as_they_stand(
    pool: Pool, gallery: Gallery, prompt: str, typed: list[str]
) -> None:
    job = await painted(pool, member_id=ANNA, prompt=prompt)
    for one in typed:
        assert ids(await of_anna(gallery, search=one, limit=9)) == [job.id], one


async def test_a_search_is_paged_like_the_whole(pool: Pool, gallery: Gallery) -> None:
    foxes = []
    for number in range(9):
        job = await painted(pool, member_id=ANNA, prompt="a fox" if number % 2 else "an owl")
        foxes += [job.id] * (number % 2)
    first = await of_anna(gallery, viewer_id=BERT, search="FOX", limit=3)
    assert (ids(first), first.has_newer, first.has_older) == (foxes[:0:-1], False, True)
    second = await of_anna(gallery, viewer_id=BERT, search="FOX", before_id=first.jobs[-1].id, limit=3)
    assert (ids(second), second.has_newer, second.has_older) == (foxes[:1], True, False)


async def test_suggestions_are_the_latest_prompts_once_each(pool: Pool, gallery: Gallery) -> None:
    for prompt in ("a fox", "an owl", "a fox at night", "a fox"):
        await painted(pool, member_id=ANNA, prompt=prompt)
    await painted(pool, member_id=BERT, prompt="a fox of Bert's")
    await waiting(pool, member_id=ANNA, prompt="x", kind=Kind.UPSCALE, parent_id=1, model=UPSCALER.name)
    assert await gallery.suggestions(ANNA, "", 9) == ["a fox", "a fox at night", "an owl"]
    assert await gallery.suggestions(ANNA, "fox", 1) == ["a fox"]


async def test_a_message_leads_to_its_job(pool: Pool, gallery: Gallery) -> None:
    job = await painted(pool)
    await pool.execute("update jobs set message_id = 99")
    found = await gallery.by_message(99)
    assert found is not None
    assert found.id == job.id
    assert await gallery.by_message(98) is None


async def test_favourites_are_the_viewers_own_marks(pool: Pool, gallery: Gallery) -> None:
    favourites = Favourites(pool)
    of_anna, of_bert = await painted(pool, member_id=ANNA), await painted(pool, member_id=BERT)
    for job in (of_bert, of_anna, of_anna):
        assert await favourites.add(BERT, job.id)
    assert ids(await marked(gallery, limit=9)) == [
        of_bert.id,
        of_anna.id,
    ]
    assert ids(await marked(gallery, owner_id=ANNA, limit=9)) == [of_anna.id]
    assert ids(await marked(gallery, ANNA, limit=9)) == []
    older = await marked(gallery, before_id=of_bert.id, limit=9)
    assert (ids(older), older.has_newer) == ([of_anna.id], True)
    assert await favourites.among(BERT, [of_anna.id, 12345]) == {of_anna.id}
    await favourites.remove(BERT, of_anna.id)
    await favourites.remove(BERT, of_anna.id)
    assert ids(await marked(gallery, after_id=0, limit=9)) == [of_bert.id]


async def test_only_what_may_be_seen_can_be_marked(pool: Pool, gallery: Gallery) -> None:
    favourites = Favourites(pool)
    private = await painted(pool, member_id=ANNA, private=True)
    unfinished = await running(pool, member_id=ANNA)
    assert not await favourites.add(BERT, private.id)
    assert not await favourites.add(ANNA, unfinished.id)
    assert not await favourites.add(ANNA, 12345)
    assert await favourites.add(ANNA, private.id)


async def test_a_mark_shows_no_more_than_the_gallery_would(pool: Pool, gallery: Gallery) -> None:
    job = await painted(pool, member_id=ANNA)
    await Favourites(pool).add(BERT, job.id)
    await pool.execute("update jobs set private = true")
    assert ids(await marked(gallery, limit=9)) == []
