"""What members hand in, as Discord describes it."""

from typing import Any, cast

import pytest

from bot.sources import handed_in, is_picture
from core.errors import InvalidRequest
from tests.conditions import soon


class Attachment:
    filename, content_type, size = "fox.png", "image/png", 100

    def __init__(self, width: int | None, height: int | None) -> None:
        self.width, self.height = width, height


@pytest.mark.parametrize(("width", "height"), [(None, None), (640, None), (None, 480), (640, 0)])
async def test_a_file_whose_size_discord_does_not_tell_is_no_picture(
    width: int | None, height: int | None
) -> None:
    with pytest.raises(InvalidRequest, match="is no picture"):
        await soon(handed_in(cast("Any", None), [cast("Any", Attachment(width, height))]))
    assert is_picture(cast("Any", Attachment(640, 480)))
