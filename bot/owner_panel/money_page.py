"""The page of `/owner` with what may be used: by all together, by each server, by one, and by each member."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from discord import ui

from bot.controls.amounts import AT_ONCE, SPENDING, amount_fields, typed_amounts
from bot.controls.pages import Typed, button, form
from bot.messages.admission import NAME_LENGTH_MAX
from bot.messages.prompts import escape
from bot.messages.rules import allowance_text
from bot.messages.verbs import price
from bot.messages.words import Words
from bot.owner_panel.decisions import known_server
from bot.owner_panel.panel import (
    PageName,
    Shown,
    being_changed,
    on_owner,
    page,
    page_id,
    save_house,
    saved,
    show_page,
)
from bot.rights.access import in_time
from bot.services import Interaction, services_of, words_of
from core.errors import StaleRules, Term
from core.rules import Allowance, Granted, House, Rules, Server, Spending, differences

_TITLES = {
    "in_all": Term("All together"),
    "each_server": Term("Each server"),
    "each_member": Term("Each member"),
}
"""By the names of the House's own fields."""

_EMOJI = {"in_all": "🌍", "each_server": "🏠", "each_member": "👤"}
_TITLE_LENGTH_MAX = 45
_LISTED_MAX = 15


@page(PageName.MONEY, "💰", Term("Money"))
async def render(interaction: Interaction, argument: str) -> Shown:
    """Of a server's id, that one's."""
    return await (_one(interaction, known_server(interaction, argument)) if argument else _all(interaction))


async def _all(interaction: Interaction) -> Shown:
    say, services = words_of(interaction), services_of(interaction)
    house, used = services.rules.servers.house, await in_time(services.dashboard.used(None))
    now = {
        "in_all": say("used: {used}", used=_used(used.all_day, used.all_month, say)),
        "each_server": say(
            "the most that one used: {used}", used=_used(used.server_day, used.server_month, say)
        ),
        "each_member": say(
            "the most that one used: {used}", used=_used(used.member_day, used.member_month, say)
        ),
    }
    lines = []
    for name, title in _TITLES.items():
        lines += [f"{_EMOJI[name]} **{say(title)}:** {_limits(getattr(house, name), say)}", f"-# {now[name]}"]
    if house.is_first:
        lines.append(
            say("⚠️ The limit of all stands since the first start, as nobody has set one. Set your own.")
        )
    own = [server for server in services.rules.servers.all() if _is_set(server.granted)]
    if own:
        lines.append(say("**Servers with limits of their own:**"))
        lines += [f"{_name(server)}: {_limits(server.granted, say)}" for server in own[:_LISTED_MAX]]
    lines.append(say("-# Days and months are those of UTC. A server of its own is on the page Servers."))
    buttons = [button(f"owner:limits:{name}", say(title), _EMOJI[name]) for name, title in _TITLES.items()]
    return Shown("\n".join(lines), (ui.ActionRow(*buttons),))


async def _one(interaction: Interaction, server: Server) -> Shown:
    say, services = words_of(interaction), services_of(interaction)
    used = await in_time(services.dashboard.used(server.guild_id))
    limits = (
        _limits(server.granted, say)
        if _is_set(server.granted)
        else say("as each server: {limits}", limits=_limits(services.rules.servers.house.each_server, say))
    )
    now = say("used: {used}", used=_used(used.server_day, used.server_month, say))
    text = f"🏠 **{_name(server)}:** {limits}\n-# {now}"
    buttons = (
        button(f"owner:limits:{server.guild_id}", say("Change"), "✏️"),
        button(page_id(PageName.SERVERS, str(server.guild_id)), say("Back"), "↩️"),
    )
    return Shown(text, (ui.ActionRow(*buttons),))


def _limits(rules: Spending, say: Words) -> str:
    """What may be used; which models and operations is on another page."""
    amounts = {name: getattr(rules, name) for name in _names(rules)}
    return allowance_text(Allowance(**amounts), say)


def _names(rules: Rules) -> Sequence[str]:
    return (*SPENDING, AT_ONCE) if isinstance(rules, Allowance) else SPENDING


def _used(day: Decimal | None, month: Decimal | None, say: Words) -> str:
    nothing = Decimal(0)
    return say(
        "{day} today, {month} this month",
        day=price(day or nothing, say),
        month=price(month or nothing, say),
    )


def _is_set(granted: Granted) -> bool:
    return any(getattr(granted, name) is not None for name in SPENDING)


def _name(server: Server) -> str:
    return escape(server.name, NAME_LENGTH_MAX) or str(server.guild_id)


@on_owner("limits")
async def open_form(interaction: Interaction, argument: str, _values: tuple[str, ...]) -> None:
    say, house = words_of(interaction), services_of(interaction).rules.servers.house
    rules: Spending
    if argument in _TITLES:
        title, rules, about = say(_TITLES[argument]), getattr(house, argument), say("Empty: no limit")
    else:
        server = known_server(interaction, argument)
        title, rules, about = server.name or argument, server.granted, say("Empty: as each server")
    fields = amount_fields(rules, _names(rules), say, about)
    await interaction.response.send_modal(
        form(f"owner:limits:{argument}", title[:_TITLE_LENGTH_MAX], *fields)
    )


@on_owner("limits", form=True)
async def submit(interaction: Interaction, argument: str, typed: Typed) -> None:
    if argument not in _TITLES:
        await _grant(interaction, known_server(interaction, argument), typed)
        return
    amounts = typed_amounts(typed, _names(getattr(House(), argument)))

    def edit(house: House) -> House:
        changed = {argument: getattr(house, argument).but(**amounts)}
        return house.but(**changed, is_first=house.is_first and argument != "in_all")

    await show_page(interaction, PageName.MONEY, done=await save_house(interaction, edit))


async def _grant(interaction: Interaction, server: Server, typed: Typed) -> None:
    amounts, changed = typed_amounts(typed, SPENDING), dict[str, Any]()

    def edit(server: Server) -> Server:
        granted = server.granted.but(**amounts)
        changed.clear()
        changed.update({f"granted.{name}": one for name, one in differences(server.granted, granted).items()})
        return replace(server, granted=granted)

    servers = services_of(interaction).rules.servers
    try:
        await in_time(servers.edit(server.guild_id, interaction.user.id, changed, edit))
    except StaleRules as error:
        raise being_changed() from error
    done = saved(changed, words_of(interaction))
    await show_page(interaction, PageName.MONEY, str(server.guild_id), done=done)
