"""What is done to a picture, step by step: each press asks for what is still missing, and the last one orders it."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import discord

from bot.answers.errors import on
from bot.answers.show import read_previews, show
from bot.controls.buttons import Action
from bot.controls.edit_modal import filled_in
from bot.controls.form import PROMPT, SHAPE, Field, asked, form, texts_of, title_of
from bot.controls.verbs import Step, Verb, VerbButton, chosen_fields
from bot.mentions import spelled_out
from bot.messages.content import notice
from bot.messages.refused_form import refused_form, typed_in
from bot.messages.verbs import dear_question, extend_menu, fields_content, form_title, vary_menu
from bot.messages.words import Words
from bot.orders import changed, submit
from bot.overlay import overlay
from bot.panel import show_panel
from bot.rights.access import require_imagine
from bot.services import Interaction, services_of, words_of
from bot.sources import handed_in, source_of
from core.errors import InvalidRequest
from core.offers import typed_params
from core.operations import (
    CHANGES,
    EXTEND,
    RELIGHT,
    SIZES,
    UPSCALE,
    VARY,
    Input,
    Model,
    Need,
    Operation,
    Role,
    usual_model,
)
from core.orders import Picture, Source
from core.validation import model_on_offer, on_offer

log = logging.getLogger(__name__)

_PRIVATE = "private"
"""Among what is given of a verb: the picture is for its member alone, as the command said."""


@dataclass(frozen=True, slots=True)
class _Change:
    verb: Verb
    operation: Operation
    model: Model
    source: Source

    @property
    def fields(self) -> list[Field]:
        return asked(self.operation, self.model, self.verb.given)

    @property
    def has_words(self) -> bool:
        """Whether those of the picture do for it, as it shows the same thing again."""
        return self.operation in (VARY, UPSCALE) and isinstance(self.source, Picture)

    @property
    def is_complete(self) -> bool:
        if self.operation.words_for(self.model) is Need.REQUIRED and not self.has_words:
            return False
        if any(one.role is Role.REFERENCE for one in self.operation.inputs):
            return False
        return all(param.name in self.verb.given for param in self.operation.params if param.required)


async def go_to(interaction: Interaction, verb: Verb) -> None:
    """As far as it can be done without asking. Raises InvalidRequest among others."""
    if not verb.operation:
        source = await _source(interaction, verb)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_panel(interaction, source)
        return
    change, say = await _change(interaction, verb), words_of(interaction)
    operation, model, source = change.operation, change.model, change.source
    if operation is VARY and not verb.given:
        models = on_offer(VARY, services_of(interaction).model).values()
        await interaction.response.send_message(view=vary_menu(source, models, say), ephemeral=True)
    elif operation is EXTEND and not verb.given:
        await interaction.response.send_message(view=extend_menu(source, model, say), ephemeral=True)
    elif operation.param("fields") is not None and not verb.given:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await _show_fields(interaction, change)
    elif model.is_dear:
        # What it needs is asked when the price is known.
        question, button = dear_question(verb, operation, model, say)
        view = notice(question, discord.ui.ActionRow(button))
        await interaction.response.send_message(view=view, ephemeral=True)
    else:
        await _go_on(interaction, change)


@on(Step.VERB)
async def press_verb(interaction: Interaction, verb: Verb) -> None:
    await go_to(interaction, verb)


@on(Action.VARY)
async def press_vary(interaction: Interaction, picture_id: int) -> None:
    await go_to(interaction, Verb(VARY.name, picture_id))


@on(Step.SURE)
async def press_sure(interaction: Interaction, verb: Verb) -> None:
    change = await _change(interaction, verb)
    long, short = texts_of(change.fields)
    typed = typed_in(interaction.message, list(long), list(short))
    if change.is_complete or typed.get(PROMPT):
        await _order(interaction, change, typed, [], once=interaction.message)
    else:
        await _ask(interaction, change)


@on(Step.FILL)
async def press_fill(interaction: Interaction, verb: Verb) -> None:
    await _ask(interaction, await _change(interaction, verb))


@on(Step.REOPEN)
async def press_reopen(interaction: Interaction, verb: Verb) -> None:
    change = await _change(interaction, verb)
    long, short = texts_of(change.fields)
    await _ask(interaction, change, typed_in(interaction.message, list(long), list(short)))


@on(Step.FIELDS)
async def press_fields(interaction: Interaction, verb: Verb) -> None:
    change = await _change(interaction, verb)
    await interaction.response.defer()
    await _show_fields(interaction, change)


@on(Step.FORM)
async def submit_form(interaction: Interaction, verb: Verb) -> None:
    change = await _change(interaction, verb)
    typed = filled_in(interaction.data)
    try:
        await _order(interaction, change, typed, await _uploads(interaction, change.operation, typed))
    except InvalidRequest as error:
        # Without the values: they may quote what was typed.
        log.info("what was filled in was refused: %r", error.text)
        await _refuse(interaction, change, error, typed)


async def ask_sure(
    interaction: Interaction,
    operation: Operation,
    model: Model,
    source: Source,
    typed: Mapping[str, str],
    *,
    private: bool,
) -> None:
    """What was typed already waits in the question itself."""
    say, verb = words_of(interaction), Verb(operation.name, source.id, model.name)
    verb = replace(verb, given={_PRIVATE: "1"} if private else {})
    question, button = dear_question(verb, operation, model, say)
    filled = _as_typed(_Change(verb, operation, model, source), typed, say)
    embeds, view = refused_form(question, *filled, button)
    await interaction.response.send_message(embeds=embeds, view=view, ephemeral=True)


async def _source(interaction: Interaction, verb: Verb) -> Source:
    """Raises InvalidRequest where it is not there for the member, or may not be changed by them."""
    source = await source_of(interaction, verb.source_id)
    await require_imagine(interaction, source.order if isinstance(source, Picture) else None)
    return source


async def _change(interaction: Interaction, verb: Verb) -> _Change:
    source = await _source(interaction, verb)
    operation = next((one for one in CHANGES if one.name == verb.operation), None)
    if operation is None:
        raise _gone()
    model = model_on_offer(operation, verb.model or usual_model(operation), services_of(interaction).model)
    return _Change(verb, operation, model, source)


def _gone() -> InvalidRequest:
    return InvalidRequest("This is not on offer any more. Open the picture again to see what is.")


async def _show_fields(interaction: Interaction, change: _Change) -> None:
    source, preview = change.source, None
    if isinstance(source, Picture):
        found = (await read_previews(services_of(interaction).picture_store, [source]))[source.id]
        preview = found if isinstance(found, bytes) else None
    drawn = await asyncio.to_thread(
        overlay, (source.width, source.height), chosen_fields(change.verb), preview
    )
    content = fields_content(
        change.verb, change.operation, change.model, source, drawn, words_of(interaction)
    )
    await show(interaction, content)


async def _go_on(interaction: Interaction, change: _Change) -> None:
    if change.is_complete:
        await _order(interaction, change, {}, [])
    else:
        await _ask(interaction, change)


async def _ask(interaction: Interaction, change: _Change, refused: Mapping[str, str] | None = None) -> None:
    operation, model, say = change.operation, change.model, words_of(interaction)
    if not change.fields:
        raise _gone()
    typed = {SHAPE: _nearest_shape(change.source)}
    if change.has_words and isinstance(change.source, Picture):
        typed[PROMPT] = change.source.order.prompt
    typed |= refused or {}
    modal = form(change.verb, operation, model, typed, say, title=form_title(operation, model, say))
    await interaction.response.send_modal(modal)


async def _refuse(
    interaction: Interaction, change: _Change, error: InvalidRequest, typed: Mapping[str, str]
) -> None:
    say = words_of(interaction)
    why = say(error.text, **error.values)
    if any(isinstance(one, Input) for one in change.fields):
        why += " " + say("A file has to be chosen once more.")
    button = VerbButton(Step.REOPEN, change.verb, say("Open it again"), "✏️")
    embeds, view = refused_form(why, *_as_typed(change, typed, say), button)
    await interaction.response.send_message(embeds=embeds, view=view, ephemeral=True)


def _as_typed(
    change: _Change, typed: Mapping[str, str], say: Words
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The long texts and the short ones, each with its title."""
    long, short = (
        [(say(title_of(one, change.operation)), typed.get(name, "")) for name, one in texts.items()]
        for texts in texts_of(change.fields)
    )
    return long, short


