"""Whatever Stability, or what stands in front of it, answers: a painting or a failure that has a name."""

import asyncio
import json
import math
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, TypeAlias

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.failures import FailureCode, JobFailed, Outcome
from core.operations import SEED_MAX
from tests.fuzz.examples import fuzz, json_values
from tests.jobs import JOB
from worker.providers.provider import Begun, Call, Painting
from worker.providers.stability.answers import RATE_LIMIT_PAUSE_SECONDS, RETRY_AFTER_SECONDS_MAX
from worker.providers.stability.client import Stability

KEY = "sk-the-key-of-this-bot"

STATUSES = (401, 402, 403, 404, 408, 410, 413, 422, 425, 429)
PICTURES = (b"\x89PNG\r\n\x1a\n and more", b"\xff\xd8\xff and more", b"RIFF....WEBP and more")
OWN_429 = b'{"id": "rate_limit_exceeded", "name": "rate_limit_exceeded", "errors": ["too many requests"]}'
PAUSING = {FailureCode.BAD_KEY, FailureCode.NO_CREDIT, FailureCode.RATE_LIMITED}
"""What stops more than the job itself."""


def is_stabilitys_own(body: bytes) -> bool:
    """As its documents have it; written down a second time, so that one of the two is wrong alone."""
    try:
        error = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(error, dict)
        and isinstance(error.get("id"), str)
        and isinstance(error.get("name"), str)
        and bool(error["id"] and error["name"])
        and bool(error.get("errors") or error.get("message"))
    )


