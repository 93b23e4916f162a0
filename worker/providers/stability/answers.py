"""What an answer of Stability's means, or of what stands before it: a picture, or a failure that has a name.

A status alone is never believed. Stability's own errors are JSON with an id, a name and what is wrong; anything else
with that status (a page, an empty body, another JSON) is a transient fault of what stands in between.

Nothing is charged for what Stability refuses in its own words, nor for what was turned away before it.
"""

import base64
import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from core.failures import FailureCode, JobFailed, Outcome
from core.operations import SEED_MAX
from core.retry_after import seconds_of
from worker.providers.provider import Begun, Painting
from worker.providers.stability.kinds import kind_of
from worker.providers.stability.requests import INPUT_NAMES

RATE_LIMIT_PAUSE_SECONDS = 60.0
"""How long Stability turns a key away that asked too often."""

RETRY_AFTER_SECONDS_MAX = 600.0
"""Whoever asks for more is not to be believed: all workers would wait for it."""

REQUEST_ID_LENGTH_MAX = 100

_OF_THE_WAY = {408, 425}
"""About how the request arrived, and never about the key or the account."""

_TRANSIENT = {*_OF_THE_WAY, 429}
"""Of the statuses below 500, those that ask for another try."""

_CREDIT = {"payment_required", "insufficient_balance"}
# How both APIs speak of a content filter, and of words that the model does not take: by name or in words, as
# some come under a name that says nothing (`bad_request`).
_OF_MODERATION = re.compile(
    r"moderat|flagged|filtered word|content.?(policy|filter)|nsfw|safety|invalid.prompts", re.IGNORECASE
)
_OF_LANGUAGE = re.compile(r"language", re.IGNORECASE)
_OF_PUBLIC_FIGURES = re.compile(r"public.figure", re.IGNORECASE)
# It goes into a URL beside the key, so nothing may be in it that has a meaning there.
_GENERATION = re.compile(r"[0-9A-Za-z_-]{64}")
_CODE_OF_STATUS = {
    401: FailureCode.BAD_KEY,
    402: FailureCode.NO_CREDIT,
    # Not the filter's: the key may not use this model.
    403: FailureCode.MODEL_GONE,
    404: FailureCode.MODEL_GONE,
    408: FailureCode.UNAVAILABLE,
    410: FailureCode.MODEL_GONE,
    413: FailureCode.INPUT_TOO_LARGE,
    422: FailureCode.REJECTED,
    425: FailureCode.UNAVAILABLE,
    429: FailureCode.RATE_LIMITED,
}


@dataclass(frozen=True, slots=True)
class Word:
    """An error in Stability's own form."""

    id: str
    name: str
    problems: tuple[str, ...]

    @property
    def text(self) -> str:
        return "; ".join(self.problems)

    @property
    def is_of_inputs(self) -> bool:
        """Whether each problem is one of a picture that was handed in; they are written "field: what is wrong"."""
        return bool(self.problems) and all(one.partition(":")[0] in INPUT_NAMES for one in self.problems)


def own_word(body: bytes) -> Word | None:
    """v2beta's `{id, name, errors}` or v1's `{id, name, message}`; None for everything else."""
    error = _json(body)
    if not isinstance(error, dict) or not all(_is_text(error.get(name)) for name in ("id", "name")):
        return None
    problems = error.get("errors", error.get("message"))
    if isinstance(problems, list):
        return Word(error["id"], error["name"], tuple(map(str, problems)))
    return Word(error["id"], error["name"], (problems,)) if _is_text(problems) else None


def failure_of(status: int, headers: Mapping[str, str], body: bytes) -> JobFailed:
    """What an answer means that is no 200; `body` may be cut off at its end."""
    id_ = request_id(headers)
    if 300 <= status < 400:
        # Followed, it would take the prompt and the key to another host.
        where = _host(headers.get("Location", ""))
        detail = f"{status} redirects to {where}, and is not followed"
        return JobFailed(FailureCode.UNAVAILABLE, detail, outcome=Outcome.FREE, request_id=id_)
    word = own_word(body)
    if word is None:
        # Some answers that are no picture may have been billed as one.
        code = FailureCode.BAD_PICTURE if 200 <= status < 300 else FailureCode.UNAVAILABLE
        if 400 <= status < 500 and status not in _TRANSIENT:
            code = FailureCode.BLOCKED
        # Whoever gave up waiting for an answer may have passed the request on.
        outcome = Outcome.FREE if 400 <= status < 500 and status != 408 else Outcome.UNKNOWN
        detail = f"{status} by what stands before Stability, {gist(headers, body)}"
    else:
        code = _code_of(status, word)
        is_unknown = 200 <= status < 300 or code is FailureCode.GENERATION_GONE
        outcome = Outcome.UNKNOWN if is_unknown else Outcome.FREE
        detail = f"{status} {word.name}: {word.text}"
        id_ = id_ or _clean(word.id)
    pause_seconds = _retry_after(status, headers, code)
    return JobFailed(code, detail, outcome=outcome, retry_after_seconds=pause_seconds, request_id=id_)


def request_id(headers: Mapping[str, str]) -> str | None:
    """By which Stability's bill and its support know the call; v1 sends none with a picture."""
    return _clean(headers.get("x-request-id", ""))


