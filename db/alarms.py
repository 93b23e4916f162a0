"""What the owner of the bot has to mend, until it is mended: noticed by workers, told by the bot."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from db import queries
from db.logs import without_what_was_typed
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
        # The bot logs it, and tells it to the owner.
        detail = without_what_was_typed(detail)
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
        return [
            Alarm(AlarmCode(code), model or None, row["detail"], row["raised_at"])
            for row in await self._pool.fetch(_SQL["claim_untold"])
            for code, _, model in [row["kind"].partition(" ")]
        ]


def _kind(code: AlarmCode, model: str | None) -> str:
    return code if model is None else f"{code} {model}"
