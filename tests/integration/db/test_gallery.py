"""The gallery: whose pictures are seen, in which order, by which words, and by which index."""

import asyncio
import random
from typing import Any

import pytest

from core.failures import FailureCode
from core.operations import FAST
from db.erasure import Erasure
from db.favourites import Favourites
from db.pictures import Page, Pictures
from db.pool import Pool
from tests.conditions import until
from tests.lives import failed, finish, painted, running, waiting, worker

ANNA, BERT, CHANNEL = 1, 2, 30


@pytest.fixture
def gallery(pool: Pool) -> Pictures:
    return Pictures(pool)


def ids(page: Page) -> list[int]:
    return [picture.id for picture in page.pictures]


async def of_anna(gallery: Pictures, viewer_id: int = ANNA, **where: Any) -> Page:
    """A page of hers, for who sees the channel in which it was all made."""
    return await gallery.page(owner_id=ANNA, viewer_id=viewer_id, channel_ids=[CHANNEL], **where)


async def marked(gallery: Pictures, viewer_id: int = BERT, **where: Any) -> Page:
    return await gallery.favourites(viewer_id=viewer_id, channel_ids=[CHANNEL], **where)


async def paint_many(pool: Pool, count: int) -> list[int]:
    """Anna's, newest first."""
    return [(await painted(pool, member_id=ANNA)).id for _ in range(count)][::-1]


async def erase(pool: Pool, picture_id: int) -> None:
    await Erasure(pool).erase(picture_id)


async def test_a_gallery_has_finished_pictures_of_its_member_newest_first(
    pool: Pool, gallery: Pictures
) -> None:
    first, second = await painted(pool, member_id=ANNA), await painted(pool, member_id=ANNA)
    await painted(pool, member_id=BERT)
    await failed(pool, FailureCode.REFUSED, member_id=ANNA)
    await running(pool, member_id=ANNA)
    await waiting(pool, member_id=ANNA)
    page = await of_anna(gallery, limit=10)
    assert (ids(page), page.has_newer, page.has_older) == ([second.id, first.id], False, False)


async def test_private_pictures_are_their_members_alone(pool: Pool, gallery: Pictures) -> None:
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
    assert await gallery.find(private.id, ANNA) == private
    assert await gallery.find(private.id, BERT) is None


async def test_others_see_what_was_made_in_channels_that_they_see_and_in_public_threads_of_these(
    pool: Pool, gallery: Pictures
) -> None:
    picture = await painted(pool, member_id=ANNA)
    in_thread = await painted(pool, member_id=ANNA, channel_id=40, parent_channel_id=CHANNEL)
    in_private_thread = await painted(pool, member_id=ANNA, channel_id=41)
    for picture_id in (picture.id, in_thread.id, in_private_thread.id):
        await Favourites(pool).add(BERT, picture_id)
    for channel_ids, expected in (
        ([CHANNEL], [in_thread.id, picture.id]),
        ([40], [in_thread.id]),
        ([41, 42], [in_private_thread.id]),
        ([], []),
    ):
        assert ids(await of_anna(gallery, limit=9)) == [in_private_thread.id, in_thread.id, picture.id]
        page = await gallery.page(owner_id=ANNA, viewer_id=BERT, channel_ids=channel_ids, limit=9)
        favourites = await gallery.favourites(viewer_id=BERT, channel_ids=channel_ids, limit=9)
        assert ids(page) == ids(favourites) == expected


async def test_deleted_pictures_are_nobodys(pool: Pool, gallery: Pictures) -> None:
    picture = await painted(pool, member_id=ANNA)
    await erase(pool, picture.id)
    assert ids(await of_anna(gallery, limit=9)) == []
    assert await gallery.find(picture.id, ANNA) is None
    assert await gallery.suggestions(ANNA, "", 9) == []


async def test_what_is_not_painted_yet_is_no_picture(pool: Pool, gallery: Pictures) -> None:
    picture = await running(pool, member_id=ANNA)
    assert await gallery.find(picture.id, ANNA) is None


