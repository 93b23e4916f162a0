"""The page of `/owner` with the members who may ask for nothing, anywhere, and the servers that are shut."""

from datetime import UTC, datetime, timedelta
from typing import Any

import discord
from discord import ui
from discord.utils import format_dt

from bot.controls.pages import Typed, button, form, ids, select, user_select
from bot.messages.prompts import escape
from bot.messages.words import Words
from bot.owner_panel.panel import PageName, Shown, on_owner, page, page_id, show_page
from bot.owner_panel.reasons import fields, filled_in
from bot.owner_panel.servers_page import choice, title_of
from bot.services import Interaction, services_of, words_of
from core.errors import InvalidRequest, Term
from core.rules import HOUSE, Server
from db.blocks import Block

LISTED_MAX = 15
SHUT_MAX = 5
_REASON_SHOWN_MAX = 60
_OPTION_LENGTH_MAX = 100
_MEMBER = "member"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 10**16
"""In 2286; any client may send a number that no date has."""


@page(PageName.BLOCKS, "⛔", Term("Blocks"))
async def render(interaction: Interaction, argument: str) -> Shown:
    """The newest first; of a number, those from before so many microseconds after 1970."""
    say, blocks = words_of(interaction), services_of(interaction).blocks
    before = next((_EPOCH + timedelta(microseconds=min(one, _LATEST)) for one in ids([argument])), None)
    found = await blocks.of_server(HOUSE, limit=LISTED_MAX + 1, before=before)
    listed = found[:LISTED_MAX]
    lines = [line(block, say) for block in listed] or [say("Nobody is blocked.")]
    items: list[ui.Item[Any]] = []
    if before is None and (shut := _shut(interaction)):
        names = ", ".join(title_of(server) for server in shut)
        lines.append(say("Servers that are shut: {names}", names=names))
        items.append(choice(shut, say))
    items.append(ui.ActionRow(user_select("owner:block", say("Block a member everywhere"))))
    if listed:
        options = [
            discord.SelectOption(
                label=str(block.member_id),
                description=block.reason[:_OPTION_LENGTH_MAX] or None,
                value=str(block.member_id),
            )
            for block in listed
        ]
        items.append(ui.ActionRow(select("owner:lift", say("Lift a block"), options)))
    buttons = [button("owner:block-id", say("Block by id"), "🔢")]
    if before is not None:
        buttons.append(button(page_id(PageName.BLOCKS), say("First"), "⏮️"))
    if len(found) > LISTED_MAX:
        cursor = (listed[-1].blocked_at - _EPOCH) // timedelta(microseconds=1)
        buttons.append(button(page_id(PageName.BLOCKS, str(cursor)), say("Next"), "▶️"))
    return Shown("\n".join(lines), (*items, ui.ActionRow(*buttons)))


def _shut(interaction: Interaction) -> list[Server]:
    """Some of them; the page of the servers has all."""
    now, servers = datetime.now(UTC), services_of(interaction).rules.servers.all()
    shut = (server for server in servers if server.is_allowed is False and not server.is_open(now))
    return sorted(shut, key=lambda server: server.name.casefold())[:SHUT_MAX]


def line(block: Block, say: Words) -> str:
    values = {
        "who": f"<@{block.member_id}>",
        "by": f"<@{block.blocked_by}>",
        "why": f" ({escape(block.reason, _REASON_SHOWN_MAX)})" if block.reason else "",
    }
    if block.until is None:
        return say("{who}: for good, by {by}.{why}", **values)
    return say("{who}: until {date}, by {by}.{why}", date=format_dt(block.until, "f"), **values)


@on_owner("block")
async def press_block(interaction: Interaction, _argument: str, values: tuple[str, ...]) -> None:
    member_id, say = _member_of("".join(values)), words_of(interaction)
    await interaction.response.send_modal(
        form(f"owner:block:{member_id}", say("Block a member everywhere"), *fields(say))
    )


@on_owner("block-id")
async def press_block_id(interaction: Interaction, _argument: str, _values: tuple[str, ...]) -> None:
    say = words_of(interaction)
    member: ui.TextInput[Any] = ui.TextInput(custom_id=_MEMBER, max_length=20)
    label: ui.Label[Any] = ui.Label(
        text=say("The member's id"),
        description=say("Copy it with Discord's developer mode"),
        component=member,
    )
    await interaction.response.send_modal(
        form("owner:block", say("Block a member everywhere"), label, *fields(say))
    )


@on_owner("block", form=True)
async def submit_block(interaction: Interaction, argument: str, typed: Typed) -> None:
    member_id = _member_of(argument or "".join(typed.get(_MEMBER, ())).strip())
    services, say = services_of(interaction), words_of(interaction)
    if member_id in await services.rules.admission.owners.ids():
        raise InvalidRequest("Who owns this bot cannot be blocked.")
    reason, until = filled_in(typed)
    await interaction.response.defer()
    count = await services.blocks.block(member_id, HOUSE, by=interaction.user.id, reason=reason, until=until)
    done = say("<@{member}> is blocked.", member=str(member_id))
    if count:
        done += " " + say.plural("{count} picture was cancelled.", "{count} pictures were cancelled.", count)
    await show_page(interaction, PageName.BLOCKS, done=done)


@on_owner("lift")
async def press_lift(interaction: Interaction, _argument: str, values: tuple[str, ...]) -> None:
    member_id, say = _member_of("".join(values)), words_of(interaction)
    await interaction.response.defer()
    await services_of(interaction).blocks.lift(member_id, HOUSE, by=interaction.user.id)
    await show_page(
        interaction, PageName.BLOCKS, done=say("<@{member}> is no longer blocked.", member=str(member_id))
    )


def _member_of(text: str) -> int:
    found = ids([text])
    if not found:
        raise InvalidRequest("A member's id is a number of 17 to 20 digits.")
    return found[0]
