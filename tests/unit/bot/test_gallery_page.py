"""A page of the gallery: which picture stands where, and what is covered of it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.controls.page_controls import Query
from bot.messages.content import Content, Unseen
from bot.messages.gallery_page import empty_page, page_content
from bot.messages.words import ENGLISH
from db.pictures import Form, Page
from tests.jobs import order, picture

QUERY = Query(10, "", False, 6)
PLAIN, COVERED = picture(of=order(id=1)), picture(of=order(id=2, spoiler=True, prompt="a bear"))


def content(**more: Any) -> Content:
    previews = {17: b"fox", 33: b"bear"}
    of = {"pictures": [PLAIN, COVERED], **more.pop("of", {})}
    page = Page(has_newer=more.pop("newer", False), has_older=more.pop("older", False), **of)
    return page_content(page, more.pop("query", QUERY), previews, more.pop("say", ENGLISH), **more)


def walk(component: Any) -> list[dict[str, Any]]:
    found = [component] if isinstance(component, dict) else []
    inside = component.values() if isinstance(component, dict) else component
    for one in inside if isinstance(component, (dict, list)) else ():
        found += walk(one)
    return found


def components(made: Content) -> list[dict[str, Any]]:
    return components_of(made.view)


def components_of(view: Any) -> list[dict[str, Any]]:
    return walk(view.to_components())


@pytest.mark.parametrize("shared", [False, True])
def test_a_spoiler_is_covered_and_nothing_else_is(shared: bool) -> None:
    made = content(shared_by=9 if shared else None)
    (gallery,) = (one for one in components(made) if one.get("type") == 12)
    assert [(item["media"]["url"], item["spoiler"]) for item in gallery["items"]] == [
        ("attachment://17.webp", False),
        ("attachment://33.webp", True),
    ]
    assert [(file.name, file.content, file.alt_text) for file in made.files] == [
        ("17.webp", b"fox", "a red fox in the snow (made by AI)"),
        ("33.webp", b"bear", "a bear (made by AI)"),
    ]


def words(made: Content) -> str:
    return "\n".join(one["content"] for one in components(made) if one.get("type") == 10)


def ids(made: Content) -> list[str]:
    return [one["custom_id"] for one in components(made) if "custom_id" in one]


def test_a_number_opens_its_picture_and_goes_on_from_page_to_page() -> None:
    made = content(newer=True, older=True, of={"first": 7, "total": 42, "counted_max": 100})
    buttons = {one["label"]: one["custom_id"] for one in components(made) if one.get("type") == 2}
    assert (buttons["7"], buttons["8"]) == ("picture:more:17", "picture:more:33")
    assert "Page 2 of 7 · 42 pictures" in words(made)
    assert "**7.** a red fox" in words(made)


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ({"total": 2}, "-# 2 pictures"),
        ({"first": None, "counted_max": 1000}, "-# more than 1000 pictures"),
        ({"first": 7, "counted_max": 1000}, "-# Page 2 · more than 1000 pictures"),
        ({"first": 2, "total": 13, "counted_max": 1000}, "-# Page 2 of 3 · 13 pictures"),
        ({"first": 12, "total": 13, "counted_max": 1000}, "-# Page 3 of 3 · 13 pictures"),
    ],
)
def test_what_is_counted_is_told_and_no_more(of: dict[str, Any], said: str) -> None:
    is_alone = "first" not in of
    assert said in words(content(newer=not is_alone, of=of))


def test_pictures_of_one_order_have_one_line_as_far_as_they_are_alike() -> None:
    of, at = order(id=1, count=4), datetime(2026, 1, 1, tzinfo=UTC)
    of_one = [picture(n, of=of, expired_at=at if n == 1 else None) for n in (4, 3, 2, 1)]
    told = words(content(of={"pictures": [*of_one, picture(of=order(id=2))]}))
    assert [line[: line.index(".**") + 3] for line in told.splitlines() if line.startswith("**")] == [
        *("**1-3.**", "**4.**", "**5.**")
    ]


def test_there_are_no_dead_buttons_where_there_is_one_page() -> None:
    made = content(of={"total": 2, "counted_max": 2})
    assert ids(made) == ["picture:more:17", "picture:more:33", "gallery:s:17:10:6:0:"]
    assert "-# 2 pictures" in words(made)
    assert len(ids(content(older=True))) == 2 + 6


def test_a_shared_page_tells_who_shares_it_and_not_how_many_there_are() -> None:
    made = content(shared_by=9, newer=True, of={"first": 1, "total": 42, "counted_max": 100})
    assert ids(made) == ["picture:more:17", "picture:more:33"]
    assert "-# shared by <@9>" in words(made)
    assert "42" not in words(made)
    assert "Page" not in words(made)


def test_what_was_chosen_is_told() -> None:
    query = replace(
        QUERY, model="ultra", operation="vary", form=Form.TALL, here=True, since=date(2026, 1, 31)
    )
    told = words(content(query=query, of={"total": 2, "counted_max": 2}))
    assert "2 pictures · Stable Image Ultra · Vary · tall · made here · since <t:1769817600:d>" in told
    assert "made here" not in words(content(query=replace(QUERY, best=True, here=True)))
    view: Any = empty_page(query, 10, ENGLISH)
    assert "No picture is like that: Stable Image Ultra" in str(view.to_components())
    assert "gallery:a:0:10:6:0-" not in str(view.to_components())


def test_the_best_say_how_many_marked_them() -> None:
    best = Query(None, "", False, 6, best=True)
    made = content(query=best, of={"total": 2, "counted_max": 2, "marks": {17: 5, 33: 1}})
    assert "The best of this server" in words(made)
    assert ["⭐ 5 · " in words(made), "⭐ 1 · " in words(made)] == [True, True]
    # Whose they are is told where it is not in the title.
    assert words(made).count(" · <@10>") == 2
    assert " · <@10>" not in words(content())


@pytest.mark.parametrize(("count", "rows"), [(1, [1]), (5, [5]), (6, [3, 3]), (7, [4, 3]), (9, [5, 4])])
def test_the_numbers_stand_in_rows_of_one_length(count: int, rows: list[int]) -> None:
    page = Page([picture(n, of=order(id=1)) for n in range(1, count + 1)], False, False)
    made: Any = page_content(page, QUERY, {}, ENGLISH).view
    found = [one["components"] for one in components_of(made) if one.get("type") == 1]
    assert [len(row) for row in found[:-1]] == rows


@pytest.mark.parametrize("shared", [False, True])
def test_what_discord_does_not_take_shows_no_picture_and_moves_no_buttons(shared: bool) -> None:
    made = content(shared_by=9 if shared else None, older=True)
    assert made.without_picture is not None
    plainer = made.without_picture(Unseen.EXPLICIT)
    assert plainer.files == ()
    assert [one for one in components(plainer) if one.get("type") == 12] == []
    moves = [one for one in components(plainer) if str(one.get("custom_id")).startswith("gallery:n:")]
    assert len(moves) == (not shared)
