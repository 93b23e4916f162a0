"""The one place where it is decided whether a request can be taken: what was typed is made safe to store, and
everything has to be on offer and within its bounds."""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.errors import InvalidRequest, Term
from core.geometry import check_upscale, extended_size
from core.operations import (
    EXTEND,
    EXTENDED_PIXELS_MAX,
    OPERATIONS,
    PROMPT_LENGTH_MAX,
    RELIGHT,
    SEED_MAX,
    SIDE_MAX,
    SIDE_MIN,
    UPSCALE,
    Kind,
    Model,
    Need,
    Operation,
    Param,
)
from core.orders import BESIDE, COUNT_MAX, Request

_JOINERS = "\u200c\u200d"
# Postgres takes no NUL, UTF-8 no lone surrogates; what is not seen may hide or garble what is.
# The tags of a flag, such as Scotland's, belong to what is seen.
_UNSAFE = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f)"
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
# One between two that are seen makes one sign of them, as in emoji and in the scripts of India and Persia.
_LOOSE_JOINERS = re.compile(
    rf"(?<=[^\s{_JOINERS}])([{_JOINERS}])[{_JOINERS}]*(?=[^\s{_JOINERS}])|[{_JOINERS}]+"
)
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp", "Mn"}
# These count as letters or symbols and show nothing: a blank of braille, and fillers of Hangul.
_FILLERS = "\u2800\u3164\u115f\u1160\uffa0"


def clean(text: str) -> str:
    """Whatever a member typed, without what is not seen; the whitespace around it is not meant."""
    return _LOOSE_JOINERS.sub(r"\1", _UNSAFE.sub(r"\1", text)).strip()


def clean_prompt(text: str) -> str:
    """The prompt as it is stored. Raises InvalidRequest if nothing to see is left of it, or too much."""
    prompt = clean(text)
    if all(unicodedata.category(char) in _INVISIBLE or char in _FILLERS for char in prompt):
        raise InvalidRequest(
            "The prompt is blank. Say in a few words what the picture should show, such as "
            "`/imagine prompt: a red fox in the snow`."
        )
    if len(prompt) > PROMPT_LENGTH_MAX:
        raise InvalidRequest(
            "The prompt has {count} characters; it may have {most}.",
            count=len(prompt),
            most=PROMPT_LENGTH_MAX,
        )
    return prompt


def on_offer(operation: Operation, default_model: str) -> dict[str, Model]:
    """The models by name that members may choose: those on the menu, and the owner's default."""
    return {name: model for name, model in operation.models.items() if model.on_menu or name == default_model}


def model_on_offer(operation: Operation, name: str, default_model: str) -> Model:
    """Raises InvalidRequest: an old picture, or a command that Discord remembers, may name a past one."""
    models = on_offer(operation, default_model)
    if name not in models:
        raise InvalidRequest(
            "This model is not on offer any more; choose one of {others}.",
            others=", ".join(model.title for model in models.values()),
        )
    return models[name]


def validated(
    request: Request,
    *,
    default_model: str,
    count_max: int = COUNT_MAX,
    sizes: Sequence[tuple[int, int]] = (),
) -> Request:
    """The request as it can be stored, with its texts cleaned. `sizes` are those of its inputs, in pixels.

    Raises InvalidRequest.
    """
    operation = OPERATIONS[request.operation]
    required = sum(one.need is Need.REQUIRED for one in operation.inputs)
    if not required <= len(request.inputs) == len(sizes) <= len(operation.inputs):
        raise ValueError(f"{operation.name} is made from other pictures")
    _check_count(request.count, count_max)
    model = model_on_offer(operation, request.model, default_model)
    for number, (width, height) in enumerate(sizes):
        operation.bounds_for(model, number).fit(width, height)
    params = checked_params(operation, request.params)
    if request.size is not None:
        check_size(*request.size, model)
    _check_style(request.style, model)
    negative_prompt = params.get("negative_prompt")
    _check_negative_prompt(negative_prompt, model, on_offer(operation, default_model))
    _check_change(operation, model, params, sizes)
    need = operation.words_for(model)
    # Whatever is made from a picture keeps that one's words, by which it is found.
    prompt = clean_prompt(request.prompt) if need is Need.REQUIRED else clean(request.prompt)
    if operation is RELIGHT and len(sizes) == 1:
        clean_prompt(request.said)
    return replace(request, prompt=prompt, params=params)


def checked_params(operation: Operation, params: Mapping[str, Any]) -> dict[str, Any]:
    """As they are stored: texts cleaned, and what was not asked for left out. Raises InvalidRequest."""
    if unknown := params.keys() - {param.name for param in operation.params} - BESIDE:
        raise ValueError(f"{operation.name} takes no {', '.join(sorted(unknown))}")
    found: dict[str, Any] = dict.fromkeys(BESIDE & params.keys(), True)
    for param in operation.params:
        value = _checked(param, params.get(param.name))
        if value is None and param.required:
            value = param.default
        if value is not None:
            found[param.name] = value
        elif param.required:
            raise InvalidRequest("“{param}” is missing.", param=Term(param.title))
    return found


