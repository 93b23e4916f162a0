"""What /imagine offers: what is on the menu, the owner's own model beside it, and as many pictures as the owner lets;
and what comes of an image that is handed in."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.client import commands
from bot.commands.imagine import _imagine
from core.errors import InvalidRequest
from core.operations import DEFAULT_MODEL, PAINTERS
from core.orders import COUNT_MAX
from tests.unit.bot.members import ADA, House

ON_MENU = [model.name for model in PAINTERS.values() if model.on_menu]
OFF_MENU = [model.name for model in PAINTERS.values() if not model.on_menu]
IMAGE: Any = SimpleNamespace(
    content_type="image/png", width=640, height=480, size=1000, url="https://d.example/x", filename="x.png"
)


def parameter(name: str, default_model: str = DEFAULT_MODEL, count_max: int = COUNT_MAX) -> Any:
    (imagine,) = (one for one in commands(default_model, count_max) if one.name == "imagine")
    assert isinstance(imagine, app_commands.Command)
    return imagine.get_parameter(name)


def offered(default_model: str) -> list[object]:
    return [choice.value for choice in parameter("model", default_model).choices]


def test_a_new_installation_offers_what_is_on_the_menu() -> None:
    assert offered(DEFAULT_MODEL) == ON_MENU


@pytest.mark.parametrize("name", OFF_MENU)
def test_the_owner_s_own_model_is_offered_beside_the_menu(name: str) -> None:
    assert sorted(map(str, offered(name))) == sorted([*ON_MENU, name])
    # Another client's commands are as they were.
    assert offered(DEFAULT_MODEL) == ON_MENU


def test_how_many_is_asked_up_to_the_owner_s_bound_and_not_at_all_where_that_is_one() -> None:
    for most in (2, 4):
        count = parameter("count", count_max=most)
        assert (count.min_value, count.max_value, count.default) == (1, most, None)
        assert "How many pictures" in str(count.description)
    assert parameter("count", count_max=1) is None
    assert str(parameter("prompt", count_max=1).description) == "What the picture should show"


async def asked(**options: Any) -> House:
    house = House()
    command = discord.InteractionType.application_command
    await _imagine(house.press(ADA, type=command), "a fox", **options)
    return house


async def test_an_image_is_varied_by_a_model_that_can() -> None:
    (plain,) = (await asked(count=3)).stored
    assert (plain.operation, plain.count, plain.size) == ("imagine", 3, (1024, 1024))
    house = await asked(image=IMAGE, count=2, private=True, spoiler=True)
    (request,) = house.stored
    assert (request.operation, request.model, request.inputs, request.count) == (
        "vary", "sd3.5-medium", (-1,), 2,
    )  # fmt: skip
    assert dict(request.params) == {"strength": 0.7}
    assert (request.private, request.spoiler) == (True, True)
    assert house.uploads[-1].url == IMAGE.url
    (request,) = (await asked(image=IMAGE, strength=0.0, model="ultra", style="anime", seed=7)).stored
    assert (request.model, dict(request.params)) == ("ultra", {"strength": 0.0, "style": "anime", "seed": 7})


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"image": IMAGE, "width": 512}, "leave out width, height and shape"),
        ({"image": IMAGE, "shape": "wide"}, "leave out width, height and shape"),
        ({"strength": 0.5}, "add one, or leave it out"),
        (
            {"image": IMAGE, "model": "core"},
            "Stable Image Core cannot start from an image; choose one of .*Ultra",
        ),
        ({"count": 5}, "4 pictures at once at most"),
    ],
)
async def test_what_does_not_go_together_is_refused_before_anything_is_stored(
    options: dict[str, Any], why: str
) -> None:
    with pytest.raises(InvalidRequest, match=why):
        await asked(**options)
