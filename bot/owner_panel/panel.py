"""`/owner`: pages of which one is shown at a time, in one message that only its owner sees. At each press it is asked
anew whether it is an owner who presses: custom ids can be forged, and a team loses members."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, TypeAlias

import discord
from discord import ui

from bot.answers.errors import on
from bot.controls.buttons import Press
from bot.controls.pages import select
from bot.messages.content import Content, File, view_of
from bot.rights.access import in_time
from bot.services import Interaction, services_of, words_of
from core.errors import InvalidRequest

PANEL = "owner"


@dataclass(frozen=True, slots=True)
class Shown:
    """What is on a page below its title: a text, then controls or whatever else."""

    text: str
    items: tuple[ui.Item[Any], ...] = ()
    files: tuple[File, ...] = ()


Render: TypeAlias = Callable[[Interaction, str], Coroutine[Any, Any, Shown]]
"""Of the interaction, and of which of its things the page is to show; empty is how it begins."""


@dataclass(frozen=True, slots=True)
class Page:
    emoji: str
    title: str
    render: Render


class PageName(StrEnum):
    """In the order of the menu; `/owner` begins with the first."""

    SERVERS = "servers"
    BLOCKS = "blocks"


PAGES: dict[PageName, Page] = {}


def page(name: PageName, emoji: str, title: str) -> Callable[[Render], Render]:
    """Registers a page. Its title is a Term: it is translated as it is shown."""

    def register(render: Render) -> Render:
        if PAGES.setdefault(name, Page(emoji, title, render)).render is not render:
            raise AssertionError(f"two pages are called {name}")
        return render

    return register


def on_owner(control: str, *, form: bool = False) -> Callable[[Press], Press]:
    """Registers what a control of these pages does, or a form, for an owner alone."""

    def register(handler: Press) -> Press:
        @wraps(handler)
        async def handle(interaction: Interaction, /, *args: Any) -> None:
            await require_owner(interaction)
            await handler(interaction, *args)

        return on(f"form {PANEL}:{control}" if form else f"{PANEL}:{control}")(handle)

    return register


def page_id(name: PageName, argument: str = "") -> str:
    """The custom id of a button that leads to a page."""
    return f"{PANEL}:page:{name}.{argument}"


async def require_owner(interaction: Interaction) -> None:
    if interaction.user.id not in await services_of(interaction).rules.admission.owners.ids():
        raise InvalidRequest(
            "Only the owner of this bot can use this, or who in its team may change the application."
        )


async def open_panel(interaction: Interaction) -> None:
    """Raises InvalidRequest for anybody but an owner."""
    await require_owner(interaction)
    content = await _content(interaction, PageName.SERVERS, "", "")
    await interaction.response.send_message(view=content.view, files=content.attachments(), ephemeral=True)


async def show_page(interaction: Interaction, name: PageName, argument: str = "", *, done: str = "") -> None:
    """In the place of the page on which something was pressed. `done` says what that has changed.

    What may take longer than Discord waits for an answer is deferred before.
    """
    content = await _content(interaction, name, argument, done)
    if interaction.response.is_done():
        await interaction.edit_original_response(view=content.view, attachments=content.attachments())
    else:
        await interaction.response.edit_message(view=content.view, attachments=content.attachments())


@on_owner("page")
async def turn(interaction: Interaction, argument: str, values: tuple[str, ...]) -> None:
    """By the menu, or by a button that leads to a page: its argument is what `page_id` made."""
    name, _, argument = (values[0] if values else argument).partition(".")
    known = next((one for one in PageName if one == name), PageName.SERVERS)
    await show_page(interaction, known, argument)


async def _content(interaction: Interaction, name: PageName, argument: str, done: str) -> Content:
    say, page = words_of(interaction), PAGES[name]
    rendering = page.render(interaction, argument)
    shown = await (rendering if interaction.response.is_done() else in_time(rendering))
    options = [
        discord.SelectOption(label=say(one.title), emoji=one.emoji, value=key, default=key is name)
        for key, one in ((key, PAGES[key]) for key in PageName)
    ]
    menu: ui.ActionRow[Any] = ui.ActionRow(select(f"{PANEL}:page", say("Another page"), options))
    lines = [f"### {page.emoji} {say(page.title)}", *([f"-# {done}"] if done else ()), shown.text]
    container: ui.Container[Any] = ui.Container(ui.TextDisplay("\n".join(lines)), *shown.items)
    return Content(view_of(container, menu), shown.files)