def fields_in(text: str) -> list[int]:
    """The fields that a member typed, such as “1, 2 and 5”."""
    return [int(number) for number in re.findall(r"[0-9]+", text[:100])]


def _checked(param: Param, value: Any) -> Any:
    """None for what was not asked for."""
    if param.kind is Kind.TEXT:
        value = clean(value or "") or None
        if value is not None and len(value) > param.high:
            raise InvalidRequest(
                "“{param}” has {count} characters; it may have {most}.",
                param=Term(param.title),
                count=len(value),
                most=int(param.high),
            )
    elif value is None:
        return None
    elif param.kind is Kind.CHOICE:
        # Which styles there are, its model says.
        if value not in param.choices and param.name != "style":
            raise InvalidRequest(
                "“{param}” is one of {choices}.", param=Term(param.title), choices=", ".join(param.choices)
            )
    elif param.kind is Kind.FIELDS:
        value = sorted(set(value))
        if not value or not all(param.low <= one <= param.high for one in value):
            raise InvalidRequest("Choose at least one of the nine fields.")
    elif not param.low <= value <= param.high:
        if param.name == "seed":
            raise InvalidRequest("A seed is a number from 0 to {most}.", most=SEED_MAX)
        if param.name not in ("width", "height"):
            raise InvalidRequest(
                "“{param}” is a number from {least} to {most}.",
                param=Term(param.title),
                least=f"{param.low:g}",
                most=f"{param.high:g}",
            )
    return value


def _check_count(count: int, count_max: int) -> None:
    if not 1 <= count <= count_max:
        raise InvalidRequest("You can ask for {most} pictures at once at most.", most=count_max)


def _check_change(
    operation: Operation, model: Model, params: Mapping[str, Any], sizes: Sequence[tuple[int, int]]
) -> None:
    """What has to be together, of the parameters and of what it is made from."""
    if operation is UPSCALE:
        check_upscale(model, *sizes[0])
    if (
        operation.param("fields") is not None
        and "fields" not in params
        and len(sizes) < len(operation.inputs)
    ):
        raise InvalidRequest("Say where: choose some of the nine fields of the picture, or add a mask.")
    if operation is EXTEND:
        width, height = extended_size(*sizes[0], params)
        if (width, height) == sizes[0]:
            raise InvalidRequest("Say to which side, and how far.")
        if width * height > EXTENDED_PIXELS_MAX:
            raise InvalidRequest(
                "{width} × {height} is {size} megapixels, and a picture may be extended to {most}.",
                width=width,
                height=height,
                size=_megapixels(width * height),
                most=_megapixels(EXTENDED_PIXELS_MAX),
            )


def check_size(width: int, height: int, model: Model) -> None:
    """Raises InvalidRequest. Discord's own limits on each side are not ours to rely on."""
    most = model.pixels_max
    for side in (width, height):
        if not SIDE_MIN <= side <= SIDE_MAX:
            raise InvalidRequest(
                "{side} is not a side that a picture may have: {least} to {most} pixels.",
                side=side,
                least=SIDE_MIN,
                most=SIDE_MAX,
            )
    if width * height > most:
        raise InvalidRequest(
            "{width} × {height} is {size} megapixels, and a picture by {model} may have {most}. "
            "With a width of {width}, the height can be up to {largest}.",
            width=width,
            height=height,
            size=_megapixels(width * height),
            model=model.title,
            most=_megapixels(most),
            largest=min(most // width, SIDE_MAX),
        )


def nearest_size(width: int, height: int, model: Model) -> tuple[int, int]:
    """In pixels: this one where it fits, else one that does, in its ratio if that can be."""
    width, height = max(1, width), max(1, height)
    most = min(SIDE_MAX / max(width, height), math.sqrt(model.pixels_max / (width * height)))
    scale = min(most, max(1.0, SIDE_MIN / min(width, height)))
    return max(SIDE_MIN, int(width * scale)), max(SIDE_MIN, int(height * scale))


def _megapixels(pixels: int) -> Decimal:
    return Decimal(f"{pixels / 1e6:.2f}")


def _check_negative_prompt(text: str | None, model: Model, others: Mapping[str, Model]) -> None:
    if text is None:
        return
    if not model.takes_negative_prompt:
        titles = [other.title for other in others.values() if other.takes_negative_prompt]
        raise InvalidRequest(
            "{model} takes no negative prompt. Leave it out, or choose one of {others}.",
            model=model.title,
            others=", ".join(titles),
        )


def _check_style(style: str | None, model: Model) -> None:
    if style is not None and style not in model.styles:
        raise InvalidRequest(
            "{model} does not know the style “{style}”; leave it out, or choose one of: {styles}.",
            model=model.title,
            style=style[:40],
            styles=", ".join(model.styles) or "-",
        )
