"""Why something is shut or blocked, and until when: the fields of a form, and what was filled in."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import discord
from discord import ui

from bot.controls.pages import Typed
from bot.messages.words import Words
from core.errors import InvalidRequest

REASON_LENGTH_MAX = 200
_REASON, _SPAN, _DATE = "reason", "span", "date"
_FOR_GOOD = "good"
_DAYS = {"day": 1, "week": 7, "month": 30}


def fields(say: Words) -> Sequence[ui.Label[Any]]:
    spans = [("day", say("A day")), ("week", say("A week")), ("month", say("30 days"))]
    options = [discord.SelectOption(label=label, value=value) for value, label in spans]
    options.append(discord.SelectOption(label=say("For good"), value=_FOR_GOOD, default=True))
    reason: ui.TextInput[Any] = ui.TextInput(custom_id=_REASON, max_length=REASON_LENGTH_MAX, required=False)
    until: ui.TextInput[Any] = ui.TextInput(
        custom_id=_DATE, placeholder="2027-12-31", max_length=len("2027-12-31"), required=False
    )
    return (
        ui.Label(text=say("Why"), description=say("Who is refused reads it"), component=reason),
        ui.Label(text=say("For how long"), component=ui.Select(custom_id=_SPAN, options=options)),
        ui.Label(
            text=say("Or until a day"), description=say("In place of that, as 2027-12-31"), component=until
        ),
    )


def filled_in(typed: Typed) -> tuple[str, datetime | None]:
    """The reason, which may be empty, and the end; None is for good. Raises InvalidRequest."""
    texts = {name: values[0].strip() for name, values in typed.items() if values}
    now, reason = datetime.now(UTC), " ".join(texts.get(_REASON, "").split())[:REASON_LENGTH_MAX]
    if day := texts.get(_DATE):
        try:
            until = datetime.combine(date.fromisoformat(day), time(), UTC)
        except ValueError as error:
            raise InvalidRequest("“{day}” is no day. Write it as 2027-12-31.", day=day) from error
        if until <= now:
            raise InvalidRequest("“{day}” is over. Name a day that is still to come.", day=day)
        return reason, until
    days = _DAYS.get(texts.get(_SPAN, _FOR_GOOD))
    return reason, None if days is None else now + timedelta(days=days)