def _nearest_shape(source: Source) -> str:
    return min(SIZES, key=lambda shape: abs(SIZES[shape][0] / SIZES[shape][1] - source.width / source.height))


async def _uploads(interaction: Interaction, operation: Operation, typed: Mapping[str, str]) -> list[Source]:
    """What was handed in with the form, in the order of the operation's inputs."""
    data: Mapping[str, Any] = interaction.data or {}
    resolved = data.get("resolved", {}).get("attachments", {})
    # discord.py makes them itself only for a modal that this process opened.
    files = [
        discord.Attachment(data=resolved[typed[one.role]], state=interaction._state)
        for one in operation.inputs[1:]
        if typed.get(one.role) in resolved
    ]
    return list(await handed_in(interaction, files))


async def _order(
    interaction: Interaction,
    change: _Change,
    typed: Mapping[str, str],
    more: Sequence[Source],
    *,
    once: discord.Message | None = None,
) -> None:
    """Of `once`, a question, comes one order however often it is answered: its button stays, as the press is answered
    by the order's own message."""
    operation, sources = change.operation, [change.source, *more]
    texts = {name: spelled_out(interaction, text) for name, text in typed.items()}
    if len(sources) < sum(one.need is Need.REQUIRED for one in operation.inputs):
        raise InvalidRequest("The second picture is missing.")
    if operation is RELIGHT and not more and not texts.get(PROMPT):
        raise InvalidRequest("Say what is behind it, or add a picture of that.")
    params = typed_params(operation, {**texts, **change.verb.given})
    if operation.sized:
        shape = texts.get(SHAPE, "")
        params["width"], params["height"] = SIZES.get(shape) or SIZES[_nearest_shape(change.source)]
    request = changed(
        interaction,
        operation,
        sources,
        model=change.model.name,
        params=params,
        prompt=texts.get(PROMPT, ""),
        private=_PRIVATE in change.verb.given,
    )
    if once is not None:
        request = replace(request, interaction_id=once.id)
    if not await submit(interaction, request, sources) and once is not None:
        raise InvalidRequest("This was ordered already. Choose it once more to have it again.")
