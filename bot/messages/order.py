"""An order as a message, in whatever state it is. Pure: what a message needs to know is handed in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import discord
from discord import ui

from bot.controls.buttons import Action, OrderButton
from bot.controls.page_controls import PictureSelect
from bot.messages.content import Content, LinkAs, Unseen, view_of
from bot.messages.estimate import begun_line, outlook, place, waiting_line
from bot.messages.failures import CANCEL_TEXTS, FAILURE_TEXTS
from bot.messages.picture import (
    GREEN,
    WHY_NONE_IS_SEEN,
    WHY_UNSEEN,
    Link,
    again,
    facts,
    is_cut,
    picture_content,
    quote,
    shown,
    why_no_link,
)
from bot.messages.words import Words, amount
from core.failures import FAILURES, FailureCode, Outcome
from core.orders import Estimate, Job, Picture, Progress, State

_GREY = discord.Colour(0x80848E)
_COLOURS = {
    State.QUEUED: _GREY,
    State.RUNNING: discord.Colour(0xF0882F),
    State.DONE: GREEN,
    State.FAILED: discord.Colour(0xD83C3E),
    State.CANCELLED: _GREY,
}

_BESIDE_LENGTH_MAX = 2600  # what may stand beside the prompt; other links are behind the menu


def order_content(
    progress: Progress,
    estimate: Estimate,
    previews: Mapping[int, bytes | Unseen],
    links: Mapping[int, Link | None],
    say: Words,
) -> Content:
    """`previews` and `links` have the ids of all pictures of the order."""
    if progress.order.count == 1 and progress.pictures:
        (picture,) = progress.pictures
        return picture_content(picture, previews[picture.id], links[picture.id], say)
    return _Message(progress, estimate, previews, links, say).content()


@dataclass(frozen=True, slots=True)
class _Message:
    progress: Progress
    estimate: Estimate
    previews: Mapping[int, bytes | Unseen]
    links: Mapping[int, Link | None]
    say: Words
    link_as: LinkAs = LinkAs.TEXT

    def content(self) -> Content:
        progress, order = self.progress, self.progress.order
        heading, told = self._heading(), self._told()
        told += self._full_sizes(_BESIDE_LENGTH_MAX - len("\n".join([*heading, *told])))
        previews = ((picture, self.previews[picture.id]) for picture in progress.pictures)
        media, files = shown(
            {f"{one.number}.webp": (one, preview) for one, preview in previews if isinstance(preview, bytes)},
            self.say,
        )
        container = ui.Container[Any](accent_colour=_COLOURS[progress.state])
        if heading:
            container.add_item(ui.TextDisplay("\n".join(heading)))
        for item in media:
            container.add_item(item)
        sign = self.say.signs.done if progress.state is State.DONE else ""
        lines = [quote(order), facts(order, self.say, None, *self._how_many(), sign=sign), *told]
        container.add_item(ui.TextDisplay("\n".join(lines)))
        for row in self._controls():
            if row:
                container.add_item(ui.ActionRow(*row))
        has_link = any(self.links.values()) and self.link_as is not LinkAs.NOTHING
        return Content(
            view_of(container),
            files,
            self._without_pictures if files else None,
            without_link=replace(self, link_as=LinkAs.NOTHING).content if has_link else None,
        )

    def _without_pictures(self, why: Unseen) -> Content:
        left = {id_: one if isinstance(one, Unseen) else why for id_, one in self.previews.items()}
        return replace(self, previews=left).content()

    def _heading(self) -> list[str]:
        progress, say = self.progress, self.say
        match progress.state:
            case State.QUEUED:
                lines = [f"### {say.signs.waiting} {place(self.estimate, say)}", *outlook(self.estimate, say)]
                if any(job.faults for job in progress.jobs):
                    lines.append(say("The last try met a fault, so it is tried again."))
                return lines
            case State.RUNNING:
                return self._painting()
            case State.DONE:
                return []
            case State.FAILED:
                return [say("### ⚠️ No picture"), *self._missing()]
            case State.CANCELLED:
                return [say("### 🚫 Cancelled"), *self._why_cancelled(), self._charge(progress.jobs)]

    def _painting(self) -> list[str]:
        """While none of its jobs is at work, the rest of an order waits in line like any other."""
        count, done = self.progress.order.count, len(self.progress.in_state(State.DONE))
        heading = self.say("Painting")
        if count > 1:
            heading = self.say("Painting: {done} of {count}", done=done, count=count)
        lines = [f"### {self.say.signs.painting} {heading}"]
        running = self.progress.in_state(State.RUNNING)
        begun = [job.started_at for job in running if job.started_at is not None]
        if not begun:
            return [*lines, waiting_line(self.estimate, self.say)]
        return [*lines, begun_line(min(begun), self.estimate, self.say)]

    def _how_many(self) -> list[str]:
        """And for how much: what it is going to cost, and what it has cost where that is another sum."""
        progress, say = self.progress, self.say
        count, there = progress.order.count, len(progress.pictures)
        if count == 1:
            return []
        if not progress.is_final:
            number, price = amount(progress.jobs[0].price)
            return [
                say.plural(
                    "{each} × {count} credit", "{each} × {count} credits", number, count=price, each=count
                )
            ]
        if progress.state is not State.DONE:
            return [say("{count} pictures", count=count)]
        found = [say("{count} pictures", count=count)]
        if there < count:
            found = [say("{done} of {count} pictures", done=there, count=count)]
        if progress.in_state(State.FAILED, State.CANCELLED):
            number, cost = amount(sum((job.counted for job in progress.jobs), Decimal(0)))
            found.append(say.plural("{count} credit in all", "{count} credits in all", number, count=cost))
        return found

    def _told(self) -> list[str]:
        """About single pictures, each sentence once."""
        told: dict[str, list[Job | Picture]] = {}
        for picture in self.progress.pictures:
            if self.previews[picture.id] is Unseen.GONE:
                told.setdefault(self.say(WHY_UNSEEN[Unseen.GONE]), []).append(picture)
            if (why := why_no_link(picture, self.links[picture.id], self.link_as, self.say)) is not None:
                told.setdefault(why, []).append(picture)
        lines = [self.say(text) for why, text in WHY_NONE_IS_SEEN.items() if why in self.previews.values()]
        lines += [f"{_numbers(pictures)} {text}" for text, pictures in told.items()]
        return lines if self.progress.state is State.FAILED else [*lines, *self._missing()]

    def _why_cancelled(self) -> list[str]:
        reasons = dict.fromkeys(job.cancelled_for for job in self.progress.jobs)
        return [self.say(CANCEL_TEXTS[reason]) for reason in reasons if reason is not None]

    def _missing(self) -> list[str]:
        """The jobs without a picture: each reason once, with what it counts."""
        progress, say = self.progress, self.say
        failed, cancelled = progress.in_state(State.FAILED), progress.in_state(State.CANCELLED)
        lines = []
        for code in dict.fromkeys(job.failure for job in failed if job.failure is not None):
            jobs = [job for job in failed if job.failure is code]
            reason, charge = say(FAILURE_TEXTS[code]), self._charge(jobs, code)
            several = progress.order.count > 1
            lines += [f"{_numbers(jobs)} ⚠️ {reason} {charge}"] if several else [reason, charge]
        if cancelled and progress.state is not State.CANCELLED:
            said = [say("🚫 Cancelled."), *self._why_cancelled(), self._charge(cancelled)]
            lines.append(" ".join([_numbers(cancelled), *said]))
        there = {picture.id for picture in progress.pictures}
        deleted = [job for job in progress.in_state(State.DONE) if job.id not in there]
        if deleted:
            lines.append(" ".join([_numbers(deleted), say("🗑️ Deleted.")]))
        return lines

    def _charge(self, jobs: Iterable[Job], code: FailureCode | None = None) -> str:
        """By what the ledger counts: earlier attempts may have cost more than the failure usually does."""
        counted = sum((job.counted for job in jobs), Decimal(0))
        if not counted:
            return self.say("Nothing was charged.")
        if code is not None and FAILURES[code].outcome is Outcome.BILLED:
            return self.say("Stability charges for it all the same.")
        number, count = amount(counted)
        return self.say.plural(
            "It counts as {count} credit, as Stability may bill what it had begun.",
            "It counts as {count} credits, as Stability may bill what it had begun.",
            number,
            count=count,
        )

    def _full_sizes(self, room: int) -> list[str]:
        """One line of links: as buttons they would take most of a phone's screen."""
        line = f"🔗 {self.say('Full size')}"
        for picture in self.progress.pictures:
            link = self.links[picture.id]
            if link is None or self.link_as is LinkAs.NOTHING:
                continue
            longer = f"{line} · [{picture.number}]({link.url})"
            if len(longer) <= room:
                line = longer
        return [line.replace(" · ", " ", 1)] if "](" in line else []

    def _controls(self) -> list[list[ui.Item[Any]]]:
        order, pictures = self.progress.order, self.progress.pictures
        # What is opened by the menu is shown with its whole prompt.
        whole = [OrderButton(Action.PROMPT, order.id, self.say)] if is_cut(order) else []
        if not self.progress.is_final:
            return [[OrderButton(Action.CANCEL, order.id, self.say), *whole]]
        if not pictures:
            return [[*again(order, self.say), *whole]]
        numbers = [picture.number for picture in pictures]
        return [[PictureSelect(pictures, self.say, numbers)], again(order, self.say)]


def _numbers(of: Iterable[Job | Picture]) -> str:
    return f"**{', '.join(str(one.number) for one in of)}.**"
