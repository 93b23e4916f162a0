"""A picture that was reported, as those read it who decide about it. Pure."""

from typing import Any

import discord
from discord import ui
from discord.utils import format_dt

from bot.controls.pages import button, form
from bot.messages.content import Content, File, Unseen, view_of
from bot.messages.failures import said
from bot.messages.picture import WHY_UNSEEN
from bot.messages.prompts import alt_text, escape
from bot.messages.words import Words
from core.orders import Picture
from db.reports import Decision, Report

REASON_LENGTH_MAX = 300
REASON = "reason"
"""The form's only field."""

_RED = discord.Colour(0xDA373C)
_GREY = discord.Colour(0x80848E)
_PROMPT_LENGTH_MAX = 800

CONTROLS = {
    Decision.KEPT: ("report:keep", "↩️", said("Keep")),
    Decision.DELETED: ("report:delete", "🗑️", said("Delete")),
    Decision.BLOCKED_FOR_A_DAY: ("report:block-day", "⏳", said("Block for a day")),
    Decision.BLOCKED: ("report:block", "⛔", said("Block for good")),
}
"""What each decision's button is: its custom id without the report, and its looks."""

BLOCKING = (Decision.BLOCKED_FOR_A_DAY, Decision.BLOCKED)

DONE = {
    Decision.KEPT: said("↩️ The picture stays."),
    Decision.DELETED: said("🗑️ The picture is deleted."),
    Decision.BLOCKED_FOR_A_DAY: said(
        "⏳ The picture is deleted, and {member} may ask for nothing in this server for a day."
    ),
    Decision.BLOCKED: said(
        "⛔ The picture is deleted, and {member} may ask for nothing in this server any more."
    ),
}


def why(picture: Picture, say: Words) -> ui.Modal:
    """What is asked of whoever reports a picture."""
    reason = ui.TextInput[Any](
        custom_id=REASON, style=discord.TextStyle.paragraph, required=False, max_length=REASON_LENGTH_MAX
    )
    label = ui.Label[Any](
        text=say("What is wrong with it?"),
        description=say("Moderators read this. They do not see who reported."),
        component=reason,
    )
    return form(f"report:why:{picture.id}", say("Report this picture"), label)


def report_content(
    report: Report, picture: Picture | None, preview: bytes | Unseen | None, say: Words
) -> Content:
    """`picture` and `preview` are None where it is deleted."""
    container = report_container(report, picture, preview, say)
    if picture is None or not isinstance(preview, bytes):
        return Content(view_of(container))
    return Content(
        view_of(container),
        files_of(picture, preview, say),
        lambda unseen: report_content(report, picture, unseen, say),
    )


def files_of(picture: Picture, preview: bytes, say: Words) -> tuple[File, ...]:
    return (File(_name(picture), preview, alt_text(picture.order.prompt, say)),)


def report_container(
    report: Report, picture: Picture | None, preview: bytes | Unseen | None, say: Words
) -> ui.Container[Any]:
    is_open = report.decision is None and picture is not None
    container = ui.Container[Any](accent_colour=_RED if is_open else _GREY)
    title = say("### 🚩 A picture was reported")
    if picture is not None and isinstance(preview, bytes):
        gallery = ui.MediaGallery[Any]()
        gallery.add_item(
            media=f"attachment://{_name(picture)}",
            description=alt_text(picture.order.prompt, say),
            spoiler=True,
        )
        container.add_item(gallery)
    lines = [title, *_what(report, picture, preview, say)]
    if not is_open:
        lines.append(outcome(report, say))
    if picture is None and report.decision is Decision.KEPT:
        lines.append(say("-# By now it is not there any more."))
    container.add_item(ui.TextDisplay("\n".join(lines)))
    if is_open:
        container.add_item(ui.ActionRow(*_buttons(report, say)))
    elif report.decision in BLOCKING and report.painter_id:
        container.add_item(ui.ActionRow(button(f"report:lift:{report.id}", say("Lift the block"), "↩️")))
    return container


def _what(report: Report, picture: Picture | None, preview: bytes | Unseen | None, say: Words) -> list[str]:
    """Of a picture that is deleted nothing but where it was made."""
    lines = []
    if isinstance(preview, Unseen):
        lines.append(say(WHY_UNSEEN[preview]))
    if picture is not None:
        lines.append(f"> {escape(picture.order.prompt, _PROMPT_LENGTH_MAX)}")
        if report.reason:
            lines.append(say("**Why:** {reason}", reason=escape(report.reason, REASON_LENGTH_MAX)))
    who = f"<@{report.painter_id}>" if report.painter_id else say("somebody")
    where, when = f"<#{report.made_in}>", format_dt(report.reported_at, "R")
    facts = [say("asked for by {who} in {where}", who=who, where=where), say("reported {when}", when=when)]
    if picture is not None and report.card_id is not None:
        url = f"https://discord.com/channels/{report.guild_id}/{report.card_in}/{report.card_id}"
        label = say("to the picture")
        facts.append(f"[{label}]({url})")
    return [*lines, f"-# {' · '.join(facts)}"]


def outcome(report: Report, say: Words) -> str:
    """What was decided, and by whom."""
    if report.decision is None or report.decided_by is None:
        return say("🗑️ The picture is not there any more, so there is nothing to decide.")
    member = f"<@{report.painter_id}>" if report.painter_id else say("its member")
    done = say(DONE[report.decision], member=member)
    if not report.decided_by:
        return done
    by = say("Decided by {who}.", who=f"<@{report.decided_by}>")
    return f"{done} {by}"


def _buttons(report: Report, say: Words) -> list[ui.Item[Any]]:
    return [
        button(
            f"{name}:{report.id}",
            say(label),
            emoji,
            discord.ButtonStyle.danger if decision in BLOCKING else discord.ButtonStyle.secondary,
        )
        for decision, (name, emoji, label) in CONTROLS.items()
        if report.painter_id or decision not in BLOCKING
    ]


def _name(picture: Picture) -> str:
    # Discord shows an attachment anew only where it has another name.
    return f"reported-{picture.id}.webp"
