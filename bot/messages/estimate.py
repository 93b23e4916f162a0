"""The place in line of an order, what pauses it, and when it is likely done."""

from datetime import UTC, datetime, timedelta

from discord.utils import format_dt

from bot.messages.failures import FAILURE_TEXTS
from bot.messages.words import Words
from core.orders import Estimate

REPLACED_SECONDS = 4.0  # after the expected time: most orders are done by then
LATE_SECONDS = 6.0  # is added, so that an estimate is replaced before it reads "2 seconds ago"


def place(estimate: Estimate, say: Words) -> str:
    if estimate.told_place is None:
        return say("Waiting in line")
    return (
        say("Next in line")
        if estimate.told_place == 1
        else say("Number {place} in line", place=estimate.told_place)
    )


def outlook(estimate: Estimate, say: Words) -> list[str]:
    """The lines below its place."""
    lines = []
    if estimate.paused is not None:
        lines.append(say(FAILURE_TEXTS[estimate.paused]))
        if estimate.pause_seconds is not None:
            lines[-1] += " " + say("It goes on {when}.", when=in_about(estimate.pause_seconds))
    if estimate.seconds is not None:
        lines.append(
            say("Any moment now.")
            if estimate.seconds <= 0
            else say("Likely done {when}.", when=in_about(estimate.seconds))
        )
    return lines


def waiting_line(estimate: Estimate, say: Words) -> str:
    return " · ".join([place(estimate, say), *outlook(estimate, say)])


def begun_line(begun: datetime, estimate: Estimate, say: Words) -> str:
    """Discord writes such a time as "3 seconds ago", and nothing else."""
    since = format_dt(begun, "R")
    if estimate.seconds is None:
        return say("Started {since}.", since=since)
    if estimate.seconds <= 0:
        return say("Started {since}, done any moment now.", since=since)
    return say("Started {since}, likely done {when}.", since=since, when=in_about(estimate.seconds))


def over_seconds(estimate: Estimate) -> float | None:
    """When it has to be replaced; None if it tells no time."""
    times = [seconds for seconds in (estimate.pause_seconds, estimate.seconds) if seconds]
    return min(times) + REPLACED_SECONDS if times else None


def in_about(seconds: float) -> str:
    """Discord counts down by itself, so no edit is needed for it until it is over."""
    return format_dt(datetime.now(UTC) + timedelta(seconds=seconds + LATE_SECONDS), "R")
