"""A job as a message. Pure: what a message needs to know is handed in."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
from discord import ui
from discord.utils import format_dt

from bot.controls.job_buttons import Action, JobButton, actions_of, row
from bot.messages.prompts import SHOWN_LENGTH_MAX, alt_text, escape
from bot.messages.reply import LinkAs, Picture, Reply, Unseen
from bot.messages.words import Words, rounded
from core.errors import FAILURES
from core.operations import MODELS, Kind
from db.orders import PLACE_MAX, Estimate, Job, State

PREVIEW_NAME = "preview.webp"
LINK_URL_LENGTH_MAX = 512
"""Discord's limit for the URL of a button; a longer link goes into the text."""

LATE_SECONDS = 10.0
"""So much is added to a time that is told: one that is over is replaced before it reads "2 seconds ago"."""

REPLACED_SECONDS = 4.0
"""So long after what was expected: most are done by then, and a poll and an edit take the rest."""

_BESIDE_LENGTH_MAX = 500
"""What there is room for beside the longest prompt and everything else."""

GREY = discord.Colour(0x80848E)
ORANGE = discord.Colour(0xF0882F)
GREEN = discord.Colour(0x3BA55D)
RED = discord.Colour(0xD83C3E)

Container = ui.Container[Any]


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    expires_at: datetime


def waiting(job: Job, estimate: Estimate, say: Words) -> Reply:
    lines = [say("### ⏳ Waiting in line"), waiting_line(estimate, say)]
    if job.faults:
        lines.append(say("The last try met a fault, so it is tried again."))
    return _reply(job, GREY, lines, say, Action.CANCEL)


def running(job: Job, estimate: Estimate, say: Words) -> Reply:
    since = format_dt(job.started_at, "R") if job.started_at else ""
    lines = [say("### 🔄 Painting"), say("At work since {since}.", since=since)]
    if estimate.seconds is not None:
        lines.append(_likely_done(estimate.seconds, say))
    return _reply(job, ORANGE, lines, say, Action.CANCEL)


def done(
    job: Job, preview: bytes | Unseen, link: Link | None, say: Words, *, link_as: LinkAs = LinkAs.BUTTON
) -> Reply:
    """`link` is None while the picture is parked, or when it has expired. It is in the text if it is too long
    for a button."""
    unseen = preview if isinstance(preview, Unseen) else None
    text, button = _full_size(job, link, say, link_as=link_as, unseen=unseen is not None)
    container = Container(accent_colour=GREEN)
    if unseen is None:
        container.add_item(_preview(job))
    else:
        text = f"{_why_unseen(unseen, say)}\n{text}"
    container.add_item(ui.TextDisplay(f"{_quote(job, text)}\n{_facts(job, say)}\n{text}"))
    links: list[ui.Item[Any]] = []
    if not job.is_expired and link_as is not LinkAs.NOTHING:
        links.append(JobButton(Action.LINK, job.id, say))
    if button is not None:
        links.insert(0, button)
    if links:
        container.add_item(ui.ActionRow(*links))
    container.add_item(row(job.id, say, *actions_of(job)))
    has_link = link is not None and link_as is not LinkAs.NOTHING
    reply = Reply(
        view_of(container),
        without_button=None if button is None else lambda: done(job, preview, link, say, link_as=LinkAs.TEXT),
        without_link=None if not has_link else lambda: done(job, preview, link, say, link_as=LinkAs.NOTHING),
    )
    if isinstance(preview, Unseen):
        return reply
    return replace(
        reply,
        pictures=(Picture(PREVIEW_NAME, preview, alt_text(job.prompt)),),
        without_picture=lambda why: done(job, why, link, say, link_as=link_as),
    )


def _preview(job: Job) -> ui.MediaGallery[Any]:
    return ui.MediaGallery[Any](
        discord.MediaGalleryItem(
            f"attachment://{PREVIEW_NAME}", description=alt_text(job.prompt), spoiler=job.spoiler
        )
    )


def _why_unseen(unseen: Unseen, say: Words) -> str:
    match unseen:
        case Unseen.EXPLICIT:
            return say("🖼️ It is painted, but Discord takes it for explicit and does not show it here.")
        case Unseen.REFUSED:
            return say("🖼️ It is painted, but Discord did not take the picture, so it is not shown here.")
        case Unseen.GONE:
            return say("🖼️ It was painted, but its small version is not there any more.")


def failed(job: Job, say: Words) -> Reply:
    if job.failure is None:
        raise AssertionError(f"job {job.id} failed without a reason")
    failure = FAILURES[job.failure]
    charge = say("Nothing was charged.")
    if failure.charged:
        charge = say("Stability charges for it all the same.")
    elif failure.maybe_billed:
        charge = _maybe_billed(say)
    actions = (Action.AGAIN, Action.EDIT) if job.kind is Kind.IMAGINE else ()
    return _reply(job, RED, [say("### ⚠️ No picture"), say(failure.text), charge], say, *actions)


