"""Again, and Edit with its form: what is asked for, what is kept, and what becomes of a form that is refused."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.controls.buttons import Action, OrderButton
from bot.gateway.events import _message
from bot.orders import TOKEN_LIFE
from core.orders import PRESSED, Upload
from tests.jobs import NOW, order
from tests.unit.bot.members import BEN, PAINTINGS, SKETCHES, House, edit

ASKED = order(seed=7, negative_prompt="fog", style="anime", count=3, model="ultra")
VARIED = replace(order(operation="vary", model="ultra", inputs=(-1,)), params={"strength": 0.35, "seed": 7})


async def press(house: House, action: Action, **more: Any) -> House:
    await OrderButton(action, house.order.id).callback(house.press(BEN, **more))
    return house


def form(house: House) -> dict[str, dict[str, Any]]:
    """The fields of the modal that was opened, by their custom ids, with their labels."""
    ((name, how),) = house.said
    assert name == "modal", house.words()
    return {
        one["component"]["custom_id"]: {**one["component"], **_told(one)}
        for one in how["modal"]["components"]
    }


def _told(label: dict[str, Any]) -> dict[str, Any]:
    return {name: label.get(name) for name in ("label", "description")}


def chosen(field: dict[str, Any]) -> list[str]:
    return [option["value"] for option in field["options"] if option["default"]]


async def test_again_is_the_same_with_a_new_seed() -> None:
    house = await press(House(ASKED), Action.AGAIN)
    (request,) = house.stored
    assert request.params == {
        "width": 640,
        "height": 480,
        "negative_prompt": "fog",
        "style": "anime",
        PRESSED: True,
    }
    assert (request.prompt, request.model, request.count, request.operation, request.inputs) == (
        ASKED.prompt, "ultra", 3, "imagine", (),
    )  # fmt: skip
    assert (request.interaction_id, request.application_id, request.token) == (900, 1, "token")
    assert request.token_expires_at == NOW + TOKEN_LIFE
    assert timedelta(minutes=15) == TOKEN_LIFE
    assert request.locale == "en-US"


async def with_upload() -> tuple[House, Upload]:
    house = House(VARIED)
    return house, await house.services.uploads.add(BEN, url="x", width=640, height=480, size=1)


async def test_what_is_made_from_a_picture_is_made_again_from_that_and_its_absence_is_said() -> None:
    house, upload = await with_upload()
    await press(house, Action.AGAIN)
    (request,) = house.stored
    assert (request.operation, request.inputs, dict(request.params)) == (
        "vary",
        (upload.id,),
        {"strength": 0.35, PRESSED: True},
    )
    house.uploads.clear()
    house.said.clear()
    for action in (Action.AGAIN, Action.EDIT):
        await press(house, action)
    assert "What this was made from is not there in full size any more" in house.words()
    assert len(house.stored) == 1


async def test_edit_asks_for_what_was_filled_in_and_keeps_the_rest() -> None:
    house = House(ASKED)
    await edit(house, house.press(BEN, SKETCHES), prompt="a badger for <@77>", negative_prompt="<@77>")
    (request,) = house.stored
    assert request.prompt == "a badger for someone"
    assert request.params == {
        "width": 256, "height": 512, "negative_prompt": "someone", "style": "anime", PRESSED: True,
    }  # fmt: skip
    assert (request.model, request.count, request.parent_channel_id) == ("ultra", 3, PAINTINGS)
    house = House(ASKED)
    await edit(
        house, house.press(BEN), negative_prompt=" ", model="core", style="none", size="256x512, seed 9"
    )
    (request,) = house.stored
    assert request.params == {"width": 256, "height": 512, "seed": 9, PRESSED: True}
    assert request.model == "core"


async def test_edit_of_what_was_varied_asks_for_the_strength() -> None:
    house, upload = await with_upload()
    await press(house, Action.EDIT)
    field = form(house)["size"]
    assert (field["label"], field["value"]) == ("Strength, and the seed", "0.35")
    await edit(house, house.press(BEN), size="0,7 seed 5")
    (request,) = house.stored
    assert (request.inputs, dict(request.params)) == (
        (upload.id,),
        {"strength": 0.7, "seed": 5, PRESSED: True},
    )
    house.said.clear()
    await edit(house, house.press(BEN), size="strong")
    assert "“strong” is not a strength. Write a number from 0 to 1" in house.words()


async def test_only_what_was_imagined_or_varied_is_edited() -> None:
    house = await press(House(order(operation="erase", model="erase")), Action.EDIT)
    assert "Only what was imagined or varied" in house.words()


@pytest.mark.parametrize(
    ("size", "seed"),
    [
        ("256x512", None),
        (" 256 × 512 ", None),
        ("256*512", None),
        ("256, 512", None),
        ("256 512", None),
        ("256X512", None),
        ("256 × 512, seed 4294967294", 4294967294),
        ("256x512 7", 7),
        ("256 × 512, Seed: 7", 7),
    ],
)
async def test_a_size_is_read_as_people_write_it(size: str, seed: int | None) -> None:
    house = House()
    await edit(house, house.press(), size=size)
    (request,) = house.stored
    assert (request.size, request.seed) == ((256, 512), seed)


@pytest.mark.parametrize("size", ["256", "wide", "1256x999999", "256x512 seed", "w" * 40])
async def test_what_is_no_size_is_repeated(size: str) -> None:
    house = House()
    await edit(house, house.press(), size=size)
    assert f"“{size}” is not a size" in house.words()
    assert house.stored == []


async def test_the_form_has_what_was_asked_for_with_models_and_their_prices() -> None:
    house = await press(House(ASKED), Action.EDIT)
    fields = form(house)
    assert list(fields) == ["prompt", "size", "model", "style", "negative_prompt"]
    assert [fields[name]["value"] for name in ("prompt", "size", "negative_prompt")] == [
        ASKED.prompt, "640 × 480", "fog",
    ]  # fmt: skip
    assert (chosen(fields["model"]), chosen(fields["style"])) == (["ultra"], ["anime"])
    assert "Stable Image Ultra: 8 credits, the finest detail" in str(fields["model"]["options"])
    assert "each of 3" in fields["model"]["description"]
    # Of several pictures each has its own seed; that of one alone can be kept.
    several = form(await press(House(order(count=2)), Action.EDIT))
    assert "“, seed 7” after it sets" in several["size"]["description"]
    one = form(await press(House(order(seed=5)), Action.EDIT))
    assert "256 to 1536 each; “, seed 5” after it keeps the seed" in one["size"]["description"]
    # What is not on offer any more is painted by the model that the bot has now.
    gone = form(await press(House(order(model="stable-diffusion-v1-6")), Action.EDIT))
    assert (chosen(gone["model"]), chosen(gone["style"])) == (["core"], ["none"])


async def test_what_was_typed_and_refused_opens_again_by_what_stands_in_the_message() -> None:
    house = House(ASKED)
    typed = {
        "prompt": "a *badger*\n" + "x" * 1900, "size": "1536 × 1536, seed 8", "model": "ultra", "style": "origami",
        "negative_prompt": "-" * 1900,
    }  # fmt: skip
    await edit(house, house.press(BEN), **typed)
    assert house.stored == []
    ((name, how),) = house.said
    embeds = how["embeds"]
    assert (name, how["ephemeral"]) == ("message", True)
    assert "is 2.36 megapixels" in embeds[0].description
    assert embeds[0].description.endswith("1254 × 1254 fits.")
    assert sum(map(len, embeds)) <= 6000
    assert "order:reopen:1" in house.words()
    # The event of a press is reduced to what is used of its message.
    sent = {"embeds": [embed.to_dict() for embed in embeds], "flags": 64}
    pressed = {"component_type": 2, "custom_id": "order:reopen:1"}
    payload = _message({"id": "1", "channel_id": "2", "message": sent}, pressed)
    message = SimpleNamespace(embeds=[discord.Embed.from_dict(one) for one in payload["embeds"]])
    house.said.clear()
    await press(house, Action.REOPEN, message=message)
    fields = form(house)
    found = {one: fields[one]["value"] for one in ("prompt", "size", "negative_prompt")}
    assert {**found, **{one: chosen(fields[one])[0] for one in ("model", "style")}} == typed


async def test_a_message_of_another_shape_opens_the_form_as_it_was() -> None:
    payload = _message({"id": "1", "message": {"embeds": [None, {"fields": 5}, {"fields": [None]}]}}, {
        "component_type": 2, "custom_id": "order:reopen:1",
    })  # fmt: skip
    for embeds in ([], [discord.Embed()], [discord.Embed.from_dict(one) for one in payload["embeds"]]):
        house = House(ASKED)
        await press(house, Action.REOPEN, message=SimpleNamespace(embeds=embeds))
        assert form(house)["prompt"]["value"] == ASKED.prompt
