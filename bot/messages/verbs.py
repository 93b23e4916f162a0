"""What can be done with a picture: the menu of verbs with their prices, and what some of them ask first. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord
from discord import ui

from bot.controls.verbs import FieldSelect, Option, Step, Verb, VerbButton, VerbSelect, chosen_fields
from bot.messages.content import Content, File, notice, view_of
from bot.messages.failures import said
from bot.messages.words import Words, amount
from core.geometry import extended_size
from core.offers import MayUse, offered
from core.operations import (
    ERASE,
    EXTEND,
    EXTENDED_PIXELS_MAX,
    EXTENSION_MAX,
    VARIATIONS,
    VARY,
    VARYING_MODEL,
    Model,
    Operation,
)
from core.orders import Picture, Source, Upload

FIELD_NAMES = (
    said("top left"), said("top"), said("top right"),
    said("left"), said("middle"), said("right"),
    said("bottom left"), said("bottom"), said("bottom right"),
)  # fmt: skip

_STRENGTHS = {"subtle": ("🌱", said("Subtle")), "strong": ("🌪️", said("Strong"))}

_LABEL_LENGTH_MAX = 80
_OPTION_LENGTH_MAX = 100


def price(credits: Decimal, say: Words) -> str:
    number, count = amount(credits)
    return say.plural("{count} credit", "{count} credits", number, count=count)


def verb_select(source: Source, default_model: str, may_use: MayUse, say: Words) -> VerbSelect | None:
    """None where nothing can be done with it."""
    options = []
    for operation, models in offered(source.width, source.height, default_model, may_use):
        if operation is VARY or (len(models) == 1 and len(operation.models) == 1):
            options.append(_option(operation, models, source, say(operation.title), say))
        else:
            options += [
                _option(operation, (model,), source, f"{say(operation.title)}: {say(model.good_at)}", say)
                for model in models
            ]
    return VerbSelect(say("What to do with this picture"), options) if options else None


def _option(operation: Operation, models: Iterable[Model], source: Source, label: str, say: Words) -> Option:
    found = list(models)
    least, most = (pick(model.credits for model in found) for pick in (min, max))
    cost = price(most, say)
    if least != most:
        cost = say("{least} to {price}", least=least, price=cost)
    about = f"{cost} · {say(operation.about)}"
    model = found[0].name if len(found) == 1 else ""
    return Option(
        Verb(operation.name, source.id, model),
        label[:_OPTION_LENGTH_MAX],
        about[:_OPTION_LENGTH_MAX],
        operation.emoji,
    )


def form_title(operation: Operation, model: Model, say: Words) -> str:
    """45 characters at most."""
    title, cost = say(operation.title), price(model.credits, say)
    return f"{title[: 42 - len(cost)]} · {cost}"


def dear_question(
    verb: Verb, operation: Operation, model: Model, left: str, say: Words
) -> tuple[str, ui.Item[Any]]:
    """And the button that says yes to it. `left` says what is left to be used."""
    cost = price(model.credits, say)
    text = say(
        "{emoji} **{title}** with {model} costs **{price}**. Go on?",
        emoji=operation.emoji,
        title=say(operation.title),
        model=model.title,
        price=cost,
    )
    label = say("Yes, for {price}", price=cost)
    return f"{text}\n{left}".rstrip(), VerbButton(
        Step.SURE, verb, label, operation.emoji, discord.ButtonStyle.primary
    )


def vary_menu(source: Source, models: Iterable[Model], say: Words) -> ui.LayoutView:
    """The picture's own model first, where it can; `models` are those that can."""
    by_name = {model.name: model for model in models}
    wanted = source.order.model if isinstance(source, Picture) else ""
    own = by_name.get(wanted) or by_name.get(VARYING_MODEL) or next(iter(by_name.values()))

    def verb(model: Model, how: str) -> Verb:
        return Verb(VARY.name, source.id, model.name, {"strength": f"{VARIATIONS[how]:g}"})

    buttons = [
        VerbButton(
            Step.VERB,
            verb(own, how),
            f"{say(name)} ({price(own.credits, say)})",
            emoji,
            discord.ButtonStyle.primary,
        )
        for how, (emoji, name) in _STRENGTHS.items()
    ]
    others = [
        Option(
            verb(model, how),
            f"{say(name)}: {model.title}"[:_OPTION_LENGTH_MAX],
            f"{price(model.credits, say)} · {say(model.good_at)}"[:_OPTION_LENGTH_MAX],
            emoji,
        )
        for model in by_name.values()
        if model is not own
        for how, (emoji, name) in _STRENGTHS.items()
    ]
    text = say("🎲 How much should change? {model} paints it.", model=own.title)
    rows: list[ui.ActionRow[Any]] = [ui.ActionRow(*buttons)]
    if others:
        rows.append(ui.ActionRow(VerbSelect(say("Another model"), others)))
    return notice(text, *rows)


