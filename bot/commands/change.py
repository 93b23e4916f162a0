"""`/change`: a picture made from one that is handed in. Each operation of the registry is a subcommand."""

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any

import discord
from discord import app_commands

from bot.changes import ask_sure
from bot.commands.imagine import model_choice
from bot.controls.form import PROMPT
from bot.mentions import spelled_out
from bot.orders import changed, submit
from bot.services import Interaction, services_of
from bot.sources import handed_in
from core.operations import CHANGES, PROMPT_LENGTH_MAX, Kind, Need, Operation, Param, Role, usual_model
from core.validation import fields_in, model_on_offer

_SUGGESTIONS_MAX = 25

_FILES = {
    Role.PICTURE: "The picture to change",
    Role.REFERENCE: "A second picture, to go by",
    Role.MASK: "A mask as large: white is changed, black stays",
}
_NAMES = {Role.PICTURE: "image", Role.REFERENCE: "reference", Role.MASK: "mask"}
_PROMPT = "What the picture should show then"
_MODEL = "How, and for how many credits"
_PRIVATE = "Only you see the picture"


def change() -> app_commands.Group:
    group = app_commands.Group(name="change", description="Make a picture from another one")
    for operation in CHANGES:
        group.add_command(_subcommand(operation))
    return group


def _subcommand(operation: Operation) -> app_commands.Command[Any, ..., None]:
    async def ask(interaction: Interaction, **given: Any) -> None:
        await _change(interaction, operation, given)

    options = list(_options(operation))
    # discord.py reads the options from the signature, so it is made from the registry.
    itself = Parameter("interaction", Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction)
    ask.__signature__ = Signature([itself, *(option for option, _about in options)])  # type: ignore[attr-defined] # no stub has it
    app_commands.describe(**{option.name: about for option, about in options})(ask)
    if len(operation.models) > 1:
        app_commands.choices(model=[model_choice(model) for model in operation.models.values()])(ask)
    choices = {param.name: param.choices for param in operation.params if param.kind is Kind.CHOICE}
    for name, values in choices.items():
        # As suggestions, since Discord counts all choices of all subcommands as one command's size.
        app_commands.autocomplete(**{name: _suggesting(values)})(ask)
    return app_commands.Command(name=operation.name, description=_description(operation), callback=ask)


def _description(operation: Operation) -> str:
    prices = sorted({model.credits for model in operation.models.values()})
    price = f"{prices[0]:f}" if len(prices) == 1 else f"{prices[0]:f}-{prices[-1]:f}"
    return f"{operation.about} ({price} credits)"


def _options(operation: Operation) -> Iterator[tuple[Parameter, str]]:
    """Each with what is said of it; what is not required has a default."""
    for one in operation.inputs:
        yield _option(_NAMES[one.role], discord.Attachment, one.need is Need.REQUIRED), _FILES[one.role]
    needs = {operation.words_for(model) for model in operation.models.values()}
    if needs != {Need.NONE}:
        text = app_commands.Range[str, 1, PROMPT_LENGTH_MAX]
        yield _option("prompt", text, needs == {Need.REQUIRED}), _PROMPT
    for param in operation.params:
        required = param.required and param.default is None
        yield _option(param.name, _annotation(param), required), param.about
    if len(operation.models) > 1:
        yield _option("model", str, False), _MODEL
    yield _option("private", bool, False, default=False), _PRIVATE


def _option(name: str, annotation: Any, required: bool, *, default: Any = None) -> Parameter:
    if required:
        return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation)
    annotation = annotation | None if default is None else annotation
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _annotation(param: Param) -> Any:
    match param.kind:
        case Kind.WHOLE:
            return app_commands.Range[int, int(param.low), int(param.high)]
        case Kind.NUMBER:
            return app_commands.Range[float, float(param.low), float(param.high)]
        case Kind.TEXT:
            return app_commands.Range[str, max(1, int(param.low)), int(param.high)]
        case Kind.CHOICE | Kind.FIELDS:
            return str


def _suggesting(values: Sequence[str]) -> Callable[..., Coroutine[Any, Any, list[app_commands.Choice[str]]]]:
    async def suggest(_interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        fitting = [value for value in values if typed.strip().lower() in value]
        return [app_commands.Choice(name=value, value=value) for value in fitting[:_SUGGESTIONS_MAX]]

    return suggest


async def _change(interaction: Interaction, operation: Operation, given: Mapping[str, Any]) -> None:
    params: dict[str, Any] = {param.name: given[param.name] for param in operation.params}
    for param in operation.params:
        if param.kind is Kind.TEXT:
            params[param.name] = spelled_out(interaction, params[param.name] or "")
        elif param.kind is Kind.FIELDS and params[param.name] is not None:
            params[param.name] = fields_in(params[param.name])
    files = [given[_NAMES[one.role]] for one in operation.inputs if given[_NAMES[one.role]] is not None]
    sources = await handed_in(interaction, files)
    prompt = spelled_out(interaction, given.get("prompt") or "")
    model = model_on_offer(
        operation, given.get("model") or usual_model(operation), services_of(interaction).model
    )
    if model.is_dear:
        typed = {PROMPT: prompt, **{name: str(value) for name, value in params.items() if value is not None}}
        await ask_sure(interaction, operation, model, sources[0], typed, private=given["private"])
        return
    request = changed(
        interaction,
        operation,
        sources,
        model=model.name,
        params=params,
        prompt=prompt,
        private=given["private"],
    )
    await submit(interaction, request, sources)
