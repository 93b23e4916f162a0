"""What is read from custom ids and from modals: all that a button or a menu knows after a restart."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.controls.buttons import ORDER_ACTIONS, PRESSES, Action, OrderButton, PictureButton
from bot.controls.edit_modal import as_asked, edit_modal, filled_in
from bot.controls.page_controls import (
    FIRST_DAY,
    OPEN,
    PAGE,
    SEARCH_LENGTH_MAX,
    Move,
    PageButton,
    PictureSelect,
    Query,
)
from core.operations import MODELS, OPERATIONS, PAINTERS
from db.pictures import Form
from tests.jobs import order, picture

NOBODY: Any = None
PICTURE_ACTIONS = tuple(action for action in Action if action not in ORDER_ACTIONS)
LARGEST = 10**18 - 1


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What is asked for by the presses under a page."""
    asked: list[tuple[Any, ...]] = []

    async def show(*what: Any) -> None:
        asked.append(what)

    monkeypatch.setitem(PRESSES, PAGE, show)
    monkeypatch.setitem(PRESSES, OPEN, show)
    return asked


async def pressed(custom_id: str) -> PageButton | None:
    match = PageButton.__discord_ui_compiled_template__.fullmatch(custom_id)
    return None if match is None else await PageButton.from_custom_id(NOBODY, NOBODY, match)


QUERIES = [
    Query(10, "", False, 6),
    Query(None, "a fox: red\nand small", True, 9),
    Query(2**63 - 1, "x" * SEARCH_LENGTH_MAX, True, 1),
    Query(None, "", False, 6, best=True),
    Query(
        2**63 - 1,
        "x" * SEARCH_LENGTH_MAX,
        False,
        9,
        True,
        "ultra",
        "vary",
        Form.TALL,
        True,
        date(2026, 1, 31),
    ),
    Query(10, "", False, 6, since=FIRST_DAY + timedelta(1)),
    Query(10, "", False, 6, form=Form.SQUARE),
    *(Query(10, "", False, 6, model=model) for model in MODELS),
    *(Query(10, "", False, 6, operation=operation) for operation in OPERATIONS),
]


@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("cursor", [0, 17, LARGEST])
async def test_a_page_is_found_again_by_the_button_alone(
    shown: list[tuple[Any, ...]], move: Move, cursor: int
) -> None:
    for query in QUERIES:
        made = PageButton(query, move, cursor)
        assert made.custom_id == query.custom_id(move, cursor)
        assert len(made.custom_id) <= 100
        again = await pressed(made.custom_id)
        assert again is not None
        await again.callback(NOBODY)
        assert shown.pop() == (NOBODY, query, move, cursor)
        assert (again.item.label, str(again.item.emoji)) == (made.item.label, str(made.item.emoji))


@pytest.mark.parametrize(
    "custom_id",
    [
        "gallery:y:1:1:6:0:",
        "gallery:f:1:1:0:0:",
        "gallery:f:1:1:6:3:",
        "gallery:f:1:1:6:0-0:",
        f"gallery:f:{10**18}:1:6:0:",
        "gallery:f::1:6:0:",
        "gallery:f:1:1:6:0",
    ],
)
async def test_what_is_no_page_is_none(custom_id: str) -> None:
    assert await pressed(custom_id) is None


async def test_a_member_who_cannot_be_is_one_without_pictures(shown: list[tuple[Any, ...]]) -> None:
    for owner in (2**63, 10**19 - 1):
        button = await pressed(f"gallery:n:1:{owner}:6:0:")
        assert button is not None
        await button.callback(NOBODY)
    assert [one[1].owner_id for one in shown] == [2**63 - 1] * 2


def test_looks_of_a_page() -> None:
    def say(text: str) -> str:
        return f"<{text}>"

    button = PageButton(QUERIES[0], Move.NEXT, 1, say, disabled=True)
    assert (button.item.label, str(button.item.emoji), button.item.disabled) == ("<Next>", "▶️", True)
    assert not PageButton(QUERIES[0], Move.SHARE, 1, say).item.disabled
    labels = [PageButton(QUERIES[0], move, 1).item.label for move in Move]
    assert labels == ["First", "Previous", "Next", "Last", "Share", "Filter", "Show all"]


async def test_a_page_of_the_version_before_is_cut_to_what_fits_and_what_nobody_knows_finds_nothing(
    shown: list[tuple[Any, ...]],
) -> None:
    for custom_id in (f"gallery:n:1:10:6:1:{'x' * 40}", "gallery:n:1:10:6:0-0000zzzyyy:"):
        button = await pressed(custom_id)
        assert button is not None
        await button.callback(NOBODY)
    assert [one[1] for one in shown] == [
        Query(10, "x" * SEARCH_LENGTH_MAX, True, 6),
        Query(10, "", False, 6, model="", operation=""),
    ]


