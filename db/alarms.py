"""What the owner of the bot has to mend, until it is mended: noticed by workers, told by the bot."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from db import queries
from db.logs import without_what_was_typed
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
        # The bot logs it, and tells it to the owner.
        detail = without_what_was_typed(detail)
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
        return [
            Alarm(AlarmCode(code), model or None, row["detail"], row["raised_at"], row["price"])
            for row in await self._pool.fetch(_SQL["claim_untold"])
            for code, _, model in [row["kind"].partition(" ")]
        ]


def _kind(code: AlarmCode, model: str | None) -> str:
    return code if model is None else f"{code} {model}"