@dataclass(frozen=True)
class Answer:
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    framing: str = "right"
    """Of `right` and `chunked` all arrives; the others lie about the length, or are no HTTP at all."""

    def wire(self) -> bytes:
        head = [f"HTTP/1.1 {self.status} Some".encode(), b"Connection: close"]
        head += [name + b": " + value for name, value in self.headers]
        body = self.body
        if self.framing == "right":
            head.append(b"Content-Length: %d" % len(body))
        elif self.framing == "too long":
            head.append(b"Content-Length: %d" % (len(body) + 1000))
        elif self.framing == "too short":
            head.append(b"Content-Length: %d" % (len(body) // 2))
        elif self.framing == "nonsense":
            head.append(b"Content-Length: -five")
        elif self.framing in ("chunked", "cut chunk", "no chunk"):
            head.append(b"Transfer-Encoding: chunked")
            body = (
                b"zz\r\n" + body
                if self.framing == "no chunk"
                else b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
            )
            body = body[: len(body) // 2] if self.framing == "cut chunk" else body
        elif self.framing == "garbage":
            return self.body + KEY.encode()
        return b"\r\n".join(head) + b"\r\n\r\n" + body


class Server:
    answer = Answer()
    hold = False
    url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"POST"):
                # The last line of the form.
                await reader.readuntil(b"--\r\n")
            writer.write(self.answer.wire())
            await writer.drain()
            if self.hold:
                await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1")
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening:
        yield server


End: TypeAlias = Painting | Begun | JobFailed


async def paint(server: Server, *, timeout_seconds: float = 10) -> End:
    """Anything but these three breaks the test."""
    end: End
    call = Call()
    async with Stability(host=server.url, key=KEY, timeout_seconds=timeout_seconds) as stability:
        try:
            end = await stability.paint(JOB, {}, call)
        except JobFailed as error:
            end = error
    assert call.outcome is Outcome.UNKNOWN
    check(end)
    return end


def check(end: End) -> None:
    if isinstance(end, Begun):
        # It goes into a URL.
        assert re.fullmatch(r"[\w-]{64}", end.generation, re.ASCII)
        return
    # It goes into Postgres.
    assert end.request_id is None or (end.request_id.isascii() and end.request_id.isprintable())
    if isinstance(end, Painting):
        assert end.seed is None or 0 <= end.seed <= SEED_MAX
        return
    assert KEY not in str(end)
    assert len(end.detail) <= 500
    # It goes into Postgres.
    assert "\0" not in end.detail.encode().decode()
    pause = end.retry_after_seconds
    assert pause is None or 0 <= pause <= RETRY_AFTER_SECONDS_MAX


numbers = st.one_of(
    st.integers(0, 10**6).map(str),
    st.sampled_from(
        [
            "-1",
            "1.5",
            "1e9",
            "inf",
            "nan",
            "",
            "9" * 30,
            "9" * 400,
            "9" * 5000,
            "²",
            "٣",
            "Wed, 21 Oct 2015 07:28:00 GMT",
        ]
    ),
).map(str.encode)
values = st.binary(max_size=30).map(lambda value: value.translate(None, b"\r\n\0"))
headers = st.lists(
    st.one_of(
        st.tuples(st.just(b"seed"), numbers),
        st.tuples(st.just(b"Retry-After"), numbers),
        st.tuples(
            st.just(b"finish-reason"),
            st.sampled_from([b"SUCCESS", b"ERROR", b"CONTENT_FILTERED", b"", KEY.encode()]) | values,
        ),
        st.tuples(
            st.just(b"Content-Type"),
            st.sampled_from([b"image/png", b"application/json; charset=\xff"]) | values,
        ),
        st.tuples(
            st.just(b"Content-Encoding"),
            st.sampled_from([b"gzip", b"deflate", b"br", b"zstd", b"identity", b"no"]),
        ),
        st.tuples(
            st.just(b"Location"), st.sampled_from([b"/", b"//", b"http://[", b"mailto:a@b", b"\xff"]) | values
        ),
        st.tuples(st.just(b"Set-Cookie"), values),
        st.tuples(st.just(b"x-request-id"), values),
    ),
    max_size=4,
).map(tuple)
errors: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "id": st.just("a1") | json_values,
        "name": st.sampled_from(
            [
                "content_moderation",
                "invalid_prompts",
                "unauthorized",
                "payment_required",
                "bad_request",
                KEY,
                "\0",
                "\ud800",
            ]
        )
        | json_values,
        "errors": json_values | st.just([KEY, "\0"]),
        "message": json_values | st.just(f"wrong key: {KEY}"),
    },
)
own: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "id": st.just("a1"),
        "name": st.sampled_from(["unauthorized", "payment_required", "content_moderation", "bad_request"]),
        "errors": st.just(["what is wrong"]),
    }
)
reasons: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "image": json_values,
        "artifacts": json_values | st.just([{"finishReason": "CONTENT_FILTERED", "base64": "AA=="}]),
        "finish_reason": st.sampled_from(["SUCCESS", "ERROR", "CONTENT_FILTERED"]) | json_values,
        "seed": json_values,
        "id": st.just("a1" * 32) | st.text(min_size=64, max_size=64),
    },
)
bodies = st.one_of(
    errors.map(json.dumps).map(str.encode),
    own.map(json.dumps).map(str.encode),
    reasons.map(json.dumps).map(str.encode),
    st.sampled_from(PICTURES),
    json_values.map(json.dumps).map(str.encode),
    st.binary(max_size=300),
    st.integers(150, 200).map(lambda length: b"x" * length + KEY.encode()),
    st.sampled_from(
        [b"[" * 60_000, b'{"errors":' * 6_000, b"9" * 5000, b"x" * 70_000, b'{"name":"\\ud800\\u0000"}']
    ),
)
answers = st.builds(
    Answer,
    status=st.one_of(
        st.just(200), st.sampled_from([*STATUSES, 204, 301, 307, 308, 400, 500, 503]), st.integers(0, 1100)
    ),
    headers=headers,
    body=bodies,
    framing=st.sampled_from(
        ["right"] * 6
        + [
            "chunked",
            "too long",
            "too short",
            "nonsense",
            "cut chunk",
            "no chunk",
            "garbage",
            "until the end",
        ]
    ),
)