def test_the_menu_names_each_picture_by_its_number_and_its_words() -> None:
    of = [order(prompt="a  fox\nin snow"), order(prompt="x" * 97), order(prompt="x" * 98)]
    pictures = [picture(number, of=one) for number, one in enumerate(of, 1)]
    item = PictureSelect(pictures, str).item
    assert (item.custom_id, item.placeholder) == ("gallery:open", "Open one of these pictures")
    assert [option.value for option in item.options] == ["17", "18", "19"]
    assert [option.label for option in item.options] == [
        "1. a fox in snow",
        "2. " + "x" * 97,
        "3. " + "x" * 96 + "…",
    ]
    numbered = PictureSelect(pictures[:2], str, (4, 7)).item
    assert [option.label[:2] for option in numbered.options] == ["4.", "7."]
    most = PictureSelect([picture(of=of[0])] * 9).item
    assert [option.label[:2] for option in most.options] == [f"{number}." for number in range(1, 10)]


@pytest.mark.parametrize(
    ("values", "opened"),
    [(["17"], 17), (["9" * 18], LARGEST), (["9" * 19], 0), (["x"], 0), (["٣"], 0), (["²"], 0), ([], 0)],
)
async def test_the_menu_opens_what_is_chosen(
    shown: list[tuple[Any, ...]], values: list[str], opened: int
) -> None:
    item = cast("Any", SimpleNamespace(values=values))
    match = PictureSelect.__discord_ui_compiled_template__.fullmatch("gallery:open")
    assert match is not None
    select = await PictureSelect.from_custom_id(NOBODY, item, match)
    await select.callback(NOBODY)
    assert shown == [(NOBODY, opened)]


@pytest.mark.parametrize("id_", [0, 17, LARGEST])
async def test_a_button_is_read_from_its_own_custom_id(id_: int) -> None:
    for kind, of, actions in (
        (OrderButton, "order", ORDER_ACTIONS),
        (PictureButton, "picture", PICTURE_ACTIONS),
    ):
        template = kind.__discord_ui_compiled_template__
        for action in actions:
            match = template.fullmatch(f"{of}:{action}:{id_}")
            assert match is not None
            button: Any = await kind.from_custom_id(NOBODY, NOBODY, match)
            assert (button._action, button._target_id) == (action, id_)
        assert template.fullmatch(f"{of}:{actions[0]}:{10**18}") is None
        others = PICTURE_ACTIONS if of == "order" else ORDER_ACTIONS
        assert all(template.fullmatch(f"{of}:{other}:1") is None for other in others)


def test_what_is_filled_in_is_found_whatever_holds_it() -> None:
    def field(name: Any, value: Any) -> dict[str, Any]:
        return {"type": 4, "custom_id": name, "value": value}

    label = {"type": 18, "component": field("prompt", "a fox")}
    row = {"type": 1, "components": [field("size", "1 x 2"), field("negative_prompt", "fog")]}
    assert filled_in({"components": [label, row]}) == {
        "prompt": "a fox",
        "size": "1 x 2",
        "negative_prompt": "fog",
    }
    chosen = {"type": 18, "component": {"type": 3, "custom_id": "style", "values": ["anime"]}}
    assert filled_in({"components": [chosen]}) == {"style": "anime"}
    assert filled_in({"components": [{"custom_id": "style", "values": []}]}) == {}
    assert filled_in({"components": [field("prompt", 5), field(5, "x"), "x", None]}) == {}
    assert filled_in(None) == {}


def test_the_modal_asks_for_no_more_than_fits() -> None:
    def say(text: str) -> str:
        return f"<{text}>"

    of = order(negative_prompt="fog", style="anime")
    models = list(PAINTERS.values())
    modal: Any = edit_modal(of, as_asked(of), models, say, size_hint="a hint", model_hint=None).to_dict()
    assert (modal["title"], modal["custom_id"]) == ("<Paint it differently>", "edit:1")
    prompt, size, model, style, negative = (one["component"] for one in modal["components"])
    assert (prompt["custom_id"], prompt["style"], prompt["required"]) == ("prompt", 2, True)
    assert (prompt["max_length"], negative["max_length"], size["max_length"]) == (2000, 2000, 40)
    assert (size["custom_id"], size["value"], size["style"]) == ("size", "640 × 480", 1)
    assert (negative["custom_id"], negative["value"], negative["required"]) == (
        "negative_prompt",
        "fog",
        False,
    )
    for field in (model, style):
        assert max(len(option["label"]) for option in field["options"]) <= 100
        assert len(field["options"]) <= 25
        assert [option["default"] for option in field["options"]].count(True) == 1
    labels = [(one["label"], one.get("description")) for one in modal["components"]]
    assert labels == [
        ("<What the picture should show>", None),
        ("<Size, and the seed>", "a hint"),
        ("<Model>", None),
        ("<Style>", None),
        ("<What it should not show>", None),
    ]
