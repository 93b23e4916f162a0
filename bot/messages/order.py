"""An order as a message, in whatever state it is. Pure: what a message needs to know is handed in."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import discord
from discord import ui
from discord.utils import format_dt

from bot.controls.buttons import Action, OrderButton
from bot.controls.page_controls import PictureSelect
from bot.messages.content import LINK_URL_LENGTH_MAX, Content, File, LinkAs, Unseen, notice, view_of
from bot.messages.estimate import likely_done, over_seconds, waiting_line
from bot.messages.failures import FAILURE_TEXTS
from bot.messages.picture import (
    GREEN,
    Link,
    again,
    expiry,
    facts,
    picture_content,
    quote,
    shown,
    why_none_is_seen,
    why_unseen,
)
from bot.messages.prompts import alt_text
from bot.messages.words import Words
from core.failures import FAILURES, FailureCode, Outcome
from core.orders import Estimate, Job, Picture, Progress, State

__all__ = ["notice", "order_content", "over_seconds", "view_of", "waiting_line"]

_GREY = discord.Colour(0x80848E)
_COLOURS = {
    State.QUEUED: _GREY,
    State.RUNNING: discord.Colour(0xF0882F),
    State.DONE: GREEN,
    State.FAILED: discord.Colour(0xD83C3E),
    State.CANCELLED: _GREY,
}

_BESIDE_LENGTH_MAX = 2600
"""What may stand beside a prompt that is cut for it; a link that does not fit is behind the menu."""


def order_content(
    progress: Progress,
    estimate: Estimate,
    previews: Mapping[int, bytes | Unseen],
    links: Mapping[int, Link | None],
    say: Words,
    *,
    link_as: LinkAs = LinkAs.BUTTON,
) -> Content:
    """`previews` and `links` are of the pictures that are there, by their ids: empty while there are none.

    An order of one picture becomes that picture. One of several shows what is there beside what is still to
    come and what failed; when all is over, each picture can be opened from it.
    """
    if progress.order.count == 1 and progress.pictures:
        (picture,) = progress.pictures
        return picture_content(picture, previews[picture.id], links[picture.id], say, link_as=link_as)
    seen = [picture for picture in progress.pictures if isinstance(previews[picture.id], bytes)]
    heading = _heading(progress, estimate, say)
    told = [*_unseen(progress.pictures, previews, say), *_what_did_not_come(progress, say)]
    told += _without_link(progress.pictures, links, say, link_as)
    room = _BESIDE_LENGTH_MAX - len("\n".join([*heading, *told]))
    buttons, texts = _links(progress.pictures, links, say, link_as, room)
    told += texts
    container = ui.Container[Any](accent_colour=_COLOURS[progress.state])
    if heading:
        container.add_item(ui.TextDisplay("\n".join(heading)))
    if seen:
        container.add_item(ui.MediaGallery(*(shown(picture, _file_name(picture)) for picture in seen)))
    words = quote(progress.order, "\n".join([*heading, *told]))
    lines = [words, facts(progress.order, say, None, *_how_many(progress, say)), *told]
    container.add_item(ui.TextDisplay("\n".join(lines)))
    for row in (buttons, *_controls(progress, say)):
        if row:
            container.add_item(ui.ActionRow(*row))

    def plainer(way: LinkAs, why: Unseen | None = None) -> Content:
        left = {
            id_: preview if why is None or isinstance(preview, Unseen) else why
            for id_, preview in previews.items()
        }
        return order_content(progress, estimate, left, links, say, link_as=way)

    has_link = any(links.values()) and link_as is not LinkAs.NOTHING
    return Content(
        view_of(container),
        tuple(_files(seen, previews)),
        (lambda why: plainer(link_as, why)) if seen else None,
        (lambda: plainer(LinkAs.TEXT)) if buttons else None,
        (lambda: plainer(LinkAs.NOTHING)) if has_link else None,
    )


def _heading(progress: Progress, estimate: Estimate, say: Words) -> list[str]:
    match progress.state:
        case State.QUEUED:
            lines = [say("### ⏳ Waiting in line"), waiting_line(estimate, say)]
            if any(job.faults for job in progress.jobs):
                lines.append(say("The last try met a fault, so it is tried again."))
            return lines
        case State.RUNNING:
            return [_painting(progress, say), *_at_work(progress, estimate, say)]
        case State.DONE:
            return []
        case State.FAILED:
            return [say("### ⚠️ No picture")]
        case State.CANCELLED:
            return [say("### 🚫 Cancelled"), _charge(progress.jobs, None, say)]


def _painting(progress: Progress, say: Words) -> str:
    count = progress.order.count
    if count == 1:
        return say("### 🔄 Painting")
    return say("### 🔄 Painting: {done} of {count}", done=len(progress.in_state(State.DONE)), count=count)


def _at_work(progress: Progress, estimate: Estimate, say: Words) -> list[str]:
    """Between two pictures of an order, others may be at work, and the rest of it waits in line."""
    begun = [job.started_at for job in progress.in_state(State.RUNNING) if job.started_at is not None]
    if not begun:
        return [waiting_line(estimate, say)]
    lines = [say("At work since {since}.", since=format_dt(min(begun), "R"))]
    if estimate.seconds is not None:
        lines.append(likely_done(estimate.seconds, say))
    return lines


def _how_many(progress: Progress, say: Words) -> list[str]:
    count, there = progress.order.count, len(progress.pictures)
    if count == 1:
        return []
    if progress.state is State.DONE and there < count:
        return [say("{done} of {count} pictures", done=there, count=count)]
    return [say("{count} pictures", count=count)]


def _what_did_not_come(progress: Progress, say: Words) -> list[str]:
    """Each reason once, with what it counts."""
    failed = progress.in_state(State.FAILED)
    lines = []
    for code in dict.fromkeys(job.failure for job in failed if job.failure is not None):
        jobs = [job for job in failed if job.failure is code]
        reason, charge = say(FAILURE_TEXTS[code]), _charge(jobs, code, say)
        if progress.order.count == 1:
            lines += [reason, charge]
        else:
            lines.append(f"{_numbers(jobs)} ⚠️ {reason} {charge}")
    cancelled = progress.in_state(State.CANCELLED)
    if cancelled and progress.state is not State.CANCELLED:
        lines.append(f"{_numbers(cancelled)} 🚫 {say('Cancelled.')} {_charge(cancelled, None, say)}")
    there = {picture.id for picture in progress.pictures}
    deleted = [job for job in progress.in_state(State.DONE) if job.id not in there]
    if deleted:
        lines.append(f"{_numbers(deleted)} 🗑️ {say('Deleted.')}")
    return lines


def _charge(jobs: Iterable[Job], code: FailureCode | None, say: Words) -> str:
    """By what is counted, and not by what usually comes of such a failure: other tries may have cost more."""
    counted = sum((job.counted for job in jobs), Decimal(0))
    if not counted:
        return say("Nothing was charged.")
    if code is not None and FAILURES[code].outcome is Outcome.BILLED:
        return say("Stability charges for it all the same.")
    return say.plural(
        "It counts as {count} credit, as Stability may bill what it had begun.",
        "It counts as {count} credits, as Stability may bill what it had begun.",
        1 if counted == 1 else 2,
        count=Decimal(f"{counted.normalize():f}"),
    )


def _unseen(
    pictures: Iterable[Picture], previews: Mapping[int, bytes | Unseen], say: Words
) -> list[str]:
    unseen = [(picture, why) for picture in pictures if isinstance(why := previews[picture.id], Unseen)]
    gone = [picture for picture, why in unseen if why is Unseen.GONE]
    refused = dict.fromkeys(why for _picture, why in unseen if why is not Unseen.GONE)
    lines = [why_none_is_seen(why, say) for why in refused]
    return [*lines, f"{_numbers(gone)} {why_unseen(Unseen.GONE, say)}"] if gone else lines


def _without_link(
    pictures: Iterable[Picture], links: Mapping[int, Link | None], say: Words, link_as: LinkAs
) -> list[str]:
    """Of which the full size cannot be reached from here, and why."""

    def why(picture: Picture) -> str | None:
        if picture.is_expired:
            return say("🕓 The full size has expired.")
        if links[picture.id] is None:
            return say("🕓 It is safe, and its full size follows shortly.")
        if link_as is LinkAs.NOTHING:
            return say("🔗 Discord takes the link to its full size for harmful, so it is not here.")
        return None

    told: dict[str, list[Picture]] = {}
    for picture in pictures:
        if (text := why(picture)) is not None:
            told.setdefault(text, []).append(picture)
    return [f"{_numbers(found)} {text}" for text, found in told.items()]


def _links(
    pictures: Iterable[Picture],
    links: Mapping[int, Link | None],
    say: Words,
    link_as: LinkAs,
    room: int,
) -> tuple[list[ui.Item[Any]], list[str]]:
    """The buttons that lead to the full sizes, and the text with the links that are none."""
    buttons: list[ui.Item[Any]] = []
    texts: list[str] = []
    told: Link | None = None
    for picture in pictures:
        link = links[picture.id]
        if link is None or link_as is LinkAs.NOTHING:
            continue
        label = say("Full size {number}", number=picture.number)
        text = f"🔗 [{label}]({link.url})"
        if link_as is LinkAs.BUTTON and len(link.url) <= LINK_URL_LENGTH_MAX:
            buttons.append(ui.Button(label=label, emoji="🔗", url=link.url))
        elif len("\n".join([*texts, text])) <= room:
            texts.append(text)
        else:
            continue
        told = link
    return buttons, texts if told is None else [*texts, expiry(told, say)]


def _controls(progress: Progress, say: Words) -> list[list[ui.Item[Any]]]:
    if not progress.is_final:
        return [[OrderButton(Action.CANCEL, progress.order.id, say)]]
    pictures = progress.pictures
    numbers = [picture.number for picture in pictures]
    return [[PictureSelect(pictures, say, numbers)] if pictures else [], again(progress.order, say)]


def _numbers(of: Iterable[Job | Picture]) -> str:
    return f"**{', '.join(str(one.number) for one in of)}.**"


def _files(pictures: Iterable[Picture], previews: Mapping[int, bytes | Unseen]) -> Iterable[File]:
    for picture in pictures:
        preview = previews[picture.id]
        if isinstance(preview, bytes):
            yield File(_file_name(picture), preview, alt_text(picture.order.prompt))


def _file_name(picture: Picture) -> str:
    return f"{picture.number}.webp"