async def test_paging_there_and_back_gives_every_picture_once(pool: Pool, gallery: Pictures) -> None:
    whole = await paint_many(pool, 11)
    seen, before_id, pages = [], None, []
    while True:
        page = await of_anna(gallery, before_id=before_id, limit=3)
        assert page.has_newer == (before_id is not None)
        seen += ids(page)
        pages.append(ids(page))
        if not page.has_older:
            break
        before_id = page.pictures[-1].id
    assert seen == whole
    for expected in pages[-2::-1]:
        page = await of_anna(gallery, after_id=page.pictures[0].id, limit=3)
        assert (ids(page), page.has_older) == (expected, True)
    assert not page.has_newer


async def test_the_last_page_is_what_one_comes_to_page_by_page(pool: Pool, gallery: Pictures) -> None:
    whole = await paint_many(pool, 5)
    page = await of_anna(gallery, after_id=0, limit=2)
    assert (ids(page), page.has_newer, page.has_older) == (whole[-1:], True, False)
    assert (page.first, page.total) == (5, 5)
    await erase(pool, whole[-1])
    page = await of_anna(gallery, after_id=0, limit=2)
    assert (ids(page), page.first, page.total) == (whole[-3:-1], 3, 4)


async def test_who_marked_a_picture_is_counted_once_and_as_long_as_it_is_marked(pool: Pool) -> None:
    favourites, erasure = Favourites(pool), Erasure(pool)
    first, second = await painted(pool, member_id=ANNA), await painted(pool, member_id=ANNA)
    private = await painted(pool, member_id=ANNA, private=True)
    direct = await painted(pool, member_id=ANNA, guild_id=None)

    async def counts() -> dict[int, int]:
        rows = await pool.fetch("select picture_id, marks from favourite_counts")
        return {row["picture_id"]: row["marks"] for row in rows}

    for picture in (first, second, private, direct):
        for member in (ANNA, BERT, BERT):
            await favourites.add(member, picture.id)
    assert await counts() == {first.id: 2, second.id: 2}
    await favourites.remove(ANNA, first.id)
    await favourites.remove(ANNA, first.id)
    assert await counts() == {first.id: 1, second.id: 2}
    await erasure.erase_member(BERT)
    assert await counts() == {second.id: 1}
    await erasure.erase(second.id)
    assert await counts() == {}


async def test_a_picture_is_of_the_kind_that_was_ordered(pool: Pool) -> None:
    made = await painted(pool, member_id=ANNA, operation="upscale", model=FAST.name, inputs=(17,))
    assert await pool.fetchval("select operation from pictures where id = $1", made.id) == "upscale"


async def test_a_random_walk_always_shows_a_window_of_the_whole(pool: Pool, gallery: Pictures) -> None:
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
        assert ids(page) == whole[start : start + len(page.pictures)]
        assert (page.has_newer, page.has_older) == (start > 0, start + len(page.pictures) < len(whole))


async def test_a_page_whose_pictures_were_deleted_is_the_nearest_that_is_left(
    pool: Pool, gallery: Pictures
) -> None:
    whole = await paint_many(pool, 4)
    for picture_id in (whole[0], whole[3]):
        await erase(pool, picture_id)
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
async def test_words_that_are_found(pool: Pool, gallery: Pictures, typed: str) -> None:
    prompt = "A red fox's École, sci-fi (a/b) 7.5 dogs in the snow; Жук 東京タワー 🦊cat (1.5x) x:y"
    picture = await painted(pool, member_id=ANNA, prompt=prompt)
    assert ids(await of_anna(gallery, search=typed, limit=9)) == [picture.id]
    assert await gallery.suggestions(ANNA, typed, 9) == [prompt]


@pytest.mark.parametrize("typed", ["ox", "red foxes", "red wolf", "!red wolf", "fox | wolf"])
async def test_words_that_are_not_found(pool: Pool, gallery: Pictures, typed: str) -> None:
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
    pool: Pool, gallery: Pictures, typed: str
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
    pool: Pool, gallery: Pictures, prompt: str, typed: list[str]
) -> None:
    picture = await painted(pool, member_id=ANNA, prompt=prompt)
    for one in typed:
        assert ids(await of_anna(gallery, search=one, limit=9)) == [picture.id], one


