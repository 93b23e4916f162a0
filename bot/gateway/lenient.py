"""What discord.py is taught: what was done stays done where only Discord's confirmation of it is odd or lost."""

import logging
from typing import Any

import aiohttp
import discord
from discord.interactions import InteractionCallbackResponse
from discord.webhook import async_ as webhook

from bot.discord_errors import ACKNOWLEDGED, UNREADABLE, has_failed, in_a_line, watch_for_failures
from core.errors import reason

log = logging.getLogger(__name__)

_json_or_text = discord.http.json_or_text
_update = InteractionCallbackResponse._update
_answer = webhook.AsyncWebhookAdapter.create_interaction_response


def be_lenient() -> None:
    """For the whole process, as the classes are discord.py's own."""
    discord.http.json_or_text = _what_can_be_read
    webhook.json_or_text = _what_can_be_read  # type: ignore[attr-defined] # it is imported there
    adapter, answer = webhook.AsyncWebhookAdapter, InteractionCallbackResponse
    adapter.create_interaction_response = _answer_once  # type: ignore[assignment,method-assign] # it takes its place
    answer._update = _update_as_far_as_possible  # type: ignore[method-assign] # it takes its place


async def _what_can_be_read(response: aiohttp.ClientResponse) -> dict[str, Any] | str:
    """What only claims to be JSON is text. A page with the status of a success comes from a proxy: Discord has not
    seen the request."""
    if response.status < 300 and response.headers.get("Content-Type", "").startswith("text/"):
        raise discord.HTTPException(response, "a page")
    try:
        found = await _json_or_text(response)
        return "" if found is None else found
    except ValueError:
        return (await response.read()).decode(errors="replace")


async def _answer_once(
    self: webhook.AsyncWebhookAdapter, interaction_id: int, token: str, **more: Any
) -> dict[str, Any] | str:
    """discord.py repeats it after a fault of the server's, but not where the connection broke."""
    watch_for_failures()
    is_repeated = False
    while True:
        try:
            return await _answer(self, interaction_id, token, **more)  # type: ignore[return-value] # text, too, now
        except discord.HTTPException as error:
            if error.code == ACKNOWLEDGED and (is_repeated or has_failed()):
                log.info("an answer had arrived before it was repeated")
                return ""
            if is_repeated or error.status >= 300:
                raise
            is_repeated = True
        except (aiohttp.ClientError, OSError) as error:
            if is_repeated:
                raise
            log.info("an answer is repeated, as nobody knows whether it arrived: %s", in_a_line(error))
            is_repeated = True


def _update_as_far_as_possible(self: InteractionCallbackResponse[Any], data: Any) -> None:
    self.id, self._thinking, self._ephemeral = self._parent.id, False, False
    self.message_id = self.activity_id = self.resource = None
    try:
        _update(self, data)
    except UNREADABLE as error:
        log.info("Discord took an answer, and its confirmation cannot be read: %s", reason(error))
