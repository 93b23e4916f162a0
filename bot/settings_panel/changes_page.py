"""Who has changed what in these settings, the newest first."""

from collections.abc import Sequence
from typing import Any

from discord import ui

from bot.controls.pages import button, ids
from bot.messages.changes_log import change_entry
from bot.rights.access import in_time
from bot.services import services_of
from bot.settings_panel.panel import Shown, page
from core.errors import Term

_ON_A_PAGE = 10


@page("changes", "🕘", Term("Changes"))
async def CHANGES(shown: Shown) -> Sequence[ui.Item[Any]]:
    say, services = shown.say, services_of(shown.interaction)
    before_id = next(iter(ids([shown.argument])), None)
    found = await in_time(services.audit.of_server(shown.guild.id, _ON_A_PAGE + 1, before_id))
    lines = [say("### 🕘 Changes")]
    lines += [change_entry(one, say, services.languages.names) for one in found[:_ON_A_PAGE]]
    if not found:
        lines.append(
            say("Nothing was changed yet.") if before_id is None else say("There is nothing before that.")
        )
    items: list[ui.Item[Any]] = [ui.TextDisplay("\n".join(lines))]
    if len(found) > _ON_A_PAGE:
        older = button(f"settings:page:changes:{found[_ON_A_PAGE - 1].id}", say("Older"), "▶️")
        items.append(ui.ActionRow(older))
    return items
