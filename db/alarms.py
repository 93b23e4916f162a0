"""What the owner of the bot has to mend, until it is mended: noticed by workers, told by the bot."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from db import queries
from db.pool import Pool

_SQL = queries.load("alarms")

PROBE_SECONDS = 60.0
"""How often somebody tries whether what pauses jobs is mended, after a while."""

PROBE_FIRST_SECONDS = 5.0
"""How soon at first: it may have been a single job's."""


class AlarmCode(StrEnum):
    """Those that a job's failure has a name for are called the same."""

    BAD_KEY = "bad_key"
    NO_CREDIT = "no_credit"
    MODEL_GONE = "model_gone"
    UNAVAILABLE = "unavailable"
    PARKING_FILLS = "parking_fills"
    PARKING_FULL = "parking_full"


# What to do about it; the owner runs the program and reads English, as it is in the logs.
_REMEDIES = {
    AlarmCode.BAD_KEY: "Stability does not accept the key. "
    "Set STABILITY_API_KEY anew and restart the workers; until then the queue is paused.",
    AlarmCode.NO_CREDIT: "The account with Stability has run out of credits{price}. "
    "Buy some; nothing needs a restart. Until then those wait, and cheaper ones are painted "
    "while the credits last.",
    AlarmCode.MODEL_GONE: "Stability offers the model {model} no longer, or not with this key. "
    "Choose another in STABILITY_MODEL.",
    AlarmCode.UNAVAILABLE: "Stability is down or cannot be reached, or something that stands before it "
    "refuses. Members are told so, and jobs are tried again.",
    AlarmCode.PARKING_FILLS: "The bucket takes no pictures, so they are parked in Postgres, which fills. "
    "See to the bucket: they are carried over by themselves.",
    AlarmCode.PARKING_FULL: "The bucket takes no pictures, and there is no room to park more in Postgres. "
    "See to the bucket at once, or raise PARKED_BYTES_MAX. Do not stop the workers: they hold pictures.",
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """`model` is the one that is gone, and None where all are concerned.

    `price` is in credits: what costs as much or more waits; None where that is no matter.
    """

    code: AlarmCode
    model: str | None
    detail: str
    raised_at: datetime
    price: Decimal | None = None


class Alarms:
    """An alarm that sounds already is not told again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def sound(
        self,
        code: AlarmCode,
        detail: str,
        *,
        model: str | None = None,
        pause_seconds: float | None = None,
        price: Decimal | None = None,
    ) -> None:
        """With `pause_seconds`, jobs of that `price` or dearer (None: all) pause until it is over.

        One of them is tried soon, and then every so often.
        """
        first = None if pause_seconds is None else min(PROBE_FIRST_SECONDS, pause_seconds)
        await self._pool.execute(_SQL["sound"], _kind(code, model), detail, first, price)

    async def silence(
        self,
        codes: tuple[AlarmCode, ...],
        *,
        model: str,
        raised_before: datetime | None,
        price: Decimal | None = None,
    ) -> None:
        """Those that concern all, and those of this model; another model's sound on, and with a `price` those
        of a dearer one.

        So do those raised later: what was begun before an alarm says nothing against it.
        """
        kinds = [_kind(code, concerned) for code in codes for concerned in (None, model)]
        await self._pool.execute(_SQL["silence"], kinds, raised_before, price)

    async def due(self) -> set[AlarmCode]:
        """Those of which somebody may now try whether they are over."""
        return {AlarmCode(row["kind"]) for row in await self._pool.fetch(_SQL["due"])}

    async def postpone(self, code: AlarmCode, *, pause_seconds: float) -> None:
        """It was tried, and is not over."""
        await self._pool.execute(_SQL["postpone"], code, PROBE_FIRST_SECONDS, pause_seconds)

    async def end(self, codes: tuple[AlarmCode, ...]) -> None:
        """Of alarms whose cause was looked up and is gone."""
        await self._pool.execute(_SQL["silence"], list(codes), None, None)

    async def claim_untold(self) -> list[Alarm]:
        """The alarms that nobody has told the owner yet; they are the caller's to tell."""
        return [_alarm(row) for row in await self._pool.fetch(_SQL["claim_untold"])]

    async def not_told(self, alarm: Alarm) -> None:
        """It could not be told for now; somebody may claim it again."""
        await self._pool.execute(_SQL["not_told"], _kind(alarm.code, alarm.model))

    async def open(self) -> list[Alarm]:
        """All that sound at the moment, told or not, the oldest first."""
        return [_alarm(row) for row in await self._pool.fetch(_SQL["open"])]


def _alarm(row: Any) -> Alarm:
    code, _, model = row["kind"].partition(" ")
    return Alarm(AlarmCode(code), model or None, row["detail"], row["raised_at"], row["price"])


def remedy(alarm: Alarm) -> str:
    # Versions before prices were told apart recorded none.
    costs = "" if alarm.price is None else f" for pictures of {alarm.price.normalize():f} credits or more"
    return _REMEDIES[alarm.code].format(model=alarm.model, price=costs)


def _kind(code: AlarmCode, model: str | None) -> str:
    return code if model is None else f"{code} {model}"
