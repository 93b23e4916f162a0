"""The page of `/owner` with which it begins: what is used, how it goes, and what is wrong."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from discord import ui

from bot.chart import drawn
from bot.controls.pages import button
from bot.messages.content import File
from bot.messages.dashboard import alt_text, bars, figures_lines, wrong_lines
from bot.owner_panel.panel import PageName, Shown, page, page_id
from bot.services import Interaction, services_of, words_of
from core.errors import Term, reason
from db.dashboard import Figures
from db.pool import UNAVAILABLE
from db.retry import within
from ops.checks import Finding

log = logging.getLogger(__name__)

FIGURES_SECONDS = 5.0
CHECKS_SECONDS = 8.0

_CHART = "dashboard.png"


@page(PageName.DASHBOARD, "📊", Term("Dashboard"))
async def render(interaction: Interaction, _argument: str) -> Shown:
    """It is /owner's first page, so whatever does not answer is left out of it."""
    say, rules = words_of(interaction), services_of(interaction).rules
    figures, findings = await asyncio.gather(_figures(interaction), _findings(interaction))
    lines, items, files = [], list[ui.Item[Any]](), list[File]()
    if figures is None:
        lines.append(say("⚠️ The figures of this month could not be looked up in time."))
    else:
        lines += figures_lines(figures, rules.servers.house, datetime.now(UTC), say)
        charts = bars(figures, lambda guild_id: rules.servers.of(guild_id).name, say)
        told = alt_text(charts, say)
        gallery = ui.MediaGallery[Any]()
        gallery.add_item(media=f"attachment://{_CHART}", description=told)
        items.append(gallery)
        files.append(File(_CHART, await asyncio.to_thread(drawn, charts), told))
    if findings is None:
        lines.append(say("⚠️ The checks take long. Use `/doctor`, which waits for them."))
    else:
        lines += wrong_lines(findings, say)
    items.append(ui.ActionRow(button(page_id(PageName.DASHBOARD), say("Refresh"), "🔄")))
    return Shown("\n".join(lines), tuple(items), tuple(files))


async def _figures(interaction: Interaction) -> Figures | None:
    try:
        return await within(FIGURES_SECONDS, services_of(interaction).dashboard.figures())
    except UNAVAILABLE as error:
        log.warning("the figures of the month could not be looked up: %s", reason(error))
        return None


async def _findings(interaction: Interaction) -> Sequence[Finding] | None:
    try:
        return await within(CHECKS_SECONDS, services_of(interaction).doctor.examine(None))
    except TimeoutError:
        return None
