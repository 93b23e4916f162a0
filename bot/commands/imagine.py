"""`/imagine`: a picture from words."""

from typing import Any

from discord import app_commands

from bot.mentions import spelled_out
from bot.orders import request_of, submit
from bot.services import Interaction, services_of
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
    Model,
)
from core.validation import on_offer

Side = app_commands.Range[int, SIDE_MIN, SIDE_MAX]


def imagine(default_model: str) -> app_commands.Command[Any, ..., None]:
    models = on_offer(IMAGINE, default_model).values()
    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name="imagine", description="Paint a picture from words", callback=_imagine
    )
    return app_commands.choices(model=[model_choice(model) for model in models])(command)


def model_choice(model: Model) -> app_commands.Choice[str]:
    credits = "1 credit" if model.credits == 1 else f"{model.credits:f} credits"
    name = f"{model.title}: {credits}, {model.good_at}"
    return app_commands.Choice(name=app_commands.locale_str(name), value=model.name)


def _shape_choice(shape: str) -> app_commands.Choice[str]:
    width, height = SIZES[shape]
    name = f"{shape.capitalize()}, {width} × {height}"
    return app_commands.Choice(name=app_commands.locale_str(name), value=shape)


@app_commands.describe(
    prompt="What the picture should show",
    width="Width in pixels, 256 to 1536; 1024 if nothing is said",
    height="Height in pixels, 256 to 1536; 1024 if nothing is said",
    shape="A shape by name, instead of width and height",
    model="Which model paints",
    negative_prompt="What the picture should not show",
    style="In which manner it is painted",
    seed="The same words with the same seed give the same picture",
    private="Only you see the picture",
    spoiler="The picture is covered until it is clicked",
)
@app_commands.choices(
    shape=[_shape_choice(shape) for shape in SIZES],
    style=[app_commands.Choice(name=style, value=style) for style in STYLES],
)
async def _imagine(
    interaction: Interaction,
    prompt: app_commands.Range[str, 1, PROMPT_LENGTH_MAX],
    width: Side | None = None,
    height: Side | None = None,
    shape: str | None = None,
    model: str | None = None,
    negative_prompt: app_commands.Range[str, 1, PROMPT_LENGTH_MAX] | None = None,
    style: str | None = None,
    seed: app_commands.Range[int, 0, SEED_MAX] | None = None,
    private: bool = False,
    spoiler: bool = False,
) -> None:
    width, height = _size(width, height, shape)
    request = request_of(
        interaction,
        prompt=spelled_out(interaction, prompt),
        model=model or services_of(interaction).model,
        params={
            "width": width,
            "height": height,
            "seed": seed,
            "negative_prompt": spelled_out(interaction, negative_prompt or ""),
            "style": style,
        },
        private=private,
        spoiler=spoiler,
    )
    await submit(interaction, request)


def _size(width: int | None, height: int | None, shape: str | None) -> tuple[int, int]:
    if shape is None:
        return SIDE_DEFAULT if width is None else width, SIDE_DEFAULT if height is None else height
    if width is not None or height is not None:
        raise InvalidRequest("Name a shape, or a width and a height, but not both.")
    if shape not in SIZES:
        raise InvalidRequest("There is no such shape; choose one of {shapes}.", shapes=", ".join(SIZES))
    return SIZES[shape]
