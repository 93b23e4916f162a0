"""The panel of a picture, shown to one member: the picture's own, or that of what the member handed in."""

from bot.answers.show import new_link, read_previews, show
from bot.messages.panel import picture_panel, upload_panel
from bot.rights.access import in_time, may_report
from bot.rights.visibility import may_see
from bot.services import Interaction, services_of, words_of
from core.orders import Order, Picture, Source


async def show_panel(interaction: Interaction, source: Source) -> None:
    """In the place of a deferred answer. Raises BucketUnavailable."""
    services, say = services_of(interaction), words_of(interaction)
    may_use = services.rules.may_use_of(interaction)
    if not isinstance(source, Picture):
        await show(interaction, upload_panel(source, services.model, may_use, say))
        return
    parents = await _parents(interaction, source.order)
    previews = await read_previews(services.picture_store, [source])
    link = new_link(services.picture_store, source)
    preview, reportable = previews[source.id], may_report(interaction, source.order)
    content = picture_panel(
        source, preview, link, parents, services.model, may_use, say, may_report=reportable
    )
    await show(interaction, content)


async def _parents(interaction: Interaction, order: Order) -> list[Picture | None]:
    """None for what was handed in, and for what the member may not see."""
    pictures, found = services_of(interaction).pictures, []
    for one in order.inputs:
        parent = await in_time(pictures.find(one, interaction.user.id)) if one > 0 else None
        found.append(parent if parent is not None and may_see(interaction, parent.order) else None)
    return found
