"""The form that chooses which pictures the pages of a gallery show. What it is of is in its custom id."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import discord
from discord import ui

from bot.controls.buttons import Say
from bot.controls.modal import new_modal
from bot.controls.page_controls import SHAPES, Move, Query
from core.operations import MODELS, OPERATIONS

MODEL, KIND, SHAPE, WHERE, SINCE = "model", "kind", "shape", "where", "since"
"""The custom ids of its fields."""

ANY, _HERE = "any", "here"


def filter_form(query: Query, say: Say, today: date) -> ui.Modal:
    """It begins with what is chosen."""
    modal = new_modal(query.custom_id(Move.FILTER, 0), say("Which pictures"))
    days = ages(say, today)
    if query.since is not None:
        days.setdefault(f"{query.since}", f"{query.since}")
    shape = next((name for name, form in SHAPES.items() if form is query.form), None)
    kinds = {name: say(operation.title) for name, operation in OPERATIONS.items()}
    for title, name, chosen, choices in (
        (say("Model"), MODEL, query.model, {name: model.title for name, model in MODELS.items()}),
        (say("How it was made"), KIND, query.operation, kinds),
        (say("Shape"), SHAPE, shape, {name: say(name) for name in SHAPES}),
        (say("Where"), WHERE, _HERE if query.here else None, {_HERE: say("made here")}),
        (say("From when on"), SINCE, f"{query.since}" if query.since else None, days),
    ):
        if name != WHERE or not query.best:
            modal.add_item(ui.Label(text=title, component=_select(name, chosen, choices, say)))
    return modal


def ages(say: Say, today: date) -> dict[str, str]:
    """What may be said for a day, by that day."""
    found = (
        (0, say("Today")),
        (6, say("The last 7 days")),
        (29, say("The last 30 days")),
        (364, say("The last 365 days")),
    )
    return {f"{today - timedelta(days)}": name for days, name in found}


def chosen(query: Query, given: Mapping[str, str]) -> Query:
    """With what was chosen in the form but the day, which is to be read as one that is typed."""
    model, kind, shape, where = (given.get(name, ANY) for name in (MODEL, KIND, SHAPE, WHERE))
    return replace(
        query,
        model=model if model in MODELS else None,
        operation=kind if kind in OPERATIONS else None,
        form=SHAPES.get(shape),
        here=where == _HERE,
    )


def _select(name: str, chosen: str | None, choices: Mapping[str, str], say: Say) -> ui.Select[Any]:
    every: Iterable[tuple[str, str]] = ((ANY, say("Any")), *choices.items())
    options = [
        discord.SelectOption(
            label=label[:1].upper() + label[1:], value=value, default=value == (chosen or ANY)
        )
        for value, label in every
    ]
    return ui.Select(custom_id=name, options=options, required=False, min_values=0)
