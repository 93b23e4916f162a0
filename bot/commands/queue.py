"""`/queue`: what a member has waiting and at work, with Cancel on each."""

from typing import Any

from discord import app_commands, ui
from discord.utils import format_dt

from bot.controls.buttons import Action, OrderButton, on
from bot.messages.content import notice, view_of
from bot.messages.estimate import waiting_line
from bot.messages.prompts import escape
from bot.messages.words import Words
from bot.orders import cancel
from bot.rights.access import in_time, require_control, visible_order
from bot.services import Interaction, services_of, words_of
from bot.told import told
from core.orders import Estimate, Progress, State

SHOWN_MAX = 12
"""Three components each; Discord takes 40 in all."""

_PROMPT_LENGTH_MAX = 120


@app_commands.command(description="Your pictures that are waiting or being painted")
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
async def queue(interaction: Interaction) -> None:
    await interaction.response.send_message(view=await _view(interaction), ephemeral=True)


@on(Action.DROP)
@told
async def drop(interaction: Interaction, order_id: int) -> None:
    order = await visible_order(interaction, order_id)
    require_control(interaction, order)
    await cancel(interaction, order)
    await interaction.response.edit_message(view=await _view(interaction))


async def _view(interaction: Interaction) -> ui.LayoutView:
    open_ = await in_time(services_of(interaction).orders.open_of(interaction.user.id))
    return queue_view(open_, words_of(interaction))


def queue_view(open_: list[tuple[Progress, Estimate]], say: Words) -> ui.LayoutView:
    if not open_:
        return notice(say("⏳ Nothing of yours is waiting or being painted."))
    items: list[ui.Item[Any]] = [ui.TextDisplay(say("### ⏳ Your queue"))]
    items += [
        ui.Section(_line(progress, estimate, say), accessory=OrderButton(Action.DROP, progress.order.id, say))
        for progress, estimate in open_[:SHOWN_MAX]
    ]
    if len(open_) > SHOWN_MAX:
        more = len(open_) - SHOWN_MAX
        items.append(ui.TextDisplay(say.plural("and {count} more", "and {count} more", more)))
    return view_of(ui.Container(*items))


def _line(progress: Progress, estimate: Estimate, say: Words) -> str:
    started = [job.started_at for job in progress.jobs if job.started_at is not None]
    if progress.state is State.RUNNING and started:
        where = say("🔄 Being painted since {since}", since=format_dt(min(started), "R"))
    else:
        where = waiting_line(estimate, say)
    count = progress.order.count
    if count > 1:
        there = len(progress.in_state(State.DONE))
        where = f"{where} · {say('{there} of {count} pictures are there', there=there, count=count)}"
    return f"{escape(progress.order.prompt, _PROMPT_LENGTH_MAX)}\n-# {where}"
