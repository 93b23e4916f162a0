"""The modal behind Edit. It is read from the submission alone: the bot may restart between the two."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import discord
from discord import ui

from bot.controls.buttons import Say
from bot.controls.modal import new_modal
from core.operations import IMAGINE, PROMPT_LENGTH_MAX, STYLES, Model, choice_title
from core.orders import Order

CUSTOM_ID = re.compile(r"edit:(?P<id>[0-9]{1,18})")
PROMPT, SIZE, MODEL, STYLE, WITHOUT = "prompt", "size", "model", "style", "negative_prompt"
"""The custom ids of its fields. What was varied has its strength in the place of the size; a seed follows either."""

NO_STYLE = "none"
SIZE_LENGTH_MAX = 40


def priced(model: Model) -> str:
    credits = "1 credit" if model.credits == 1 else f"{model.credits:f} credits"
    return f"{model.title}: {credits}, {model.good_at}"


def as_asked(order: Order) -> dict[str, str]:
    """What the fields begin with."""
    size = f"{order.params.get('strength', 0):g}" if order.size is None else "{} × {}".format(*order.size)
    return {
        PROMPT: order.prompt,
        SIZE: size,
        MODEL: order.model,
        STYLE: order.style or NO_STYLE,
        WITHOUT: order.negative_prompt or "",
    }


def edit_modal(
    order: Order,
    typed: Mapping[str, str],
    models: Iterable[Model],
    say: Say,
    *,
    size_hint: str,
    model_hint: str | None,
) -> ui.Modal:
    modal = new_modal(f"edit:{order.id}", say("Paint it differently"))
    size = ui.TextInput[Any](custom_id=SIZE, default=typed[SIZE] or None, max_length=SIZE_LENGTH_MAX)
    title = say("Size, and the seed") if order.operation == IMAGINE.name else say("Strength, and the seed")
    named = [(model.name, say(priced(model))) for model in models]
    styles = [(NO_STYLE, say("No style")), *((style, say(choice_title(style))) for style in STYLES)]
    for label in (
        ui.Label[Any](text=say("What the picture should show"), component=_text(PROMPT, typed)),
        ui.Label[Any](text=title, description=size_hint, component=size),
        ui.Label[Any](text=say("Model"), description=model_hint, component=_select(MODEL, named, typed)),
        ui.Label[Any](text=say("Style"), component=_select(STYLE, styles, typed)),
        ui.Label[Any](text=say("What it should not show"), component=_text(WITHOUT, typed, required=False)),
    ):
        modal.add_item(label)
    return modal


def _text(name: str, typed: Mapping[str, str], *, required: bool = True) -> ui.TextInput[Any]:
    return ui.TextInput(
        custom_id=name,
        style=discord.TextStyle.paragraph,
        default=typed[name] or None,
        max_length=PROMPT_LENGTH_MAX,
        required=required,
    )


def _select(name: str, choices: Iterable[tuple[str, str]], typed: Mapping[str, str]) -> ui.Select[Any]:
    options = [
        discord.SelectOption(label=label, value=value, default=value == typed[name])
        for value, label in choices
    ]
    return ui.Select(custom_id=name, options=options)


def filled_in(submission: Any) -> dict[str, str]:
    """What was typed and chosen by the custom ids of the fields; of several that were chosen, the first."""
    return {name: values[0] for name, values in fields_of(submission).items() if values}


def fields_of(submission: Any) -> dict[str, tuple[str, ...]]:
    """All that was typed and chosen by the custom ids of the fields, wherever in the submission these are."""
    found: dict[str, tuple[str, ...]] = {}
    pending = [submission]
    while pending:
        component = pending.pop()
        if isinstance(component, list):
            pending += component
        elif isinstance(component, dict):
            name, value, chosen = (component.get(key) for key in ("custom_id", "value", "values"))
            values = chosen if isinstance(chosen, list) else [value]
            texts = tuple(one for one in values if isinstance(one, str))
            if isinstance(name, str) and len(texts) == len(values):
                found[name] = texts
            pending += component.get("components"), component.get("component")
    return found
