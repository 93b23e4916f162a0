"""A page of the gallery: which picture stands where, and what is covered of it."""

from typing import Any

import pytest

from bot.controls.page_controls import Query
from bot.messages.content import Content, Unseen
from bot.messages.gallery_page import page_content
from bot.messages.words import ENGLISH
from db.pictures import Page
from tests.jobs import order, picture

QUERY = Query(10, "", False, 6)
PLAIN, COVERED = picture(of=order(id=1)), picture(of=order(id=2, spoiler=True, prompt="a bear"))


def content(**more: Any) -> Content:
    previews = {17: b"fox", 33: b"bear"}
    links = {17: "https://b.example/17", 33: "https://b.example/33"}
    return page_content(Page([PLAIN, COVERED], False, False), QUERY, previews, links, ENGLISH, **more)


def walk(component: Any) -> list[dict[str, Any]]:
    found = [component] if isinstance(component, dict) else []
    inside = component.values() if isinstance(component, dict) else component
    for one in inside if isinstance(component, (dict, list)) else ():
        found += walk(one)
    return found


def components(made: Content) -> list[dict[str, Any]]:
    view: Any = made.view
    return walk(view.to_components())


@pytest.mark.parametrize("shared", [False, True])
def test_a_spoiler_is_covered_and_nothing_else_is(shared: bool) -> None:
    made = content(shared=shared)
    (gallery,) = (one for one in components(made) if one.get("type") == 12)
    assert [(item["media"]["url"], item["spoiler"]) for item in gallery["items"]] == [
        ("attachment://17.webp", False),
        ("attachment://33.webp", True),
    ]
    assert [(file.name, file.content, file.alt_text) for file in made.files] == [
        ("17.webp", b"fox", "a red fox in the snow (made by AI)"),
        ("33.webp", b"bear", "a bear (made by AI)"),
    ]


def test_each_link_is_beside_its_own_picture() -> None:
    sections = [one for one in components(content()) if one.get("type") == 9]
    assert [one["accessory"]["url"] for one in sections] == ["https://b.example/17", "https://b.example/33"]
    assert ["fox" in str(one["components"]) for one in sections] == [True, False]


@pytest.mark.parametrize("shared", [False, True])
def test_what_discord_does_not_take_shows_no_picture_and_moves_no_buttons(shared: bool) -> None:
    made = content(shared=shared)
    assert made.without_picture is not None
    plainer = made.without_picture(Unseen.EXPLICIT)
    assert plainer.files == ()
    assert [one for one in components(plainer) if one.get("type") == 12] == []
    moves = [one for one in components(plainer) if str(one.get("custom_id")).startswith("gallery:n:")]
    assert len(moves) == (not shared)
