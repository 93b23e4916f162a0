"""`/imagine`: pictures from words, or from words and a picture."""

import inspect
from functools import wraps
from typing import Any

import discord
from discord import app_commands

from bot.controls.edit_modal import priced
from bot.mentions import spelled_out
from bot.orders import changed, request_of, submit
from bot.services import Interaction, services_of
from bot.sources import handed_in
from core.errors import InvalidRequest
from core.operations import (
    IMAGINE,
    PROMPT_LENGTH_MAX,
    SEED_MAX,
    SIDE_DEFAULT,
    SIDE_MAX,
    SIDE_MIN,
    SIZES,
    STYLES,
    VARIATIONS,
    VARY,
    VARYING_MODEL,
    Model,
    choice_title,
)
from core.validation import on_offer

Side = app_commands.Range[int, SIDE_MIN, SIDE_MAX]

_STRENGTH = VARIATIONS["strong"]

_DESCRIPTIONS = {
    "prompt": "What the picture should show",
    "width": f"{SIDE_MIN} to {SIDE_MAX} pixels, else {SIDE_DEFAULT}",
    "height": f"{SIDE_MIN} to {SIDE_MAX} pixels, else {SIDE_DEFAULT}",
    "shape": "In place of width and height",
    "count": "How many pictures; each has its price",
    "model": "Which model paints",
    "negative_prompt": "What the picture should not show",
    "style": "In which manner it is painted",
    "seed": "The same words with the same seed give the same picture",
    "image": "A picture to vary, with its own shape",
    "strength": f"How much of the image changes, 0 to 1, else {_STRENGTH:g}",
    "private": "Only you see the picture",
    "spoiler": "The picture is covered until it is clicked",
}


def imagine(default_model: str, count_max: int) -> app_commands.Command[Any, ..., None]:
    """Where only one picture may be asked for at once, nobody is asked how many."""
    models = on_offer(IMAGINE, default_model).values()
    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name="imagine", description="Paint a picture from words", callback=_with_count(count_max)
    )
    return app_commands.choices(model=[model_choice(model) for model in models])(command)


def _with_count(count_max: int) -> Any:
    """discord.py reads the options and their bounds from the signature."""

    @wraps(_imagine)
    async def callback(interaction: Interaction, **options: Any) -> None:
        await _imagine(interaction, **options)

    signature = inspect.signature(_imagine)
    parameters = dict(signature.parameters)
    count = parameters.pop("count")
    if count_max > 1:
        parameters["count"] = count.replace(annotation=app_commands.Range[int, 1, count_max])
    offered = [parameters[name] for name in signature.parameters if name in parameters]
    callback.__dict__["__signature__"] = signature.replace(parameters=offered)
    described = {name: text for name, text in _DESCRIPTIONS.items() if name in parameters}
    return app_commands.describe(**described)(callback)


def model_choice(model: Model) -> app_commands.Choice[str]:
    return app_commands.Choice(name=app_commands.locale_str(priced(model)), value=model.name)


def _shape_choice(shape: str) -> app_commands.Choice[str]:
    width, height = SIZES[shape]
    name = f"{shape.capitalize()}, {width} × {height}"
    return app_commands.Choice(name=app_commands.locale_str(name), value=shape)


def _style_choice(style: str) -> app_commands.Choice[str]:
    return app_commands.Choice(name=app_commands.locale_str(choice_title(style)), value=style)


@app_commands.choices(
    shape=[_shape_choice(shape) for shape in SIZES],
    style=[_style_choice(style) for style in STYLES],
)
async def _imagine(
    interaction: Interaction,
    prompt: app_commands.Range[str, 1, PROMPT_LENGTH_MAX],
    width: Side | None = None,
    height: Side | None = None,
    shape: str | None = None,
    count: int | None = None,
    model: str | None = None,
    negative_prompt: app_commands.Range[str, 1, PROMPT_LENGTH_MAX] | None = None,
    style: str | None = None,
    seed: app_commands.Range[int, 0, SEED_MAX] | None = None,
    image: discord.Attachment | None = None,
    strength: app_commands.Range[float, 0, 1] | None = None,
    private: bool | None = None,
    spoiler: bool = False,
) -> None:
    params: dict[str, Any] = {
        "seed": seed,
        "negative_prompt": spelled_out(interaction, negative_prompt or ""),
        "style": style,
    }
    prompt = spelled_out(interaction, prompt)
    unsaid = {name for name, value in {"count": count, "private": private}.items() if value is None}
    more: dict[str, Any] = {"count": count or 1, "private": bool(private), "spoiler": spoiler}
    if image is None:
        if strength is not None:
            raise InvalidRequest("The strength is that of an image: add one, or leave it out.")
        unsaid |= {name for name, value in {"model": model, "style": style}.items() if value is None}
        if (width, height, shape) == (None, None, None):
            unsaid.add("shape")
        width, height = _size(width, height, shape)
        params |= {"width": width, "height": height}
        model = model or services_of(interaction).model
        more["unsaid"] = frozenset(unsaid)
        request = request_of(interaction, prompt=prompt, model=model, params=params, **more)
        await submit(interaction, request)
        return
    if (width, height, shape) != (None, None, None):
        raise InvalidRequest("With an image the picture has its shape: leave out width, height and shape.")
    model = VARYING_MODEL if model is None else _require_varying(model)
    params["strength"] = strength
    uploads = await handed_in(interaction, [image])
    more["unsaid"] = frozenset(unsaid)
    request = changed(interaction, VARY, uploads, prompt=prompt, model=model, params=params, **more)
    await submit(interaction, request, uploads)


def _require_varying(model: str) -> str:
    if model in VARY.models:
        return model
    raise InvalidRequest(
        "{model} cannot start from an image; choose one of {others}.",
        model=IMAGINE.models[model].title if model in IMAGINE.models else model,
        others=", ".join(other.title for other in VARY.models.values()),
    )


def _size(width: int | None, height: int | None, shape: str | None) -> tuple[int, int]:
    if shape is None:
        return SIDE_DEFAULT if width is None else width, SIDE_DEFAULT if height is None else height
    if width is not None or height is not None:
        raise InvalidRequest("Name a shape, or a width and a height, but not both.")
    if shape not in SIZES:
        raise InvalidRequest("There is no such shape; choose one of {shapes}.", shapes=", ".join(SIZES))
    return SIZES[shape]