@fuzz(150)
@given(answer=answers)
@example(Answer(headers=((b"seed", b"9" * 5000),)))
@example(Answer(headers=((b"seed", b"9" * 30),)))
@example(Answer(429, ((b"Retry-After", b"9" * 400),)))
@example(Answer(429, ((b"Retry-After", b"99999999999"),)))
@example(Answer(429, ((b"Retry-After", b"Wed, 21 Oct 2015 07:28:00 GMT"),), OWN_429))
@example(Answer(429, ((b"Retry-After", b"Wed, 21 Oct 9999 07:28:00 GMT"),), OWN_429))
@example(Answer(429, ((b"Retry-After", b"-5"),), OWN_429))
@example(Answer(401, body=b"<html>Who are you?</html>"))
@example(Answer(402, body=b'{"message": "Payment Required"}'))
@example(Answer(403))
@example(Answer(200, ((b"finish-reason", b"ERROR"),), PICTURES[0]))
@example(Answer(200, body=b'{"finish_reason": "CONTENT_FILTERED", "image": ""}'))
@example(Answer(400, body=b"[" * 60_000))
@example(Answer(400, body=b'{"errors":' * 6_000))
@example(Answer(400, body=b'{"name":"\\u0000","message":"\\ud800"}'))
@example(Answer(401, body=b"x" * 190 + KEY.encode()))
@example(Answer(401, body=b"x" * 70_000))
@example(Answer(307, ((b"Location", b"/"),)))
@example(Answer(headers=((b"finish-reason", b"\xff" + KEY.encode()),)))
@example(Answer(framing="garbage"))
async def test_any_answer_is_a_painting_or_a_failure_with_a_name(server: Server, answer: Answer) -> None:
    server.answer = answer
    end = await paint(server)
    if not isinstance(end, JobFailed):
        assert answer.status == 200
        return
    assert end.code is not FailureCode.INTERNAL
    # Nobody pauses but for Stability's own words.
    if end.code in PAUSING or end.outcome is Outcome.BILLED:
        assert is_stabilitys_own(answer.body) or end.code is FailureCode.FILTERED
    # What may have been painted counts, unless it is refused.
    if answer.status >= 500 and not is_stabilitys_own(answer.body):
        assert end.outcome is Outcome.UNKNOWN
    # These two have no body, so one that comes all the same is no HTTP.
    if (
        answer.framing not in ("right", "chunked")
        or not 200 <= answer.status <= 599
        or answer.status in (204, 304)
        or any(name == b"Content-Encoding" or len(value) > 4000 for name, value in answer.headers)
    ):
        return
    if answer.status == 200:
        assert end.code in (FailureCode.FILTERED, FailureCode.UNAVAILABLE, FailureCode.BAD_PICTURE)
    elif answer.status < 300:
        assert end.code is FailureCode.BAD_PICTURE
    elif answer.status < 400 or answer.status >= 500 or answer.status in (408, 425):
        assert end.code is FailureCode.UNAVAILABLE or is_stabilitys_own(answer.body)
        assert end.code not in PAUSING
    elif not is_stabilitys_own(answer.body):
        assert end.code in (FailureCode.BLOCKED, FailureCode.UNAVAILABLE)
    else:
        assert end.code is not FailureCode.BLOCKED


@fuzz(60)
@given(answer=answers)
@example(Answer(202, body=b'{"id": "1", "status": "in-progress"}'))
@example(Answer(404, body=b'{"id": "1", "name": "generation_not_found", "errors": ["gone"]}'))
async def test_any_answer_about_a_generation_is_a_painting_no_word_or_a_failure_that_may_be_billed(
    server: Server, answer: Answer
) -> None:
    server.answer = answer
    async with Stability(host=server.url, key=KEY, timeout_seconds=10) as stability:
        end: End | None
        try:
            end = await stability.collect(replace(JOB, generation="a1" * 32), Call())
        except JobFailed as error:
            end = error
    if end is not None:
        check(end)
    if isinstance(end, JobFailed):
        assert end.outcome.counts
        # It is begun again only where Stability itself says so.
        if end.code is FailureCode.GENERATION_GONE:
            assert is_stabilitys_own(answer.body) or "finish-reason" in end.detail


@fuzz(6)
@given(answer=answers.map(lambda answer: replace(answer, framing="too long")))
@example(Answer(200, body=b"", framing="too long"))
@example(Answer(500, body=b"", framing="too long"))
async def test_an_answer_that_never_ends_is_given_up(server: Server, answer: Answer) -> None:
    server.answer, server.hold = answer, True
    end = await paint(server, timeout_seconds=0.05)
    assert isinstance(end, JobFailed)
    assert end.code in (
        FailureCode.UNAVAILABLE,
        FailureCode.FILTERED,
    )


@pytest.mark.parametrize("seconds", ["0", "7", "60"])
async def test_a_pause_that_is_asked_for_in_earnest_is_made(server: Server, seconds: str) -> None:
    server.answer = Answer(429, ((b"Retry-After", seconds.encode()),), OWN_429)
    end = await paint(server)
    assert isinstance(end, JobFailed)
    assert end.retry_after_seconds is not None
    assert math.isclose(end.retry_after_seconds, float(seconds))


@pytest.mark.parametrize("text", ["", "-5", "nan", "Wed, 21 Oct 2015 07:28:00 GMT", "soon"])
async def test_a_pause_that_makes_no_sense_is_the_usual_one(server: Server, text: str) -> None:
    server.answer = Answer(429, ((b"Retry-After", text.encode()),), OWN_429)
    end = await paint(server)
    assert isinstance(end, JobFailed)
    assert (end.code, end.retry_after_seconds) == (FailureCode.RATE_LIMITED, RATE_LIMIT_PAUSE_SECONDS)


async def test_a_pause_until_a_date_is_made(server: Server) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    server.answer = Answer(429, ((b"Retry-After", until.encode()),), OWN_429)
    end = await paint(server)
    assert isinstance(end, JobFailed)
    assert end.retry_after_seconds is not None
    assert 60 < end.retry_after_seconds <= 90
