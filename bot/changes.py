"""What is done to a picture, step by step: each press asks for what is still missing, and the last one orders it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import discord

from bot.answers.errors import on
from bot.answers.show import read_previews, show
from bot.controls.buttons import Action
from bot.controls.edit_modal import filled_in
from bot.controls.form import PROMPT, SHAPE, form
from bot.controls.verbs import Step, Verb, chosen_fields
from bot.mentions import spelled_out
from bot.messages.verbs import dear_question, extend_menu, fields_content, form_title, vary_menu
from bot.orders import changed, submit
from bot.overlay import overlay
from bot.panel import show_panel
from bot.rights.access import require_imagine
from bot.services import Interaction, services_of, words_of
from bot.sources import handed_in, source_of
from core.errors import InvalidRequest
from core.offers import typed_params
from core.operations import CHANGES, EXTEND, RELIGHT, SIZES, UPSCALE, VARY, Model, Need, Operation, Role
from core.orders import Picture, Source
from core.validation import model_on_offer, on_offer

_WITH_ITS_OWN_WORDS = (VARY, UPSCALE)
"""What shows the same thing again needs no new words for it."""


async def go_to(interaction: Interaction, verb: Verb) -> None:
    """As far as it can be done without asking. Raises InvalidRequest among others."""
    source = await _source(interaction, verb)
    if not verb.operation:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_panel(interaction, source)
        return
    operation, say = _operation(verb), words_of(interaction)
    if operation is VARY and not verb.given:
        models = on_offer(VARY, services_of(interaction).model).values()
        await interaction.response.send_message(view=vary_menu(source, models, say), ephemeral=True)
        return
    model = _model(interaction, operation, verb)
    if operation is EXTEND and not verb.given:
        await interaction.response.send_message(view=extend_menu(source, model, say), ephemeral=True)
    elif operation.param("fields") is not None and not verb.given:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await _show_fields(interaction, verb, source)
    elif model.is_dear:
        # What it needs is asked when the price is known.
        question = dear_question(verb, operation, model, say)
        await interaction.response.send_message(view=question, ephemeral=True)
    else:
        await _go_on(interaction, verb, source)


@on(Step.VERB)
async def press_verb(interaction: Interaction, verb: Verb) -> None:
    await go_to(interaction, verb)


@on(Action.VARY)
async def press_vary(interaction: Interaction, picture_id: int) -> None:
    await go_to(interaction, Verb(VARY.name, picture_id))


@on(Step.SURE)
async def press_sure(interaction: Interaction, verb: Verb) -> None:
    await _go_on(interaction, verb, await _source(interaction, verb))


@on(Step.FILL)
async def press_fill(interaction: Interaction, verb: Verb) -> None:
    await _ask(interaction, verb, await _source(interaction, verb))


@on(Step.FIELDS)
async def press_fields(interaction: Interaction, verb: Verb) -> None:
    source = await _source(interaction, verb)
    await interaction.response.defer()
    await _show_fields(interaction, verb, source)


@on(Step.FORM)
async def submit_form(interaction: Interaction, verb: Verb) -> None:
    source = await _source(interaction, verb)
    typed = filled_in(interaction.data)
    sources = [source, *await _uploads(interaction, _operation(verb), typed)]
    await _order(interaction, verb, sources, typed)


async def _source(interaction: Interaction, verb: Verb) -> Source:
    """Raises InvalidRequest where it is not there for the member, or may not be changed by them."""
    source = await source_of(interaction, verb.source_id)
    await require_imagine(interaction, source.order if isinstance(source, Picture) else None)
    return source


def _operation(verb: Verb) -> Operation:
    for operation in CHANGES:
        if operation.name == verb.operation:
            return operation
    raise InvalidRequest("This is not on offer any more. Open the picture again to see what is.")


def _model(interaction: Interaction, operation: Operation, verb: Verb) -> Model:
    return model_on_offer(
        operation, verb.model or next(iter(operation.models)), services_of(interaction).model
    )


async def _show_fields(interaction: Interaction, verb: Verb, source: Source) -> None:
    operation, preview = _operation(verb), None
    if isinstance(source, Picture):
        found = (await read_previews(services_of(interaction).picture_store, [source]))[source.id]
        preview = found if isinstance(found, bytes) else None
    size = source.width, source.height
    drawn = await asyncio.to_thread(overlay, size, chosen_fields(verb), preview)
    model = _model(interaction, operation, verb)
    await show(interaction, fields_content(verb, operation, model, source, drawn, words_of(interaction)))


async def _go_on(interaction: Interaction, verb: Verb, source: Source) -> None:
    operation = _operation(verb)
    if _is_complete(operation, _model(interaction, operation, verb), verb, source):
        await _order(interaction, verb, [source], {})
    else:
        await _ask(interaction, verb, source)


def _is_complete(operation: Operation, model: Model, verb: Verb, source: Source) -> bool:
    has_words = operation in _WITH_ITS_OWN_WORDS and isinstance(source, Picture)
    if operation.words_for(model) is Need.REQUIRED and not has_words:
        return False
    if any(one.role is Role.REFERENCE for one in operation.inputs):
        return False
    return all(param.name in verb.given for param in operation.params if param.required)


async def _ask(interaction: Interaction, verb: Verb, source: Source) -> None:
    operation = _operation(verb)
    model, say = _model(interaction, operation, verb), words_of(interaction)
    typed = {SHAPE: _nearest_shape(source)}
    if operation in _WITH_ITS_OWN_WORDS and isinstance(source, Picture):
        typed[PROMPT] = source.order.prompt
    modal = form(verb, operation, model, typed, say, title=form_title(operation, model, say))
    await interaction.response.send_modal(modal)


def _nearest_shape(source: Source) -> str:
    return min(SIZES, key=lambda shape: abs(SIZES[shape][0] / SIZES[shape][1] - source.width / source.height))


async def _uploads(interaction: Interaction, operation: Operation, typed: Mapping[str, str]) -> list[Source]:
    """What was handed in with the form, in the order of the operation's inputs."""
    data: Mapping[str, Any] = interaction.data or {}
    resolved = data.get("resolved", {}).get("attachments", {})
    state = interaction.client._connection
    files = [
        discord.Attachment(data=resolved[typed[one.role]], state=state)
        for one in operation.inputs[1:]
        if typed.get(one.role) in resolved
    ]
    return list(await handed_in(interaction, files))


async def _order(
    interaction: Interaction, verb: Verb, sources: list[Source], typed: Mapping[str, str]
) -> None:
    operation = _operation(verb)
    model = _model(interaction, operation, verb)
    texts = {name: spelled_out(interaction, text) for name, text in typed.items()}
    if len(sources) < sum(one.need is Need.REQUIRED for one in operation.inputs):
        raise InvalidRequest("The second picture is missing.")
    if operation is RELIGHT and len(sources) == 1 and not texts.get(PROMPT):
        raise InvalidRequest("Say what is behind it, or add a picture of that.")
    params = typed_params(operation, {**texts, **verb.given})
    if operation.sized:
        shape = texts.get(SHAPE, "")
        params["width"], params["height"] = SIZES.get(shape) or SIZES[_nearest_shape(sources[0])]
    request = changed(
        interaction, operation, sources, model=model.name, params=params, prompt=texts.get(PROMPT, "")
    )
    await submit(interaction, request, sources)