async def test_a_search_is_paged_like_the_whole(pool: Pool, gallery: Pictures) -> None:
    foxes = []
    for number in range(9):
        picture = await painted(pool, member_id=ANNA, prompt="a fox" if number % 2 else "an owl")
        foxes += [picture.id] * (number % 2)
    first = await of_anna(gallery, viewer_id=BERT, search="FOX", limit=3)
    assert (ids(first), first.has_newer, first.has_older) == (foxes[:0:-1], False, True)
    second = await of_anna(gallery, viewer_id=BERT, search="FOX", before_id=first.pictures[-1].id, limit=3)
    assert (ids(second), second.has_newer, second.has_older) == (foxes[:1], True, False)


async def test_suggestions_are_the_latest_prompts_once_each(pool: Pool, gallery: Pictures) -> None:
    for prompt in ("a fox", "an owl", "a fox at night", "a fox"):
        await painted(pool, member_id=ANNA, prompt=prompt)
    await painted(pool, member_id=BERT, prompt="a fox of Bert's")
    await waiting(pool, member_id=ANNA, prompt="x", operation="upscale", inputs=(1,), model=FAST.name)
    assert await gallery.suggestions(ANNA, "", 9) == ["a fox", "a fox at night", "an owl"]
    assert await gallery.suggestions(ANNA, "fox", 1) == ["a fox"]


async def test_a_message_leads_to_its_picture(pool: Pool, gallery: Pictures) -> None:
    picture = await painted(pool)
    await pool.execute("update replies set message_id = 99")
    assert await gallery.by_message(99) == [picture]
    assert await gallery.by_message(98) == []


async def test_favourites_are_the_viewers_own_marks(pool: Pool, gallery: Pictures) -> None:
    favourites = Favourites(pool)
    of_anna, of_bert = await painted(pool, member_id=ANNA), await painted(pool, member_id=BERT)
    for picture in (of_bert, of_anna, of_anna):
        assert await favourites.add(BERT, picture.id)
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


async def test_only_what_may_be_seen_can_be_marked(pool: Pool, gallery: Pictures) -> None:
    favourites = Favourites(pool)
    private = await painted(pool, member_id=ANNA, private=True)
    unfinished = await running(pool, member_id=ANNA)
    assert not await favourites.add(BERT, private.id)
    assert not await favourites.add(ANNA, unfinished.id)
    assert not await favourites.add(ANNA, 12345)
    assert await favourites.add(ANNA, private.id)


async def test_a_mark_shows_no_more_than_the_gallery_would(pool: Pool, gallery: Pictures) -> None:
    picture = await painted(pool, member_id=ANNA)
    await Favourites(pool).add(BERT, picture.id)
    await pool.execute("update pictures set private = true")
    assert ids(await marked(gallery, limit=9)) == []


async def test_a_message_shows_all_pictures_of_its_order_that_are_there(
    pool: Pool, gallery: Pictures
) -> None:
    await waiting(pool, count=4)
    pictures = [await finish(pool, job) for job in await worker(pool).claim(3)]
    await pool.execute("update replies set message_id = 99")
    await erase(pool, pictures[1].id)
    assert await gallery.by_message(99) == [pictures[0], pictures[2]]


async def test_pictures_of_one_order_are_neighbours_in_the_gallery(pool: Pool, gallery: Pictures) -> None:
    await waiting(pool, member_id=ANNA, count=3)
    pictures = [await finish(pool, job) for job in await worker(pool).claim(3)]
    alone = await painted(pool, member_id=ANNA)
    whole = [alone.id, *(picture.id for picture in pictures[::-1])]
    assert ids(await of_anna(gallery, limit=9)) == whole
    page = await of_anna(gallery, before_id=pictures[2].id, limit=1)
    assert (ids(page), page.has_newer, page.has_older) == ([pictures[1].id], True, True)


