"""Again and Edit: the same once more, as it was or as a form says. Each press is checked anew."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import discord
from discord import ui

from bot.answers.errors import on
from bot.controls.buttons import Action, OrderButton
from bot.controls.edit_modal import (
    MODEL,
    NO_STYLE,
    PROMPT,
    SIZE,
    STYLE,
    WITHOUT,
    as_asked,
    edit_modal,
    filled_in,
)
from bot.mentions import spelled_out
from bot.messages.prompts import escape
from bot.messages.refused_form import refused_form, typed_in
from bot.messages.words import Words
from bot.orders import again, submit
from bot.rights.access import require_imagine, visible_order, visible_progress
from bot.services import Interaction, services_of, words_of
from bot.sources import sources_of
from core.errors import InvalidRequest
from core.operations import IMAGINE, MODELS, OPERATIONS, SIDE_MAX, SIDE_MIN, VARY, VARYING_MODEL
from core.orders import Order, Progress, Source
from core.validation import clean, nearest_size, on_offer

log = logging.getLogger(__name__)

_LONG, _SHORT = (PROMPT, WITHOUT), (SIZE, MODEL, STYLE)
"""What was refused is shown in this order."""

_SEED = r"(?:[\s,;·]+[^\W\d_]*[\s:=]*(?P<seed>\d{1,10}))?\s*"
_SIZE = re.compile(rf"\s*(?P<width>\d{{1,5}})\s*[x×*, ]\s*(?P<height>\d{{1,5}}){_SEED}", re.IGNORECASE)
_STRENGTH = re.compile(rf"\s*(?P<strength>[01](?:[.,]\d{{1,4}})?|[.,]\d{{1,4}}){_SEED}")


@on(Action.AGAIN)
async def press_again(interaction: Interaction, order_id: int) -> None:
    order = await visible_order(interaction, order_id)
    await require_imagine(interaction, order)
    await submit(interaction, again(interaction, order), await _sources(interaction, order))


@on(Action.EDIT)
async def press_edit(interaction: Interaction, order_id: int) -> None:
    await _open(interaction, order_id, {})


@on(Action.REOPEN)
async def press_reopen(interaction: Interaction, order_id: int) -> None:
    await _open(interaction, order_id, typed_in(interaction.message, _LONG, _SHORT))


@on("edit modal")
async def submit_edit(interaction: Interaction, order_id: int) -> None:
    order = (await _editable(interaction, order_id)).order
    typed = {**as_asked(order), **filled_in(interaction.data)}
    try:
        await _submit(interaction, order, typed)
    except InvalidRequest as error:
        # Without the values: they may quote what was typed.
        log.info("what was filled in was refused: %r", error.text)
        say = words_of(interaction)
        why = " ".join([say(error.text, **error.values), *_what_fits(order, typed, say)])
        embeds, view = _refused(order, why, typed, say)
        await interaction.response.send_message(embeds=embeds, view=view, ephemeral=True)


def _refused(
    order: Order, why: str, typed: Mapping[str, str], say: Words
) -> tuple[list[discord.Embed], ui.View]:
    titles = {
        PROMPT: say("What the picture should show"),
        WITHOUT: say("What it should not show"),
        SIZE: say("Size, or strength"),
        MODEL: say("Model"),
        STYLE: say("Style"),
    }
    long, short = ([(titles[name], typed[name]) for name in names] for names in (_LONG, _SHORT))
    return refused_form(why, long, short, OrderButton(Action.REOPEN, order.id, say))


async def _open(interaction: Interaction, order_id: int, typed: Mapping[str, str]) -> None:
    progress, say = await _editable(interaction, order_id), words_of(interaction)
    order, operation = progress.order, OPERATIONS[progress.order.operation]
    default_model = services_of(interaction).model
    offered, may_use = (
        on_offer(operation, default_model),
        services_of(interaction).rules.may_use_of(interaction),
    )
    # Where none may be used, who chooses one is told so.
    models = {name: one for name, one in offered.items() if may_use(operation.name, name)} or offered
    if order.model not in models:
        usual = VARYING_MODEL if operation is VARY else default_model
        order = replace(order, model=usual if usual in models else next(iter(models)))
    modal = edit_modal(
        order,
        {**as_asked(order), **typed},
        models.values(),
        say,
        size_hint=_size_hint(progress, say),
        model_hint=None if order.count == 1 else say("The price is for each of {count}", count=order.count),
    )
    await interaction.response.send_modal(modal)


def _size_hint(progress: Progress, say: Words) -> str:
    order = progress.order
    seed = progress.pictures[0].seed if order.count == 1 and progress.pictures else order.seed
    if order.operation == VARY.name:
        what = say("From 0 (nothing changes) to 1 (everything)")
    else:
        what = say("Width × height, {least} to {most} each", least=SIDE_MIN, most=SIDE_MAX)
    if seed is None:
        return say("{what}; “, seed 7” after it sets the seed", what=what)
    return say("{what}; “, seed {seed}” after it keeps the seed", what=what, seed=str(seed))


async def _editable(interaction: Interaction, order_id: int) -> Progress:
    progress = await visible_progress(interaction, order_id)
    await require_imagine(interaction, progress.order)
    if progress.order.operation not in (IMAGINE.name, VARY.name):
        raise InvalidRequest("Only what was imagined or varied can be edited.")
    return progress


async def _sources(interaction: Interaction, order: Order) -> Sequence[Source]:
    try:
        return await sources_of(interaction, order)
    except InvalidRequest as error:
        raise InvalidRequest(
            "What this was made from is not there in full size any more, or not for you to see, so it cannot be "
            "made again."
        ) from error


async def _submit(interaction: Interaction, order: Order, typed: Mapping[str, str]) -> None:
    request = replace(
        again(interaction, order), prompt=spelled_out(interaction, typed[PROMPT]), model=typed[MODEL]
    ).with_params(
        **_numbers(typed[SIZE], order),
        style=None if typed[STYLE] == NO_STYLE else typed[STYLE],
        negative_prompt=spelled_out(interaction, typed[WITHOUT]),
    )
    await submit(interaction, request, await _sources(interaction, order))


def _numbers(text: str, order: Order) -> dict[str, Any]:
    """The parameters that are numbers. Raises InvalidRequest."""
    if order.operation == VARY.name:
        if (match := _STRENGTH.fullmatch(text)) is None:
            raise InvalidRequest(
                "“{typed}” is not a strength. Write a number from 0 to 1, such as 0.5.", typed=_quoted(text)
            )
        return {"strength": float(match["strength"].replace(",", ".")), "seed": _whole(match["seed"])}
    if (match := _SIZE.fullmatch(text)) is None:
        raise InvalidRequest(
            "“{typed}” is not a size. Write the width and the height in pixels, such as 1024 × 768.",
            typed=_quoted(text),
        )
    return {name: _whole(match[name]) for name in ("width", "height", "seed")}


def _quoted(text: str) -> str:
    return escape(clean(text[:40]))


def _whole(text: str | None) -> int | None:
    return None if text is None else int(text)


def _what_fits(order: Order, typed: Mapping[str, str], say: Words) -> list[str]:
    """Where the size does not."""
    match, model = _SIZE.fullmatch(typed[SIZE]), MODELS.get(typed[MODEL])
    if match is None or model is None or order.operation == VARY.name:
        return []
    size = int(match["width"]), int(match["height"])
    width, height = nearest_size(*size, model)
    return [] if (width, height) == size else [say("{width} × {height} fits.", width=width, height=height)]
