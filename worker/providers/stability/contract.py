"""Whether Stability takes what is sent for each operation, tried with a key that nobody has: nothing is painted."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from PIL import Image

from core.failures import FailureCode, JobFailed
from core.operations import (
    EXTEND,
    EXTENSION_MAX,
    OPERATIONS,
    RELIGHT,
    SEED_MAX,
    Kind,
    Model,
    Need,
    Operation,
    Param,
    Role,
)
from core.orders import JOB_NUMBERS, Job, Order, State
from worker.providers.provider import Call, Trial, Verdict
from worker.providers.stability.client import Stability
from worker.providers.stability.requests import ENDPOINTS, SIDES
from worker.settings import WorkerSettings

KEY = "sk-that-nobody-has"
SIDE = 1024
"""Of the picture that is handed in; every endpoint takes it."""

_WRONG = {
    FailureCode.BAD_REQUEST,
    FailureCode.INPUT_REFUSED,
    FailureCode.INPUT_TOO_LARGE,
    FailureCode.MODEL_GONE,
}


def about(settings: WorkerSettings) -> str:
    return (
        f"Each request goes to {settings.stability_api_host} with a key that nobody has, so nothing is painted or paid "
        "for. Stability looks at the fields before the key: 401 proves that it takes them, 400 says what it does not "
        "take. Nothing is proved of your own key, of what its account may paint, or of how a picture looks; and a "
        "field that Stability does not know may be ignored."
    )


async def trials(settings: WorkerSettings) -> AsyncIterator[Trial]:
    """One after another, as slowly as the limit of requests demands."""
    host = settings.stability_api_host
    pause_seconds = 10 / settings.stability_requests_per_10_seconds
    inputs = await asyncio.to_thread(_inputs)
    async with Stability(
        host=host,
        key=KEY,
        timeout_seconds=settings.stability_timeout_seconds,
        proxy=settings.proxy_for(host),
    ) as stability:
        for (operation, model), endpoint in ENDPOINTS.items():
            if endpoint.is_v1:
                said = "not tried, as v1 looks at the key first"
                yield Trial(operation, model, "", endpoint.path, Verdict.SKIPPED, said)
                continue
            for variant, job, roles in jobs(OPERATIONS[operation], OPERATIONS[operation].models[model]):
                await asyncio.sleep(pause_seconds)
                verdict, said = await _try(stability, job, {role: inputs[role] for role in roles})
                yield Trial(operation, model, variant, endpoint.path, verdict, said)


async def _try(stability: Stability, job: Job, inputs: Mapping[Role, bytes]) -> tuple[Verdict, str]:
    try:
        await stability.paint(job, inputs, Call())
    except JobFailed as error:
        if error.code is FailureCode.BAD_KEY:
            return Verdict.RIGHT, f"the fields pass ({error.detail})"
        return Verdict.WRONG if error.code in _WRONG else Verdict.UNCLEAR, error.detail
    return Verdict.UNCLEAR, "it was taken, though nobody has this key"


def jobs(operation: Operation, model: Model) -> Iterator[tuple[str, Job, list[Role]]]:
    """What may be asked of a model: as little as can be, and all there is at its lowest and at its highest. Each has
    its name, and the roles of its inputs."""
    required = [one.role for one in operation.inputs if one.need is Need.REQUIRED]
    everything = [one.role for one in operation.inputs]
    # Where something is, comes as a mask in any case.
    least = everything if operation.param("fields") else required
    yield "least", _job(operation, model, _params(operation, model, None), operation is RELIGHT), least
    for name, highest in (("lowest", False), ("highest", True)):
        yield name, _job(operation, model, _params(operation, model, highest), True), everything


def _job(operation: Operation, model: Model, params: Mapping[str, Any], with_words: bool) -> Job:
    need = operation.words_for(model)
    order = Order(
        id=1,
        key=UUID(int=1),
        created_at=datetime.now(UTC),
        member_id=1,
        guild_id=None,
        channel_id=1,
        operation=operation.name,
        model=model.name,
        prompt="a red fox in the snow" if with_words or need is Need.REQUIRED else "",
        params=params,
    )
    return Job(
        id=JOB_NUMBERS + 1,
        order=order,
        state=State.RUNNING,
        provider=Stability.name,
        price=model.credits,
        turn=1,
        holder=bytes(16),
    )


def _params(operation: Operation, model: Model, highest: bool | None) -> dict[str, Any]:
    """At their highest or their lowest; None: only what is required."""
    params = {
        param.name: value
        for param in operation.params
        if param.name not in SIDES and (param.required or highest is not None)
        if (value := _value(param, model, bool(highest))) is not None
    }
    if operation is EXTEND:
        # At least one side, and of the highest no more than a picture may be extended to.
        params |= dict.fromkeys(("left", "down"), EXTENSION_MAX) if highest else {"left": 1}
    return params


def _value(param: Param, model: Model, highest: bool) -> Any:
    """None for what the model does not take, or what is handed in as a mask."""
    match param.kind:
        case Kind.TEXT:
            taken = param.name != "negative_prompt" or model.takes_negative_prompt
            return "fox " * int(param.high // 4) if taken and highest else "fox" if taken else None
        case Kind.CHOICE:
            choices = model.styles if param.name == "style" else param.choices
            return choices[-1 if highest else 0] if choices else None
        case Kind.FIELDS:
            return None
        case Kind.WHOLE if param.name == "seed":
            return SEED_MAX if highest else 0
        case Kind.WHOLE if param.name == "height":
            # The other way round than the width, for the longest and the widest shape.
            return int(param.low if highest else param.high)
        case Kind.WHOLE:
            return int(param.high if highest else param.low)
        case Kind.NUMBER:
            return float(param.high if highest else param.low)


def _inputs() -> dict[Role, bytes]:
    return {
        Role.PICTURE: _png(Image.new("RGB", (SIDE, SIDE), "teal")),
        Role.REFERENCE: _png(Image.new("RGB", (SIDE, SIDE), "orange")),
        Role.MASK: _png(Image.new("L", (SIDE, SIDE), "white")),
    }


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
