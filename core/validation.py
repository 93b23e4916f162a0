"""The one place where it is decided whether a request can be taken: what was typed is made safe to store, and
everything has to be on offer and within its bounds."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from core.errors import InvalidRequest
from core.operations import (
    OPERATIONS,
    PIXELS_MAX,
    PROMPT_LENGTH_MAX,
    SEED_MAX,
    SIDE_MAX,
    SIDE_MIN,
    Model,
    Operation,
)
from core.orders import COUNT_MAX, Request

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


def validated(request: Request, *, default_model: str) -> Request:
    """The request as it can be stored, with its texts cleaned. Raises InvalidRequest."""
    operation = OPERATIONS[request.operation]
    if not set(request.params) <= set(operation.params) or len(request.inputs) != operation.inputs:
        raise ValueError(f"{operation.name} takes other parameters or pictures")
    if not 1 <= request.count <= COUNT_MAX:
        raise ValueError(f"{request.count} pictures are not one order")
    model = model_on_offer(operation, request.model, default_model)
    # The size of what is made from a picture follows from that picture.
    if not operation.inputs:
        check_size(request.width, request.height)
    if request.seed is not None and not 0 <= request.seed <= SEED_MAX:
        raise InvalidRequest("A seed is a number from 0 to {most}.", most=SEED_MAX)
    _check_style(request.style, model)
    negative_prompt = clean(request.negative_prompt or "") or None
    _check_negative_prompt(negative_prompt, model, on_offer(operation, default_model))
    prompt = clean_prompt(request.prompt)
    return replace(request, prompt=prompt).with_params(negative_prompt=negative_prompt)


def check_size(width: int, height: int) -> None:
    """Raises InvalidRequest. Discord's own limits on each side are not ours to rely on."""
    for side in (width, height):
        if not SIDE_MIN <= side <= SIDE_MAX:
            raise InvalidRequest(
                "{side} is not a side that a picture may have: {least} to {most} pixels.",
                side=side,
                least=SIDE_MIN,
                most=SIDE_MAX,
            )
    if width * height > PIXELS_MAX:
        largest = min(PIXELS_MAX // width, SIDE_MAX)
        raise InvalidRequest(
            "{width} × {height} is {size} megapixels, and a picture may have {most}. "
            "With a width of {width}, the height can be up to {largest}; "
            "1536 × 1024 and 1024 × 1536 are the largest of all.",
            width=width,
            height=height,
            size=_megapixels(width * height),
            most=_megapixels(PIXELS_MAX),
            largest=largest,
        )


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
    if len(text) > PROMPT_LENGTH_MAX:
        raise InvalidRequest(
            "The negative prompt has {count} characters; it may have {most}.",
            count=len(text),
            most=PROMPT_LENGTH_MAX,
        )


def _check_style(style: str | None, model: Model) -> None:
    if style is not None and style not in model.styles:
        raise InvalidRequest(
            "{model} does not know the style “{style}”; leave it out, or choose one of: {styles}.",
            model=model.title,
            style=style[:40],
            styles=", ".join(model.styles) or "-",
        )