async def test_others_words_and_ones_own_are_kept_apart(pool: Pool, gallery: Pictures) -> None:
    """Also where one member's number is how another's begins."""
    mine = await painted(pool, member_id=ANNA, prompt="a fox")
    theirs = await painted(pool, member_id=ANNA * 10, prompt="1 fox")
    assert ids(await of_anna(gallery, search="fox", limit=9)) == [mine.id]
    assert ids(await of_anna(gallery, search="1", limit=9)) == []
    page = await gallery.page(
        owner_id=ANNA * 10, viewer_id=ANNA, channel_ids=[CHANNEL], search="1 fox", limit=9
    )
    assert ids(page) == [theirs.id]


async def test_a_search_among_favourites_finds_the_words_of_every_painter(
    pool: Pool, gallery: Pictures
) -> None:
    foxes = [await painted(pool, member_id=member, prompt="ein Fuchs, 猫家") for member in (ANNA, BERT)]
    owl = await painted(pool, member_id=ANNA, prompt="an owl")
    for picture in (*foxes, owl):
        await Favourites(pool).add(BERT, picture.id)
    newest_first = [foxes[1].id, foxes[0].id]
    for typed in ("fuchs", "FUCH ein", "猫家"):
        assert ids(await marked(gallery, search=typed, limit=9)) == newest_first
    assert ids(await marked(gallery, owner_id=ANNA, search="fuchs", limit=9)) == [foxes[0].id]
    page = await marked(gallery, search="fuchs", limit=1)
    assert (ids(page), page.has_older) == ([foxes[1].id], True)
    assert ids(await marked(gallery, search="家猫", limit=9)) == []
    assert ids(await marked(gallery, ANNA, search="fuchs", limit=9)) == []


@pytest.mark.parametrize("most", [0, 2, 100])
async def test_what_is_found_does_not_depend_on_how_much_that_is(
    pool: Pool, gallery: Pictures, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """A search that finds more than a number of pictures is made in another way, and so is one with short words."""
    monkeypatch.setattr("db.pictures.MATCHES_MAX", most)
    prompts = ["a red fox", "a fox in z", "an owl", "a red owl", "the fox"]
    pictures = {prompt: (await painted(pool, member_id=ANNA, prompt=prompt)).id for prompt in prompts}
    for picture_id in pictures.values():
        await Favourites(pool).add(BERT, picture_id)
    for typed, found in (
        ("fox", ["the fox", "a fox in z", "a red fox"]),
        ("a fox", ["a fox in z", "a red fox"]),
        ("z fox", ["a fox in z"]),
        ("a", ["a red owl", "an owl", "a fox in z", "a red fox"]),
        ("z", ["a fox in z"]),
        ("q fox", []),
        ("fox owl", []),
    ):
        expected = [pictures[prompt] for prompt in found]
        assert ids(await of_anna(gallery, search=typed, limit=9)) == expected, typed
        assert ids(await of_anna(gallery, search=typed, after_id=0, limit=9)) == expected, typed
        assert ids(await marked(gallery, search=typed, limit=9)) == expected, typed


async def test_a_mark_of_what_is_being_erased_is_not_left(pool: Pool) -> None:
    """Whichever of the two comes first."""
    for _ in range(5):
        picture = await painted(pool, member_id=ANNA)
        await asyncio.gather(Erasure(pool).erase(picture.id), Favourites(pool).add(BERT, picture.id))
    assert await pool.fetchval("select count(*) from favourites") == 0
    picture = await painted(pool, member_id=ANNA)
    async with pool.acquire() as other, other.transaction():
        await other.execute("update pictures set erased_at = now()")
        adding = asyncio.create_task(Favourites(pool).add(BERT, picture.id))
        await until(
            lambda: other.fetchval("select count(*) from pg_locks where not granted"), lambda count: count > 0
        )
    assert not await adding
    assert await pool.fetchval("select count(*) from favourites") == 0
