"""From a request to the picture that it wants."""

import asyncio
import random
from collections.abc import Mapping
from typing import Literal, cast

from aiohttp import web

from sandbox.stability.errors import ApiError
from sandbox.stability.v2beta.fields import Part, Values, read_fields
from sandbox.stability.v2beta.operations import SEED_MAX, Operation
from sandbox.stability.work import Work

HEADER_LENGTH_MAX = 256
CLIENT_HEADERS = ("stability-client-id", "stability-client-user-id", "stability-client-version")
_ACCEPT = ("image/*", "application/json", "*/*")
"""The last is in the document for results alone, but is what most clients send of themselves."""


async def read(request: web.Request, operation: Operation) -> Work:
    """Raises ApiError with every rule that the request breaks."""
    if request.content_type != "multipart/form-data":
        raise ApiError(400, "bad_request", "content-type: must be multipart/form-data")
    try:
        form = cast(Mapping[str, Part], await request.post())
    except ValueError as error:
        raise ApiError(400, "bad_request", f"body: {error}") from error
    values, problems = await asyncio.to_thread(read_fields, operation.fields, form)
    problems += [problem for rule in operation.rules for problem in rule(values)]
    accept = request.headers.get("Accept", "image/*")
    # An answer that comes later is asked for in what form it is wanted when it is fetched.
    if not operation.is_answered_later and accept not in _ACCEPT:
        problems.append("accept: must be one of image/*, application/json")
    problems += _of_client(request)
    if problems:
        raise ApiError(400, "bad_request", *problems)
    texts = {name: part for name, part in form.items() if isinstance(part, str)}
    return work_of(operation, values, texts, as_json=accept == "application/json")


def work_of(operation: Operation, values: Values, fields: Mapping[str, str], *, as_json: bool) -> Work:
    model = values.texts.get("model") or next(iter(operation.credits))
    width, height = operation.size(values)
    return Work(
        model=model,
        seed=_seed(values.numbers.get("seed")),
        width=width,
        height=height,
        kind=cast(Literal["PNG", "JPEG", "WEBP"], values.texts["output_format"].upper()),
        credits=operation.credits[model],
        as_json=as_json,
        draw=operation.draw,
        texts=values.texts,
        numbers=values.numbers,
        inputs=values.inputs,
        fields=fields,
    )


def wants_json(request: web.Request, default: str) -> bool:
    """Of a result that is fetched. Raises ApiError for what the document does not list."""
    accept = request.headers.get("Accept", default)
    if accept not in (default, "application/json"):
        raise ApiError(400, "bad_request", f"accept: must be one of {default}, application/json")
    return accept == "application/json"


def _of_client(request: web.Request) -> list[str]:
    return [
        f"{name}: cannot exceed {HEADER_LENGTH_MAX} characters"
        for name in CLIENT_HEADERS
        if len(request.headers.get(name, "")) > HEADER_LENGTH_MAX
    ]


def _seed(given: float | None) -> int:
    """What takes no seed has none to tell; 0 is any."""
    return 0 if given is None else int(given) or random.randint(1, SEED_MAX)