def _clean(id_: str) -> str | None:
    """What any header may have in it is not what Postgres takes."""
    return re.sub(r"[^!-~]", "", id_)[:REQUEST_ID_LENGTH_MAX] or None


def _code_of(status: int, word: Word) -> FailureCode:
    if not 400 <= status < 500:
        return FailureCode.BAD_PICTURE if 200 <= status < 300 else FailureCode.UNAVAILABLE
    if word.name in _CREDIT and status not in _OF_THE_WAY:
        return FailureCode.NO_CREDIT
    if word.name == "unauthorized" and status not in _OF_THE_WAY:
        return FailureCode.BAD_KEY
    if word.name == "generation_not_found":
        return FailureCode.GENERATION_GONE
    # A name says it with any status; under one that says nothing, the text does where it is about the prompt.
    words = f"{word.name} {word.text}" if status in (400, 403, 422) else word.name
    if _OF_MODERATION.search(words):
        return FailureCode.REFUSED
    if _OF_LANGUAGE.search(words):
        return FailureCode.LANGUAGE
    if _OF_PUBLIC_FIGURES.search(words):
        return FailureCode.PUBLIC_FIGURE
    if status == 400 and word.is_of_inputs:
        return FailureCode.INPUT_REFUSED
    return _CODE_OF_STATUS.get(status, FailureCode.BAD_REQUEST)


def check_finish_reason(
    reason: object, id_: str | None, otherwise: FailureCode = FailureCode.UNAVAILABLE
) -> None:
    """Raises JobFailed unless a picture came. Where no reason is told, the picture tells."""
    said = reason.strip().upper() if isinstance(reason, str) else ""
    if said in ("", "SUCCESS"):
        return
    if said == "CONTENT_FILTERED":
        raise JobFailed(FailureCode.FILTERED, f"finish-reason {said}", request_id=id_)
    # Successes alone have a price; but what else it may say, nobody knows.
    outcome = Outcome.FREE if said == "ERROR" else Outcome.UNKNOWN
    raise JobFailed(otherwise, f"finish-reason {said}", outcome=outcome, request_id=id_)


def painting_in(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    otherwise: FailureCode = FailureCode.UNAVAILABLE,
) -> Painting | Begun:
    """The picture of an answer that says it is well, or by which id it is to be asked for. Raises JobFailed where
    neither is in it."""
    id_ = request_id(headers)
    if kind_of(body):
        return Painting(body, _seed(headers.get("seed")), id_)
    # Bytes were asked for, but a picture in JSON is paid for too, as is one that was filtered.
    answer = _json(body) if is_json(body) else None
    if isinstance(answer, list):
        answer = {"artifacts": answer}
    if isinstance(answer, dict):
        artifacts = answer.get("artifacts")
        if isinstance(artifacts, list) and artifacts and isinstance(artifacts[0], dict):
            answer = artifacts[0]
        check_finish_reason(answer.get("finish_reason") or answer.get("finishReason"), id_, otherwise)
        content = _from_base64(answer.get("image") or answer.get("base64"))
        if kind_of(content):
            return Painting(content, _seed(str(answer.get("seed"))), id_)
        generation = answer.get("id")
        if isinstance(generation, str) and _GENERATION.fullmatch(generation) and own_word(body) is None:
            return Begun(generation)
        if b"CONTENT_FILTERED" in body:
            # Wherever it says so.
            check_finish_reason("CONTENT_FILTERED", id_)
    detail = f"{status} without a picture, {gist(headers, body)}"
    raise JobFailed(FailureCode.BAD_PICTURE, detail, request_id=id_)


def gist(headers: Mapping[str, str], body: bytes) -> str:
    """An answer that is nobody's in particular, for the log."""
    if not body:
        return "an empty body"
    # A page has its first words in its title, and blanks for most of its beginning.
    words = " ".join(re.sub(r"<[^<>]*>", " ", body[:4096].decode("utf-8", "replace")).split())
    return f"{headers.get('Content-Type', 'of no type')}: {words}"


def is_json(body: bytes) -> bool:
    """Whether it begins like an object, or a list of them."""
    return body[:64].removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"[")


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value != ""


def _json(body: bytes) -> Any:
    """None for what is no JSON, or has so many brackets that nobody means them."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _from_base64(text: object) -> bytes:
    if not isinstance(text, str):
        return b""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        # Not validated: lines may be broken.
        return base64.b64decode(text)
    except ValueError:
        return b""


def _host(location: str) -> str:
    """No more of it: the rest may repeat what was asked."""
    try:
        target = urlsplit(location)
        return target.hostname or ("the same host" if location and not target.scheme else "nowhere")
    except ValueError:
        return "nowhere"


def _seed(text: str | None) -> int | None:
    """None for what no model paints with: a picture is not lost over a number that Postgres does not take."""
    text = text or ""
    seed = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(SEED_MAX)) else None
    return seed if seed is not None and seed <= SEED_MAX else None


def _retry_after(status: int, headers: Mapping[str, str], code: FailureCode) -> float | None:
    if status not in (429, 503):
        return None
    seconds = seconds_of(headers.get("Retry-After"))
    if seconds is None:
        return RATE_LIMIT_PAUSE_SECONDS if code is FailureCode.RATE_LIMITED else None
    return min(seconds, RETRY_AFTER_SECONDS_MAX)
