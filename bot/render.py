"""A job as a message. Pure: what a message needs to know is handed in."""

import io
from dataclasses import dataclass
from datetime import datetime

import discord
from discord import ui
from discord.utils import format_dt

from bot.prompts import alt_text, escape
from db.errors import FAILURES
from db.jobs import PLACE_MAX, Job, State
from db.models import MODELS

PREVIEW_NAME = "preview.webp"
LINK_URL_LENGTH_MAX = 512
"""Discord's limit for the URL of a button; a longer link goes into the text."""

_GREY = discord.Colour(0x80848E)
_ORANGE = discord.Colour(0xF0882F)
_GREEN = discord.Colour(0x3BA55D)
_RED = discord.Colour(0xD83C3E)


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """A message without its address. `attachments` makes new ones each time, as sending uses them up."""

    view: ui.LayoutView
    preview: bytes | None = None
    preview_alt_text: str | None = None

    def attachments(self) -> list[discord.File]:
        if self.preview is None:
            return []
        return [discord.File(io.BytesIO(self.preview), PREVIEW_NAME, description=self.preview_alt_text)]


def waiting(job: Job, place: int) -> Reply:
    again = "\nThe last try met a fault, so it is tried again." if job.faults else ""
    return _reply(job, _GREY, f"### ⏳ Waiting in line\n{_place(place)}{again}")


def running(job: Job) -> Reply:
    since = f" since {format_dt(job.started_at, 'R')}" if job.started_at else ""
    return _reply(job, _ORANGE, f"### 🔄 Painting\nAt work{since}.")


def done(job: Job, preview: bytes, link: Link) -> Reply:
    size = f"PNG, {(job.original_bytes or 0) / 1e6:.1f} MB"
    expiry = f"The link works until {format_dt(link.expires_at, 'f')} ({format_dt(link.expires_at, 'R')})."
    gallery = ui.MediaGallery[ui.LayoutView](
        discord.MediaGalleryItem(f"attachment://{PREVIEW_NAME}", description=alt_text(job.prompt))
    )
    container = ui.Container[ui.LayoutView](gallery, accent_colour=_GREEN)
    container.add_item(ui.TextDisplay(_quote(job)))
    if len(link.url) <= LINK_URL_LENGTH_MAX:
        container.add_item(ui.TextDisplay(f"{_facts(job)}\n-# {expiry}"))
        button: ui.Button[ui.LayoutView] = ui.Button(label=f"Full size ({size})", emoji="🔗", url=link.url)
        container.add_item(ui.ActionRow(button))
    else:
        container.add_item(ui.TextDisplay(f"{_facts(job)}\n🔗 [Full size ({size})]({link.url})\n-# {expiry}"))
    return Reply(_view(container), preview, alt_text(job.prompt))


def failed(job: Job) -> Reply:
    if job.failure is None:
        raise AssertionError(f"job {job.id} failed without a reason")
    failure = FAILURES[job.failure]
    charge = "Stability charges for it all the same." if failure.charged else "Nothing was charged."
    return _reply(job, _RED, f"### ⚠️ No picture\n{failure.text}\n{charge}")


def cancelled(job: Job) -> Reply:
    return _reply(job, _GREY, "### ✖️ Cancelled\nNothing was charged.")


def _reply(job: Job, colour: discord.Colour, heading: str) -> Reply:
    container = ui.Container[ui.LayoutView](ui.TextDisplay(heading), accent_colour=colour)
    container.add_item(ui.TextDisplay(f"{_quote(job)}\n{_facts(job)}"))
    return Reply(_view(container))


def _view(container: "ui.Container[ui.LayoutView]") -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(container)
    return view


def _quote(job: Job) -> str:
    return f"> {escape(job.prompt)}"


def _facts(job: Job) -> str:
    facts = [f"{job.width} × {job.height}", MODELS[job.model].title if job.model in MODELS else job.model]
    seed = job.painted_seed if job.painted_seed is not None else job.seed
    if seed is not None:
        facts.append(f"seed {seed}")
    if job.state is State.DONE and job.started_at and job.finished_at:
        facts.append(f"painted in {(job.finished_at - job.started_at).total_seconds():.1f} s")
    return f"-# {' · '.join(facts)}"


def _place(place: int) -> str:
    if place == 1:
        return "This one is next."
    if place >= PLACE_MAX:
        return f"At least {PLACE_MAX - 1} others are before this one."
    return f"Number **{place}** in line."
