"""discord.py asks Discord for the body of each answer, and breaks where it is not as it should be.

What was asked for has been done all the same, so whoever asked goes on without it.
"""

import logging
from typing import Any

import aiohttp
import discord
from discord.interactions import InteractionCallbackResponse
from discord.webhook import async_ as webhook

from bot.discord_errors import UNREADABLE
from db.errors import reason

log = logging.getLogger(__name__)

_json_or_text = discord.http.json_or_text
_update = InteractionCallbackResponse._update


def be_lenient() -> None:
    """Holds for the whole process, as the classes are discord.py's own."""
    discord.http.json_or_text = _what_can_be_read
    webhook.json_or_text = _what_can_be_read  # type: ignore[attr-defined]
    InteractionCallbackResponse._update = _update_as_far_as_possible  # type: ignore[method-assign]


async def _what_can_be_read(response: aiohttp.ClientResponse) -> dict[str, Any] | str:
    """What only claims to be JSON is text, as are the pages of what stands before Discord."""
    try:
        found = await _json_or_text(response)
        return "" if found is None else found
    except ValueError:
        return (await response.read()).decode(errors="replace")


def _update_as_far_as_possible(self: InteractionCallbackResponse[Any], data: Any) -> None:
    self.id, self._thinking, self._ephemeral = self._parent.id, False, False
    self.message_id = self.activity_id = self.resource = None
    try:
        _update(self, data)
    except UNREADABLE as error:
        log.info("Discord took an answer, and said so by what cannot be read: %s", reason(error))
