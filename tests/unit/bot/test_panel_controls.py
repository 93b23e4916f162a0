"""What a press or a form of a panel is taken for, by its custom id alone."""

from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.controls.buttons import PRESSES
from bot.controls.pages import (
    CUSTOM_ID,
    OUTDATED,
    Control,
    button,
    channel_select,
    form,
    ids,
    role_select,
    select,
    submitted,
    user_select,
)

GONE = object()
CONTROLS = [
    button("owner:page", "Servers"),
    button("owner:page:servers:2", "Next"),
    select("owner:page:", "Choose", [discord.SelectOption(label="x", value="x")], most=3),
    role_select("owner:page:a\nb", "A role", [5]),
    channel_select("owner:page:ä", "A channel", [5], [discord.ChannelType.text], least=0, most=25),
    user_select("owner:page:1", "A member"),
]


@pytest.fixture
def came(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    came: list[tuple[Any, ...]] = []

    def handler(name: str) -> Any:
        async def handle(_interaction: Any, *told: Any) -> None:
            came.append((name, *told))

        return handle

    for name in ("owner:page", "form owner:page", OUTDATED):
        monkeypatch.setitem(PRESSES, name, handler(name))
    return came


def interaction(**data: Any) -> Any:
    return cast(Any, SimpleNamespace(data=data))


@pytest.mark.parametrize("made", CONTROLS, ids=lambda one: type(one.item).__name__)
async def test_a_press_is_found_again_by_its_custom_id(made: Control, came: list[tuple[Any, ...]]) -> None:
    match = CUSTOM_ID.fullmatch(made.custom_id)
    assert match is not None
    pressed = interaction(custom_id=made.custom_id, values=["7", "x"])
    await (await Control.from_custom_id(pressed, made.item, match)).callback(pressed)
    assert came == [("owner:page", made.custom_id.removeprefix("owner:page").removeprefix(":"), ("7", "x"))]


@pytest.mark.parametrize("values", [None, "7", [7], GONE])
async def test_a_button_and_what_is_no_list_of_texts_choose_nothing(
    values: Any, came: list[tuple[Any, ...]]
) -> None:
    data = (
        {"custom_id": "owner:page:1"} if values is GONE else {"custom_id": "owner:page:1", "values": values}
    )
    await button("owner:page:1", "x").callback(interaction(**data))
    assert came == [("owner:page", "1", ())]


async def test_a_form_has_all_that_was_chosen_and_is_no_press(came: list[tuple[Any, ...]]) -> None:
    made = form("owner:page:9", "Title")
    match = CUSTOM_ID.fullmatch(made.custom_id)
    assert match is not None
    fields = [
        {"type": 18, "component": {"type": 4, "custom_id": "credits", "value": "2,5"}},
        {"type": 18, "component": {"type": 3, "custom_id": "models", "values": ["core", "ultra"]}},
        {"type": 18, "component": {"type": 3, "custom_id": "none", "values": []}},
    ]
    await submitted(interaction(custom_id=made.custom_id, components=fields), match)
    assert came == [("form owner:page", "9", {"credits": ("2,5",), "models": ("core", "ultra"), "none": ()})]


@pytest.mark.parametrize("custom_id", ["me:nothing", "settings:no-such-page:7"])
async def test_what_another_version_has_made_is_answered(custom_id: str, came: list[tuple[Any, ...]]) -> None:
    await button(custom_id, "x").callback(interaction(custom_id=custom_id))
    match = CUSTOM_ID.fullmatch(custom_id)
    assert match is not None
    await submitted(interaction(custom_id=custom_id), match)
    assert [name for name, *_ in came] == [OUTDATED, OUTDATED]


@pytest.mark.parametrize(
    "custom_id",
    ["order:again:7", "picture:settings:7", "settings", "settings:", "forget-me", "me:A", "x:page"],
)
def test_what_is_of_no_panel_is_left_to_others(custom_id: str) -> None:
    assert CUSTOM_ID.fullmatch(custom_id) is None


def test_only_ids_are_taken_from_what_was_chosen() -> None:
    assert ids(["17", "0", "-1", "x", "", "٣", str(2**63), str(2**63 - 1), "9" * 30]) == [17, 2**63 - 1]