def extend_menu(source: Source, model: Model, say: Words) -> ui.LayoutView:
    options = _extensions(source, say)
    pixels = Verb(EXTEND.name, source.id, model.name)
    rows: list[ui.ActionRow[Any]] = []
    if options:
        rows.append(ui.ActionRow(VerbSelect(say("To which side, and how far"), options)))
    rows.append(ui.ActionRow(VerbButton(Step.FILL, pixels, say("In pixels…"), "📐")))
    text = say(
        "↔️ Extend this picture of {width} × {height} for {price}.",
        width=source.width,
        height=source.height,
        price=price(model.credits, say),
    )
    return notice(text, *rows)


def _extensions(source: Source, say: Words) -> list[Option]:
    """Those whose result is not too large."""
    width, height = source.width, source.height
    found: list[tuple[str, str, dict[str, int]]] = []
    for part, factor in ((4, "1.5"), (2, "2")):
        sides = {"left": width // part, "right": width // part, "up": height // part, "down": height // part}
        found.append(("🔭", say("Zoom out, {factor} times", factor=Decimal(factor)), sides))
    for emoji, side, title in (
        ("⬅️", "left", say("To the left")),
        ("➡️", "right", say("To the right")),
        ("⬆️", "up", say("Upwards")),
        ("⬇️", "down", say("Downwards")),
    ):
        length = width if side in ("left", "right") else height
        found.append((emoji, say("{where}, by half", where=title), {side: length // 2}))
        found.append((emoji, say("{where}, as much again", where=title), {side: length}))
    options = []
    for emoji, label, sides in found:
        extended = extended_size(width, height, sides)
        if extended[0] * extended[1] <= EXTENDED_PIXELS_MAX and max(sides.values()) <= EXTENSION_MAX:
            given = {side: str(by) for side, by in sides.items()}
            about = f"{extended[0]} × {extended[1]}"
            options.append(Option(Verb(EXTEND.name, source.id, "", given), label, about, emoji))
    return options


def fields_content(
    verb: Verb, operation: Operation, model: Model, source: Source, overlay: bytes, say: Words
) -> Content:
    """The picture with its nine fields, a menu of these, and a button once some are chosen."""
    text = say("Choose where: the fields are numbered as one reads. The whole of each field may change.")
    ui_items: list[ui.Item[Any]] = [ui.TextDisplay(f"### {operation.emoji} {say(operation.title)}\n{text}")]
    gallery = ui.MediaGallery[Any]()
    gallery.add_item(media="attachment://fields.webp", description=say("The picture in nine numbered fields"))
    if isinstance(source, Upload) and source.url is not None:
        gallery.add_item(media=source.url)
    names = [say(name) for name in FIELD_NAMES]
    controls: list[ui.Item[Any]] = [
        ui.ActionRow(FieldSelect(verb, say("Fields 1 to 9"), names)),
        ui.ActionRow(*_go_on(verb, operation, model, say)),
    ]
    return Content(
        view_of(*ui_items, gallery, *controls),
        (File("fields.webp", overlay),),
        lambda _why: Content(view_of(*ui_items, *controls)),
    )


def _go_on(verb: Verb, operation: Operation, model: Model, say: Words) -> list[ui.Item[Any]]:
    mask = replace(verb, given={})
    buttons: list[ui.Item[Any]] = []
    if chosen_fields(verb):
        label = f"{say(operation.title)}{'' if operation is ERASE else '…'} ({price(model.credits, say)})"
        buttons.append(VerbButton(Step.VERB, verb, label, operation.emoji, discord.ButtonStyle.primary))
    return [*buttons, VerbButton(Step.FILL, mask, say("With a mask of yours…"), "📎")]