def cancelled(job: Job, say: Words) -> Reply:
    charge = _maybe_billed(say) if job.was_begun else say("Nothing was charged.")
    actions = (Action.AGAIN, Action.EDIT) if job.kind is Kind.IMAGINE else ()
    return _reply(job, GREY, [say("### 🚫 Cancelled"), charge], say, *actions)


def _maybe_billed(say: Words) -> str:
    return say("Nothing is charged to you; Stability may still bill its owner for what it had begun.")


def waiting_line(estimate: Estimate, say: Words) -> str:
    line = [say("In line.") if estimate.place is None else _place(estimate.place, say)]
    if estimate.paused is not None:
        line.append(f"\n{say(FAILURES[estimate.paused].text)}")
    if estimate.pause_seconds is not None:
        line.append(say("It goes on {when}.", when=_in(estimate.pause_seconds)))
    if estimate.seconds is not None:
        line.append(_likely_done(estimate.seconds, say))
    return " ".join(line).replace(" \n", "\n")


def over_seconds(estimate: Estimate) -> float | None:
    """When what was told by it has to be replaced; None where that was no time."""
    times = [seconds for seconds in (estimate.pause_seconds, estimate.seconds) if seconds]
    return min(times) + REPLACED_SECONDS if times else None


def view_of(*items: ui.Item[Any]) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    for item in items:
        view.add_item(item)
    return view


def notice(text: str, *rows: ui.ActionRow[Any]) -> ui.LayoutView:
    """A few words, and what may be done about them."""
    return view_of(ui.TextDisplay(text), *rows)


def _reply(job: Job, colour: discord.Colour, lines: list[str], say: Words, *actions: Action) -> Reply:
    container = Container(ui.TextDisplay("\n".join(lines)), accent_colour=colour)
    container.add_item(ui.TextDisplay(f"{_quote(job)}\n{_facts(job, say)}"))
    if actions:
        container.add_item(row(job.id, say, *actions))
    return Reply(view_of(container))


def _full_size(
    job: Job, link: Link | None, say: Words, *, link_as: LinkAs, unseen: bool
) -> tuple[str, ui.Button[Any] | None]:
    """What is said of it, and the button that leads to it, if one can."""
    if job.is_expired and unseen:
        return say("🕓 The full size has expired."), None
    if job.is_expired:
        return say("🕓 The full size has expired; this small version is left."), None
    if link is None and unseen:
        return say("🕓 It is safe, and its full size follows shortly."), None
    if link is None:
        return say(
            "🕓 This is a small version; the picture is safe, and its full size follows shortly."
        ), None
    if link_as is LinkAs.NOTHING:
        return say("🔗 Discord takes the link to its full size for harmful, so it is not here."), None
    size = say("Full size (PNG, {size} MB)", size=rounded((job.original_bytes or 0) / 1e6, 1))
    expiry = say(
        "The link works until {date} ({when}).",
        date=format_dt(link.expires_at, "f"),
        when=format_dt(link.expires_at, "R"),
    )
    if link_as is LinkAs.BUTTON and len(link.url) <= LINK_URL_LENGTH_MAX:
        return f"-# {expiry}", ui.Button(label=size, emoji="🔗", url=link.url)
    return f"🔗 [{size}]({link.url})\n-# {expiry}", None


def _quote(job: Job, beside: str = "") -> str:
    """The prompt, cut to what a long link in the text beside it leaves of the message."""
    return f"> {escape(job.prompt, max(100, SHOWN_LENGTH_MAX - max(0, len(beside) - _BESIDE_LENGTH_MAX)))}"


def _facts(job: Job, say: Words) -> str:
    """All that was used, so that it can be asked for again."""
    facts = [f"{job.width} × {job.height}", MODELS[job.model].title if job.model in MODELS else job.model]
    if job.style is not None:
        facts.append(say("style {style}", style=say(job.style)))
    if job.negative_prompt is not None:
        facts.append(say("without {things}", things=escape(job.negative_prompt, 200)))
    seed = job.painted_seed if job.painted_seed is not None else job.seed
    if seed is not None:
        facts.append(say("seed {seed}", seed=str(seed)))
    if job.private:
        facts.append(say("private"))
    if job.state is State.DONE and job.started_at and job.finished_at:
        seconds = rounded((job.finished_at - job.started_at).total_seconds(), 1)
        facts.append(say("painted in {seconds} s", seconds=seconds))
    return f"-# {' · '.join(facts)}"


def _place(place: int, say: Words) -> str:
    if place == 1:
        return say("This one is next.")
    if place >= PLACE_MAX:
        return say("At least {count} others are before this one.", count=PLACE_MAX - 1)
    return say("Number **{place}** in line.", place=place)


def _likely_done(seconds: float, say: Words) -> str:
    if seconds <= 0:
        return say("Likely done any moment.")
    return say("Likely done {when}.", when=_in(seconds))


def _in(seconds: float) -> str:
    """Discord counts down by itself, so no edit is needed for it until it is over."""
    return format_dt(datetime.now(UTC) + timedelta(seconds=seconds + LATE_SECONDS), "R")
