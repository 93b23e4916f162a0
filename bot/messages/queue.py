"""What a member has waiting and at work, as a message."""

from typing import Any

from discord import ui

from bot.controls.buttons import Action, OrderButton
from bot.controls.pages import button
from bot.messages.content import notice, view_of
from bot.messages.estimate import begun_line, waiting_line
from bot.messages.prompts import escape
from bot.messages.words import Words
from core.orders import Estimate, Progress, State

REFRESH = "queue:refresh"
_SHOWN_MAX = 11  # three components each; Discord takes 40 in all
_PROMPT_LENGTH_MAX = 120


def queue_view(open_: list[tuple[Progress, Estimate]], say: Words) -> ui.LayoutView:
    row: ui.ActionRow[Any] = ui.ActionRow(button(REFRESH, say("Refresh"), "🔄"))
    if not open_:
        return notice(say("⏳ Nothing of yours is waiting or being painted."), row)
    items: list[ui.Item[Any]] = [ui.TextDisplay(say("### ⏳ Your queue"))]
    items += [
        ui.Section(_line(progress, estimate, say), accessory=OrderButton(Action.DROP, progress.order.id, say))
        for progress, estimate in open_[:_SHOWN_MAX]
    ]
    if (more := len(open_) - _SHOWN_MAX) > 0:
        items.append(ui.TextDisplay(say.plural("and {count} more", "and {count} more", more)))
    return view_of(ui.Container(*items, row))


def _line(progress: Progress, estimate: Estimate, say: Words) -> str:
    started = [job.started_at for job in progress.jobs if job.started_at is not None]
    if progress.state is State.RUNNING and started:
        where = f"{say.signs.painting} {begun_line(min(started), estimate, say)}"
    else:
        where = waiting_line(estimate, say)
    count = progress.order.count
    if count > 1:
        there = len(progress.in_state(State.DONE))
        where += " · " + say("{there} of {count} pictures are there", there=there, count=count)
    return f"{escape(progress.order.prompt, _PROMPT_LENGTH_MAX)}\n-# {where}"
