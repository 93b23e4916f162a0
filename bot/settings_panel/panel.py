"""The panel of a server's settings: one message whose pages are edited in place. Whoever presses something has to
manage the server at that moment, and what is changed is saved at once and told at the top of the page."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, TypeAlias

import discord
from discord import ui

from bot.answers.errors import on
from bot.controls.pages import Typed, button
from bot.messages.content import view_of
from bot.messages.rules import change_lines
from bot.messages.words import Words
from bot.rights.access import in_time, require_manager
from bot.services import Interaction, services_of, words_of
from core.errors import InvalidRequest, StaleRules
from core.rules import Server, ServerRules, differences

_NOTE_LENGTH_MAX = 700


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page is made from. `argument` is its own: which role, or where a list goes on."""

    interaction: Interaction
    guild: discord.Guild
    server: Server
    argument: str
    say: Words

    @property
    def rules(self) -> ServerRules:
        return self.server.rules


Build: TypeAlias = Callable[[Shown], Awaitable[Sequence[ui.Item[Any]]]]
Edit: TypeAlias = Callable[[ServerRules], ServerRules]
Pressed: TypeAlias = Callable[[Interaction, discord.Guild, str, Sequence[str]], Awaitable[None]]
Filled: TypeAlias = Callable[[Interaction, discord.Guild, str, Typed], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    emoji: str
    title: str
    build: Build


PAGES: dict[str, Page] = {}
"""By name, in the order of their buttons."""


def page(name: str, emoji: str, title: str) -> Callable[[Build], str]:
    """Registers a page; gives its name."""

    def register(build: Build) -> str:
        PAGES[name] = Page(name, emoji, title, build)
        return name

    return register


def pressed(control: str) -> Callable[[Pressed], Pressed]:
    """Registers what `settings:CONTROL` does for who manages the server, and refuses it to anybody else."""

    def register(handle: Pressed) -> Pressed:
        _register(f"settings:{control}", handle)
        return handle

    return register


def filled(control: str) -> Callable[[Filled], Filled]:
    """As `pressed`, for a form."""

    def register(handle: Filled) -> Filled:
        _register(f"form settings:{control}", handle)
        return handle

    return register


def _register(name: str, handle: Callable[..., Awaitable[None]]) -> None:
    @on(name)
    @wraps(handle)
    async def managed(interaction: Interaction, argument: str, values: Any) -> None:
        await handle(interaction, await require_manager(interaction), argument, values)


@pressed("page")
async def turn(interaction: Interaction, guild: discord.Guild, argument: str, _chosen: Sequence[str]) -> None:
    name, _, more = argument.partition(":")
    await show(interaction, guild, name, more)


async def show(
    interaction: Interaction, guild: discord.Guild, name: str, argument: str = "", *, note: str = ""
) -> None:
    """In the place of the page before. A name that no page has is the first one's."""
    view = await page_view(interaction, guild, name, argument, note=note)
    await interaction.response.edit_message(view=view)


async def page_view(
    interaction: Interaction, guild: discord.Guild, name: str, argument: str = "", *, note: str = ""
) -> ui.LayoutView:
    say, server = words_of(interaction), await services_of(interaction).rules.server_of(interaction)
    here = PAGES.get(name) or next(iter(PAGES.values()))
    container = ui.Container[Any]()
    if note:
        container.add_item(ui.TextDisplay(note[:_NOTE_LENGTH_MAX]))
        container.add_item(ui.Separator())
    for item in await here.build(Shown(interaction, guild, server, argument, say)):
        container.add_item(item)
    buttons = [
        button(f"settings:page:{one.name}", say(one.title), one.emoji, disabled=one is here and not argument)
        for one in PAGES.values()
    ]
    return view_of(container, ui.ActionRow(*buttons))


async def save(
    interaction: Interaction, guild: discord.Guild, name: str, edit: Edit, argument: str = ""
) -> None:
    """Shows the page with what was changed. Raises InvalidRequest."""
    say, changed = words_of(interaction), dict[str, Any]()

    def edited(server: Server) -> Server:
        rules = edit(server.rules)
        # Read as it is saved, as of what another manager has saved just before.
        changed.clear()
        changed.update(differences(server.rules, rules))
        return replace(server, rules=rules)

    servers = services_of(interaction).rules.servers
    try:
        await in_time(servers.edit(guild.id, interaction.user.id, changed, edited))
    except StaleRules as error:
        raise InvalidRequest("The settings are being changed at this very moment. Try again.") from error
    lines = "; ".join(change_lines(changed, say, services_of(interaction).languages.names))
    note = say("✅ Saved: {changes}", changes=lines) if changed else say("It was like that before.")
    await show(interaction, guild, name, argument, note=note)
