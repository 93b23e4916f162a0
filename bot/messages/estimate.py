"""The place in line of an order, what pauses it, and when it is likely done."""

from datetime import UTC, datetime, timedelta

from discord.utils import format_dt

from bot.messages.failures import FAILURE_TEXTS
from bot.messages.words import Words
from core.orders import PLACE_MAX, Estimate

LATE_SECONDS = 10.0  # is added, so that an estimate is replaced before it reads "2 seconds ago"
REPLACED_SECONDS = 4.0  # after the expected time: most orders are done by then


def waiting_line(estimate: Estimate, say: Words) -> str:
    line = [say("In line.") if estimate.place is None else _place(estimate.place, say)]
    if estimate.paused is not None:
        line.append(f"\n{say(FAILURE_TEXTS[estimate.paused])}")
    if estimate.pause_seconds is not None:
        line.append(say("It goes on {when}.", when=_in(estimate.pause_seconds)))
    if estimate.seconds is not None:
        line.append(likely_done(estimate.seconds, say))
    return " ".join(line).replace(" \n", "\n")


def likely_done(seconds: float, say: Words) -> str:
    if seconds <= 0:
        return say("Likely done any moment.")
    return say("Likely done {when}.", when=_in(seconds))


def over_seconds(estimate: Estimate) -> float | None:
    """When it has to be replaced; None if it tells no time."""
    times = [seconds for seconds in (estimate.pause_seconds, estimate.seconds) if seconds]
    return min(times) + REPLACED_SECONDS if times else None


def _place(place: int, say: Words) -> str:
    if place == 1:
        return say("This one is next.")
    if place >= PLACE_MAX:
        return say("At least {count} others are before this one.", count=PLACE_MAX - 1)
    return say("Number **{place}** in line.", place=place)


def _in(seconds: float) -> str:
    """Discord counts down by itself, so no edit is needed for it until it is over."""
    return format_dt(datetime.now(UTC) + timedelta(seconds=seconds + LATE_SECONDS), "R")
