"""What an answer from Discord means: its own word, or a transient fault of what stands before it."""

import inspect
import json
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from types import SimpleNamespace

import aiohttp
import discord

from core.errors import reason
from core.retry_after import seconds_of

_TRANSIENT = {
    20016,  # the channel's slow mode
    20028,  # too many writes in this channel
    20029,  # too many writes in this server
    30034,  # too many commands created in a day
    30046,  # too many edits of messages older than an hour
    40003,  # direct messages opened too fast
    40004,  # sending messages is switched off for a while
    40006,  # a feature is switched off for a while
    40062,  # a resource is asked for too often
    40333,  # a fault in the network before Discord
    130000,  # overloaded
}
"""Codes that ask for a pause, whatever the status."""

_GONE = {
    10003,  # unknown channel
    10004,  # unknown guild
    10008,  # unknown message
    10013,  # unknown user
    10015,  # unknown webhook: nothing was answered by this token
    10062,  # unknown interaction
    50027,  # the token's life is over
    50033,  # nobody who could be sent a direct message
}
"""Codes for what is gone. Any other refusal may end: rights, an archived thread, closed direct messages."""

EXPLICIT = 20009
HARMFUL = 240000  # no link to that host is taken, neither as a button nor in the text
_CONTENT = {
    EXPLICIT,
    HARMFUL,
    40005,  # the request is too large
    50035,  # some field is not as Discord wants it
    50045,  # a file is too large
    50046,  # a file is not as Discord wants it
}
"""Codes that are about what the message holds, and not about where it goes."""

UNREADABLE = (LookupError, TypeError, AttributeError, ValueError)
"""What discord.py raises when an answer has another shape than it expects."""

UNANSWERED = (discord.DiscordException, aiohttp.ClientError, OSError, *UNREADABLE)
"""What a call to Discord fails with: refused, not reached, or answered in another shape."""

ACKNOWLEDGED = 40060  # an interaction that was answered before
_CODE_MIN = 10_000  # below it Discord has none but 0, which says nothing

_answered: ContextVar[int] = ContextVar("answered", default=0)
_has_failed: ContextVar[bool] = ContextVar("has_failed", default=False)
_by_own_pauses: ContextVar[bool] = ContextVar("by_own_pauses", default=False)


def is_final(error: discord.HTTPException) -> bool:
    """Whether Discord itself said no, so that it would refuse the request again.

    Its refusals are JSON with a code. What a proxy before it answers is raised with code 0, or a code of the proxy.
    """
    is_its_own = isinstance(error.code, int) and error.code >= _CODE_MIN
    return is_its_own and 400 <= error.status < 500 and error.status != 429 and error.code not in _TRANSIENT


def is_gone(error: discord.HTTPException) -> bool:
    return is_final(error) and error.code in _GONE


def refuses_content(error: discord.HTTPException) -> bool:
    """With less in it, the message may be taken."""
    return is_final(error) and error.code in _CONTENT


def refuses_link(error: discord.HTTPException) -> bool:
    return refuses_content(error) and ".url:" in error.text


def is_transient(error: Exception) -> bool:
    """Whether the fault ends by itself."""
    if isinstance(error, discord.HTTPException):
        return not is_final(error)
    if isinstance(error, (discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError)):
        return True
    return isinstance(error, UNREADABLE) and _answered.get() != 0 and _is_about_an_answer(error)


def is_taken(error: BaseException) -> bool:
    """Whether Discord took what was sent, and only its answer could not be read."""
    return isinstance(error, UNREADABLE) and 200 <= _answered.get() < 300 and _is_about_an_answer(error)


def in_a_line(error: BaseException) -> str:
    """For the log: without the pages of a proxy."""
    if isinstance(error, discord.HTTPException) and not _is_json(error):
        return f"status {error.status}, and it is not Discord who says so"
    return " ".join(reason(error).split())[:300]


def retry_after_seconds(error: Exception) -> float | None:
    if isinstance(error, discord.RateLimited):
        return error.retry_after
    if not isinstance(error, discord.HTTPException):
        return None
    return seconds_of(error.response.headers.get("Retry-After"))


@contextmanager
def own_pauses() -> Iterator[None]:
    """Within it a pause that is asked for is raised at once, as RateLimited, for the caller to keep.

    Otherwise discord.py waits by itself. Ended in that wait by a time-out it forgets the pause and, if that was for
    all calls, never makes a call again.
    """
    token = _by_own_pauses.set(True)
    try:
        yield
    finally:
        _by_own_pauses.reset(token)


def watch_for_failures() -> None:
    _has_failed.set(False)


def has_failed() -> bool:
    """Whether one of this task's requests since `watch_for_failures` may have been done though it failed."""
    return _has_failed.get()


def watched() -> aiohttp.TraceConfig:
    """For the client: notes, for the task that asked, how each of its requests was answered."""
    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(_note)
    return trace


async def _note(
    _session: aiohttp.ClientSession, _context: SimpleNamespace, end: aiohttp.TraceRequestEndParams
) -> None:
    _answered.set(end.response.status)
    if end.response.status >= 500:
        _has_failed.set(True)
    if _by_own_pauses.get() and end.response.status >= 400:
        seconds = await _pause_of(end.response)
        if seconds is not None:
            raise discord.RateLimited(seconds)


async def _pause_of(response: aiohttp.ClientResponse) -> float | None:
    """The longer one of the header's and, of a 429, the body's."""
    asked = [response.headers.get("Retry-After")]
    if response.status == 429:
        with suppress(*UNREADABLE):
            asked.append(json.loads(await response.read())["retry_after"])
    return max((seconds for one in asked if (seconds := seconds_of(one)) is not None), default=None)


def is_wrong_token(error: discord.HTTPException) -> bool:
    """Whether Discord itself does not know the token; what stands before it answers 401 as well."""
    return error.status == 401 and _is_json(error) and (error.code != 0 or error.text == "401: Unauthorized")


def _is_json(error: discord.HTTPException) -> bool:
    return error.response.headers.get("Content-Type") == "application/json"


def _is_about_an_answer(error: BaseException) -> bool:
    """Whether discord.py raised it while it read an answer, which it calls `data`."""
    frames = [frame for frame, _line in traceback.walk_tb(error.__traceback__)]
    rooms = [str(frame.f_globals.get("__name__")).partition(".")[0] for frame in frames]
    ours = max((index for index, room in enumerate(rooms) if room in ("bot", "db")), default=-1)
    return any(
        room == "discord"
        and frame.f_code.co_flags & inspect.CO_COROUTINE
        and frame.f_locals.get("data") is not None
        for room, frame in zip(rooms[ours + 1 :], frames[ours + 1 :], strict=True)
    )
