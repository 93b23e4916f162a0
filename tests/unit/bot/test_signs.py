"""The signs that move, as Discord takes them."""

import io

import pytest
from PIL import Image

from bot.emoji.signs import Signs
from bot.gateway.emoji import drawn, name_of
from bot.messages.words import Languages


@pytest.mark.parametrize("sign", drawn())
def test_each_is_a_small_gif_that_moves_and_can_be_seen_through(sign: str) -> None:
    picture = drawn()[sign]
    assert len(picture) <= 256 * 1024
    with Image.open(io.BytesIO(picture)) as image:
        assert (image.format, image.size) == ("GIF", (128, 128))
        assert getattr(image, "n_frames", 1) > 1
        # What is done is drawn once.
        assert ("loop" in image.info) is (sign != "done")
        assert image.convert("RGBA").getchannel("A").getpixel((0, 0)) == 0
    assert 2 <= len(name_of(sign, picture)) <= 32


def test_once_known_they_are_in_every_language() -> None:
    languages = Languages()
    languages.signs.waiting = "<a:x:1>"
    assert {languages.of(one).signs.waiting for one in ("de", "en-US", "fr")} == {"<a:x:1>"}
    assert Signs().waiting == "⏳"
