"""A picture from a picture: each change that there is, as a member asks for it, over a restart of the bot."""

import io
from typing import Any

from PIL import Image, ImageDraw

from core.operations import CHANGES
from tests.e2e.pictures import download
from tests.house import House
from tests.member import File, Member, is_done, is_waiting, links_of

SIZE = (320, 256)


def picture(ground: str = "teal", thing: str = "orange") -> File:
    image = Image.new("RGB", SIZE, ground)
    ImageDraw.Draw(image).ellipse((100, 70, 220, 190), fill=thing)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return File("fox.png", buffer.getvalue())


def asked() -> dict[str, dict[str, Any]]:
    """By the subcommand: what a member fills in beside the picture."""
    return {
        "vary": {"prompt": "a fox", "strength": 0.5, "model": "sd3.5-medium"},
        "replace": {"prompt": "a badger", "target": "the fox"},
        "recolor": {"prompt": "blue", "target": "the fox"},
        "erase": {"fields": "5"},
        "paint-over": {"prompt": "a moon", "fields": "1, 2"},
        "extend": {"left": 64, "up": 32},
        "cut-out": {},
        "relight": {"prompt": "a beach", "light": "left"},
        "sketch": {"prompt": "a fox", "closeness": 0.8},
        "structure": {"prompt": "a castle"},
        "style": {"prompt": "a city", "width": 512, "height": 512},
        "transfer": {"reference": picture("navy", "pink")},
        "upscale": {},
    }


async def test_every_change_comes_over_a_restart_of_the_bot_and_is_paid_for_once(
    house: House, ada: Member
) -> None:
    changes = asked()
    assert [*changes] == [operation.name for operation in CHANGES]
    bot = await house.bot()
    await ada.until_bot_is(online=True)
    interactions = {
        name: await ada.use(f"change {name}", image=picture(), **options) for name, options in changes.items()
    }
    for interaction in interactions.values():
        await ada.reply(interaction, is_waiting)
    await bot.kill()
    await ada.until_bot_is(online=False)
    await house.worker()
    await house.bot()
    came = {}
    for name, interaction in interactions.items():
        done = await ada.reply(interaction, is_done, within_seconds=60)
        came[name] = await download(links_of(done)[0])
    calls = house.servers.stability.calls
    assert len(calls) == len({call.path for call in calls}) == len(changes)
    assert all(call.billed > 0 for call in calls)
    _shows_what_was_asked_for(came)


def _shows_what_was_asked_for(came: dict[str, Image.Image]) -> None:
    width, height = SIZE
    assert came["extend"].size == (width + 64, height + 32)
    assert came["upscale"].size == (width * 4, height * 4)
    assert came["style"].size == (512, 512)
    for name in ("erase", "paint-over", "replace", "recolor"):
        assert came[name].size == SIZE, name
    assert came["cut-out"].getchannel("A").getextrema() == (0, 255)
    # Of the nine fields it is the one in the middle, and the corner is as it was.
    corner, middle = (5, 5), (width // 2, height // 2)
    before = Image.open(io.BytesIO(picture().content)).convert("RGB")
    erased = came["erase"].convert("RGB")
    assert erased.getpixel(corner) == before.getpixel(corner)
    assert erased.getpixel(middle) != before.getpixel(middle)
