"""`/imagine`: a picture from words."""

from dataclasses import replace

from discord import app_commands

from bot.mentions import spelled_out
from bot.messages.prompts import check_size, clean_negative_prompt, clean_prompt
from bot.orders import order_of, place
from bot.services import Interaction, services_of
from core.errors import InvalidRequest
from core.operations import (
    PAINTERS,
    PROMPT_LENGTH_MAX,
    SEED_MAX,
    SIDE_DEFAULT,
    SIDE_MAX,
    SIDE_MIN,
    SIZES,
    STYLES,
    Model,
    check_options,
    painter,
)

Side = app_commands.Range[int, SIDE_MIN, SIDE_MAX]

_SHAPES = {
    "square": "Square, {size}",
    "portrait": "Portrait, {size}",
    "landscape": "Landscape, {size}",
    "wide": "Wide, {size}",
    "tall": "Tall, {size}",
}


def _model_choice(model: Model) -> app_commands.Choice[str]:
    credits = "1 credit" if model.credits == 1 else f"{model.credits:f} credits"
    name = f"{model.title}: {credits}, {model.good_at}"
    return app_commands.Choice(name=app_commands.locale_str(name), value=model.name)


def _shape_choice(shape: str) -> app_commands.Choice[str]:
    width, height = SIZES[shape]
    name = _SHAPES[shape].format(size=f"{width} × {height}")
    return app_commands.Choice(name=app_commands.locale_str(name), value=shape)


@app_commands.command(description="Paint a picture from words")
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
    model=[_model_choice(model) for model in PAINTERS.values()],
    style=[app_commands.Choice(name=style, value=style) for style in STYLES],
)
# Installing it for a single user, who could then spend the owner's credits anywhere, is not offered.
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
async def imagine(
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
    name = model or services_of(interaction).model
    negative = clean_negative_prompt(spelled_out(interaction, negative_prompt or ""))
    size = _size(width, height, shape)
    check_options(painter(name), negative_prompt=negative, style=style)
    if seed is not None and not 0 <= seed <= SEED_MAX:
        raise InvalidRequest("A seed is a number from 0 to {most}.", most=SEED_MAX)
    words = clean_prompt(spelled_out(interaction, prompt))
    plain = order_of(interaction, prompt=words, width=size[0], height=size[1], model=name)
    order = replace(plain, negative_prompt=negative, style=style, seed=seed, spoiler=spoiler)
    await place(interaction, replace(order, private=private or plain.private))


def _size(width: int | None, height: int | None, shape: str | None) -> tuple[int, int]:
    if shape is not None:
        if width is not None or height is not None:
            raise InvalidRequest("Name a shape, or a width and a height, but not both.")
        if shape not in SIZES:
            raise InvalidRequest("There is no such shape; choose one of {shapes}.", shapes=", ".join(SIZES))
        return SIZES[shape]
    size = SIDE_DEFAULT if width is None else width, SIDE_DEFAULT if height is None else height
    check_size(*size)
    return size
