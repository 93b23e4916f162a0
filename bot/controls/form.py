"""The modal in which is asked what an operation needs, made from the registry. It is read from the submission alone:
the bot may restart between the two."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import discord
from discord import ui

from bot.controls.buttons import Say
from bot.controls.modal import new_modal
from bot.controls.verbs import Step, Verb
from core.operations import (
    PROMPT_LENGTH_MAX,
    SIZES,
    Input,
    Kind,
    Model,
    Need,
    Operation,
    Param,
    Role,
    choice_title,
)

PROMPT, SHAPE = "prompt", "shape"
"""The names of the fields that are neither a parameter nor an input."""

_LABELS_MAX = 5
_NUMBER_LENGTH_MAX = 20
_SIZE_OF_SHAPE = ("width", "height")

Text: TypeAlias = str | Param
Field: TypeAlias = Text | Input

SHORT_LENGTH_MAX = 1024
"""What fits into a field of an embed."""


def asked(operation: Operation, model: Model, given: Mapping[str, str]) -> list[Field]:
    """What there is room for, the most telling first: PROMPT, SHAPE, parameters, and further inputs."""
    open_params = [param for param in operation.params if param.name not in given and _is_typed(param, model)]
    required = [param for param in open_params if param.required and param.name not in _SIZE_OF_SHAPE]
    optional = [param for param in open_params if not param.required]
    # Where the fields say where it is, no mask has to.
    files = [one for one in operation.inputs[1:] if one.role is not Role.MASK or "fields" not in given]
    found: list[Field] = [*required]
    found += [] if operation.words_for(model) is Need.NONE else [PROMPT]
    found += [one for one in files if is_required(one)]
    found += [SHAPE] if operation.sized else []
    found += [one for one in files if not is_required(one)]
    found += [param for param in optional if param.name != "seed"]
    found += [param for param in optional if param.name == "seed"]
    return found[:_LABELS_MAX]


def texts_of(fields: Iterable[Field]) -> tuple[dict[str, Text], dict[str, Text]]:
    """Those of them that are texts or choices, by their names: the long ones, and the short ones."""
    texts = {one if isinstance(one, str) else one.name: one for one in fields if not isinstance(one, Input)}
    long = {name: one for name, one in texts.items() if _length_max(one) > SHORT_LENGTH_MAX}
    return long, {name: one for name, one in texts.items() if name not in long}


def _length_max(one: Text) -> int:
    if isinstance(one, Param):
        return int(one.high) if one.kind is Kind.TEXT else _NUMBER_LENGTH_MAX
    return PROMPT_LENGTH_MAX if one == PROMPT else 0


def title_of(one: Text, operation: Operation) -> str:
    """In English."""
    if isinstance(one, Param):
        return one.title
    return "Shape" if one == SHAPE else operation.asks


def is_required(one: Input) -> bool:
    """A mask is optional where fields can be chosen instead; who asks for the form has chosen none."""
    return one.need is Need.REQUIRED or one.role is Role.MASK


def _is_typed(param: Param, model: Model) -> bool:
    if param.name == "style":
        return bool(model.styles)
    if param.name == "negative_prompt":
        return model.takes_negative_prompt
    return param.kind is not Kind.FIELDS


def form(
    verb: Verb, operation: Operation, model: Model, typed: Mapping[str, str], say: Say, *, title: str
) -> ui.Modal:
    """`typed` is what its fields begin with, by their names."""
    modal = new_modal(verb.custom_id(Step.FORM), title)
    for one in asked(operation, model, verb.given):
        if isinstance(one, Param):
            modal.add_item(_param(one, model, typed.get(one.name), say))
        elif isinstance(one, Input):
            modal.add_item(_file(one, say))
        elif one == SHAPE:
            sizes = {
                name: f"{name.capitalize()}, {width} × {height}" for name, (width, height) in SIZES.items()
            }
            shape = _select(SHAPE, sizes, typed.get(SHAPE), say, required=True)
            modal.add_item(ui.Label(text=say(title_of(one, operation)), component=shape))
        else:
            is_needed = operation.words_for(model) is Need.REQUIRED
            words = _text(PROMPT, PROMPT_LENGTH_MAX, typed.get(PROMPT), required=is_needed)
            modal.add_item(ui.Label(text=say(title_of(one, operation)), component=words))
    return modal


def _param(param: Param, model: Model, typed: str | None, say: Say) -> ui.Label[Any]:
    component: ui.Item[Any]
    if param.kind is Kind.CHOICE:
        choices = model.styles if param.name == "style" else param.choices
        names = {one: choice_title(one) for one in choices}
        component = _select(param.name, names, typed, say, required=param.required)
    elif param.kind is Kind.TEXT:
        component = _text(param.name, int(param.high), typed, required=param.required)
    else:
        component = ui.TextInput(
            custom_id=param.name,
            placeholder=f"{param.low:g} - {int(param.high)}",
            default=typed or None,
            max_length=_NUMBER_LENGTH_MAX,
            required=param.required,
        )
    return ui.Label(text=say(param.title), description=say(param.about), component=component)


def _select(
    name: str, choices: Mapping[str, str], typed: str | None, say: Say, *, required: bool
) -> ui.Select[Any]:
    options = [
        discord.SelectOption(label=say(text), value=one, default=one == typed)
        for one, text in choices.items()
    ]
    return ui.Select(custom_id=name, options=options, required=required, min_values=int(required))


def _text(name: str, length_max: int, typed: str | None, *, required: bool) -> ui.TextInput[Any]:
    return ui.TextInput(
        custom_id=name,
        style=discord.TextStyle.paragraph if length_max >= PROMPT_LENGTH_MAX else discord.TextStyle.short,
        default=(typed or "")[:length_max] or None,
        max_length=length_max,
        required=required,
    )


def _file(one: Input, say: Say) -> ui.Label[Any]:
    required = is_required(one)
    upload = ui.FileUpload[Any](custom_id=one.role, required=required, min_values=int(required), max_values=1)
    if one.role is Role.MASK:
        title, about = say("Mask"), say("A mask as large: white is changed, black stays")
    else:
        title, about = say("Second picture"), say("A second picture, to go by")
    return ui.Label(text=title, description=about, component=upload)
