"""The page of `/owner` with what is on offer at all: models, what can be done, and direct messages."""

from collections.abc import Collection, Mapping
from typing import Any

import discord
from discord import ui

from bot.controls.pages import select
from bot.messages.rules import CHOOSABLE
from bot.messages.verbs import price
from bot.owner_panel.panel import PageName, Shown, on_owner, page, save_house, show_page
from bot.services import Interaction, services_of, words_of
from core.errors import InvalidRequest, Term
from core.operations import MODELS, OPERATIONS, Model
from core.rules import DirectMessages, House

_DIRECT = {
    DirectMessages.MEMBERS: Term("for members of servers that are let in"),
    DirectMessages.OFF: Term("off: nothing is painted there"),
}


@page(PageName.OFFER, "🎨", Term("Offer"))
async def render(interaction: Interaction, _argument: str) -> Shown:
    say, services = words_of(interaction), services_of(interaction)
    house = services.rules.servers.house
    models = {
        name: f"{model.title} · {price(model.credits, say)}"
        for name, model in _models(services.model).items()
    }
    operations = {name: say(one.title) for name, one in OPERATIONS.items()}
    menus = (
        (say("Models on offer"), "models", models, house.each_member.models),
        (say("What can be done"), "operations", operations, house.each_member.operations),
    )
    items: list[ui.Item[Any]] = []
    for title, name, labels, chosen in menus:
        options = _options(labels, labels if chosen is None else chosen)
        items += [
            ui.TextDisplay(f"**{title}**"),
            ui.ActionRow(select(f"owner:{name}", title, options, most=len(options))),
        ]
    direct = _options({key: say(text) for key, text in _DIRECT.items()}, {house.direct_messages})
    items += [
        ui.TextDisplay(f"**{say('Direct messages')}**"),
        ui.ActionRow(select("owner:direct", say("Direct messages"), direct)),
    ]
    text = say(
        "What is left out is in no menu, and refused wherever it is asked for; what waits is still painted."
    )
    return Shown(text, tuple(items))


def _models(default_model: str) -> dict[str, Model]:
    """Those among which there is a choice; the others come with their operation."""
    return {name: model for name, model in CHOOSABLE.items() if model.on_menu or name == default_model}


def _options(labels: Mapping[str, str], chosen: Collection[str]) -> list[discord.SelectOption]:
    return [
        discord.SelectOption(label=label, value=value, default=value in chosen)
        for value, label in labels.items()
    ]


@on_owner("models")
async def choose_models(interaction: Interaction, _argument: str, values: tuple[str, ...]) -> None:
    offered = _models(services_of(interaction).model).keys()
    chosen = offered & set(values)
    # What comes with its operation is not asked for.
    others = MODELS.keys() - CHOOSABLE.keys()
    models = None if chosen == offered else frozenset(chosen | others)
    if not chosen:
        raise InvalidRequest(
            "At least one model has to remain. To stop everything, set the limit of all to 0."
        )
    await _save(interaction, "models", models)


@on_owner("operations")
async def choose_operations(interaction: Interaction, _argument: str, values: tuple[str, ...]) -> None:
    chosen = OPERATIONS.keys() & set(values)
    if not chosen:
        raise InvalidRequest(
            "At least one thing has to remain. To stop everything, set the limit of all to 0."
        )
    await _save(interaction, "operations", None if chosen == OPERATIONS.keys() else frozenset(chosen))


async def _save(interaction: Interaction, name: str, chosen: frozenset[str] | None) -> None:
    def edit(house: House) -> House:
        return house.but(each_member=house.each_member.but(**{name: chosen}))

    await show_page(interaction, PageName.OFFER, done=await save_house(interaction, edit))


@on_owner("direct")
async def choose_direct(interaction: Interaction, _argument: str, values: tuple[str, ...]) -> None:
    known = next((one for one in DirectMessages if one in values), None)
    if known is None:
        raise InvalidRequest("Choose one of what the menu has.")
    done = await save_house(interaction, lambda house: house.but(direct_messages=known))
    await show_page(interaction, PageName.OFFER, done=done)
