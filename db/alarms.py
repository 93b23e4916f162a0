"""What the owner of the bot has to mend, until it is mended: noticed by workers, told by the bot."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from db import queries
from db.pool import Pool

_SQL = queries.load("alarms")


class AlarmCode(StrEnum):
    """Those that a job's failure has a name for are called the same."""

    BAD_KEY = "bad_key"
    NO_CREDIT = "no_credit"
    MODEL_GONE = "model_gone"
    UNAVAILABLE = "unavailable"
    PARKING_FILLS = "parking_fills"
    PARKING_FULL = "parking_full"


# What to do about it; the owner runs the program and reads English, as it is in the logs.
REMEDIES = {
    AlarmCode.BAD_KEY: "Stability does not accept the key. "
    "Set STABILITY_API_KEY anew and restart the workers; until then the queue is paused.",
    AlarmCode.NO_CREDIT: "The account with Stability has run out of credits. "
    "Buy some; nothing needs a restart. Until then the queue is paused.",
    AlarmCode.MODEL_GONE: "Stability offers the model {model} no longer. Choose another in STABILITY_MODEL.",
    AlarmCode.UNAVAILABLE: "Stability is down or cannot be reached. "
    "Members are told so, and jobs are tried again.",
    AlarmCode.PARKING_FILLS: "The bucket takes no pictures, so they are parked in Postgres, which fills. "
    "See to the bucket: they are carried over by themselves.",
    AlarmCode.PARKING_FULL: "The bucket takes no pictures, and there is no room to park more in Postgres. "
    "See to the bucket at once, or raise PARKED_BYTES_MAX. Do not stop the workers: they hold pictures.",
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """`model` is the one that is gone, and None where all are concerned."""

    code: AlarmCode
    model: str | None
    detail: str
    raised_at: datetime


class Alarms:
    """An alarm that sounds already stays as it is, so that it is told once."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def sound(
        self,
        code: AlarmCode,
        detail: str,
        *,
        model: str | None = None,
        pause_seconds: float | None = None,
    ) -> None:
        """With `pause_seconds`, all workers pause until it is over; one of them tries every so often."""
        await self._pool.execute(_SQL["sound"], _kind(code, model), detail, pause_seconds)

    async def silence(
        self, codes: tuple[AlarmCode, ...], *, model: str, raised_before: datetime | None
    ) -> None:
        """Those that concern all, and those of this model; another model's sound on.

        So do those raised later: what was begun before an alarm says nothing against it.
        """
        kinds = [_kind(code, concerned) for code in codes for concerned in (None, model)]
        await self._pool.execute(_SQL["silence"], kinds, raised_before)

    async def end(self, codes: tuple[AlarmCode, ...]) -> None:
        """Of alarms whose cause was looked up and is gone."""
        await self._pool.execute(_SQL["silence"], list(codes), None)

    async def claim_untold(self) -> list[Alarm]:
        """The alarms that nobody has told the owner yet; they are the caller's to tell."""
        return [_alarm(row) for row in await self._pool.fetch(_SQL["claim_untold"])]

    async def open(self) -> list[Alarm]:
        """All that sound at the moment, told or not, the oldest first."""
        return [_alarm(row) for row in await self._pool.fetch(_SQL["open"])]


def _alarm(row: Any) -> Alarm:
    code, _, model = row["kind"].partition(" ")
    return Alarm(AlarmCode(code), model or None, row["detail"], row["raised_at"])


def _kind(code: AlarmCode, model: str | None) -> str:
    return code if model is None else f"{code} {model}"
