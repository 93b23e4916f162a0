"""Whose word an error is: Discord's own, or that of what stands before it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest

from bot.discord_errors import (
    in_a_line,
    is_final,
    is_gone,
    is_transient,
    refuses_content,
    refuses_link,
    retry_after_seconds,
)


def answered(status: int, body: str | dict[str, Any], **headers: str) -> discord.HTTPException:
    response: Any = SimpleNamespace(status=status, reason="", headers=headers)
    return discord.HTTPException(response, body)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503, 520])
@pytest.mark.parametrize("body", ["<html>Attention required</html>", "", "error code: 1015"])
def test_what_stands_before_discord_never_has_the_last_word(status: int, body: str) -> None:
    assert not is_final(answered(status, body))
    assert is_transient(answered(status, body))


@pytest.mark.parametrize(("status", "code"), [(404, 10008), (403, 50001), (403, 50013), (400, 50083)])
def test_discords_own_refusal_is_final(status: int, code: int) -> None:
    assert is_final(answered(status, {"code": code, "message": "No"}))


@pytest.mark.parametrize("code", [403, "forbidden", None, 0])
def test_a_code_that_is_none_of_discords_is_not_its_word(code: object) -> None:
    assert is_transient(answered(403, {"code": code, "message": "No"}))


@pytest.mark.parametrize(("code", "gone"), [(10003, True), (50027, True), (50001, False), (50083, False)])
def test_what_may_open_again_is_told_from_what_is_gone(code: int, gone: bool) -> None:
    assert is_gone(answered(403, {"code": code, "message": "No"})) is gone


def test_what_a_message_holds_is_told_from_where_it_goes() -> None:
    wrong = {"components": {"0": {"url": {"_errors": [{"code": "URL", "message": "No"}]}}}}
    link = answered(400, {"code": 50035, "message": "Invalid Form Body", "errors": wrong})
    assert refuses_link(link)
    picture = answered(400, {"code": 20009, "message": "Explicit"})
    assert refuses_content(picture)
    assert not refuses_link(picture)
    assert not refuses_content(answered(400, {"code": 50083, "message": "Archived"}))


def test_neither_a_page_nor_many_words_take_more_than_a_line_of_the_log() -> None:
    page = in_a_line(answered(503, "<html>\n" + "x" * 5000))
    assert page == "status 503, and it is not Discord who says so"
    words = {"code": 50035, "message": "Invalid\nForm" + "x" * 5000}
    said = in_a_line(answered(400, words, **{"Content-Type": "application/json"}))
    assert "Invalid Form" in said
    assert len(said) <= 300


@pytest.mark.parametrize(("status", "code"), [(429, 20028), (429, 0), (400, 40003), (400, 30046), (503, 1)])
def test_what_comes_too_fast_or_is_overloaded_passes(status: int, code: int) -> None:
    assert is_transient(answered(status, {"code": code, "message": "Slow down", "retry_after": 3}))


def test_a_connection_that_breaks_is_transient_and_a_mistake_of_ours_is_not() -> None:
    assert is_transient(aiohttp.ServerDisconnectedError())
    assert is_transient(discord.RateLimited(40))
    assert not is_transient(KeyError("id"))


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (answered(429, "error code: 1015", **{"Retry-After": "3"}), 3.0),
        (answered(429, "", **{"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), None),
        (answered(429, "", **{"Retry-After": "inf"}), None),
        (answered(429, "", **{"Retry-After": "-1"}), None),
        (answered(503, ""), None),
        (discord.RateLimited(40), 40.0),
        (aiohttp.ServerDisconnectedError(), None),
    ],
)
def test_the_pause_that_is_asked_for_is_read(error: Exception, seconds: float | None) -> None:
    assert retry_after_seconds(error) == seconds


def test_a_pause_until_a_date_is_read() -> None:
    until = datetime.now(UTC) + timedelta(seconds=100)
    error = answered(503, "", **{"Retry-After": format_datetime(until, usegmt=True)})
    assert 90 < (retry_after_seconds(error) or 0) <= 100
