"""What the owner of the bot has to mend, until it is mended: noticed by workers, told by the bot."""

from collections.abc import Iterable, Mapping
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

TELL_SECONDS = 60.0
"""How long it may take to tell the owner of one; then it is somebody else's, or comes again."""


class AlarmCode(StrEnum):
    """Those that a job's failure has a name for are called the same."""

    BAD_KEY = "bad_key"
    NO_CREDIT = "no_credit"
    MODEL_GONE = "model_gone"
    UNAVAILABLE = "unavailable"
    SPILL_FILLS = "spill_fills"
    SPILL_FULL = "spill_full"
    CERTIFICATE = "certificate"


# What to do about it; the owner runs the program and reads English, as it is in the logs.
_REMEDIES = {
    AlarmCode.BAD_KEY: "{provider} does not accept the key. "
    "Set it anew and restart the workers; until then what it paints is paused.",
    AlarmCode.NO_CREDIT: "The account with {provider} has run out of credits{price}. "
    "Buy some; nothing needs a restart. Until then those wait, and cheaper ones are painted "
    "while the credits last.",
    AlarmCode.MODEL_GONE: "{provider} offers the model {model} no longer, or not with this key. "
    "Choose another in STABILITY_MODEL.",
    AlarmCode.UNAVAILABLE: "{provider} is down or cannot be reached, or something that stands before it "
    "refuses. Members are told so, and jobs are tried again.",
    AlarmCode.SPILL_FILLS: "The bucket takes no pictures, so they are kept in Postgres, which fills. "
    "See to the bucket: they are uploaded by themselves.",
    AlarmCode.SPILL_FULL: "The bucket takes no pictures, and there is no room to keep more in Postgres. "
    "See to the bucket at once, or raise PARKED_BYTES_MAX. Do not stop the workers: they hold pictures.",
    AlarmCode.CERTIFICATE: "The certificate by which pictures are signed has run out. "
    "They still say that they were made by AI, and nobody signs for what was done to them. Set C2PA_CERTIFICATE and "
    "C2PA_PRIVATE_KEY anew and restart the processes.",
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """`provider` is empty for what is no provider's, and `model`, the one that is gone, where all are concerned.

    What costs `price` credits or more waits; None: everything.
    """

    code: AlarmCode
    provider: str
    model: str
    detail: str
    raised_at: datetime
    price: Decimal | None = None

    @property
    def problem(self) -> str:
        """The first sentence of the remedy."""
        return self.remedy.partition(". ")[0] + "."

    @property
    def remedy(self) -> str:
        price = "" if self.price is None else f" for pictures of {self.price.normalize():f} credits or more"
        return _REMEDIES[self.code].format(provider=self.provider.title(), model=self.model, price=price)


@dataclass(frozen=True, slots=True)
class EndedAlarm:
    id: int
    alarm: Alarm
    ended_at: datetime


class Alarms:
    """An alarm that is open is not told again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def raise_(
        self,
        code: AlarmCode,
        detail: str,
        *,
        provider: str = "",
        model: str = "",
        pause_seconds: float | None = None,
        price: Decimal | None = None,
    ) -> None:
        """With `pause_seconds`, the provider's jobs of that `price` or more (None: all) pause, but for one that is
        tried soon and then every so often."""
        first = None if pause_seconds is None else min(PROBE_FIRST_SECONDS, pause_seconds)
        await self._pool.execute(_SQL["raise"], code, provider, model, detail, first, price)

    async def resolve(
        self,
        codes: Iterable[AlarmCode],
        *,
        provider: str = "",
        model: str = "",
        raised_before: datetime | None = None,
        price: Decimal | None = None,
    ) -> None:
        """Those of the whole provider and those of this model. With a `price`, those of a higher one stay open, and
        with `raised_before` those of later: what was begun before an alarm says nothing against it."""
        await self._pool.execute(_SQL["resolve"], list(codes), provider, model, raised_before, price)

    async def due(self, provider: str) -> set[AlarmCode]:
        """Those of which somebody may now try whether they are over."""
        return {AlarmCode(row["code"]) for row in await self._pool.fetch(_SQL["due"], provider)}

    async def postpone(self, code: AlarmCode, provider: str, *, pause_seconds: float) -> None:
        """It was tried, and is not over."""
        await self._pool.execute(_SQL["postpone"], code, provider, PROBE_FIRST_SECONDS, pause_seconds)

    async def claim_untold(self) -> list[Alarm]:
        """The alarms that nobody has told the owner yet; for TELL_SECONDS they are the caller's to tell."""
        return [_alarm(dict(row)) for row in await self._pool.fetch(_SQL["claim_untold"], TELL_SECONDS)]

    async def told(self, alarm: Alarm) -> None:
        await self._pool.execute(_SQL["told"], alarm.code, alarm.provider, alarm.model)

    async def claim_ended(self) -> list[EndedAlarm]:
        """As `claim_untold`, of those that are over and of which the owner was told."""
        rows = [dict(row) for row in await self._pool.fetch(_SQL["claim_ended"], TELL_SECONDS)]
        return [EndedAlarm(row.pop("id"), ended_at=row.pop("ended_at"), alarm=_alarm(row)) for row in rows]

    async def end_told(self, ended: EndedAlarm) -> None:
        await self._pool.execute(_SQL["end_told"], ended.id)

    async def open(self) -> list[Alarm]:
        """Told or not, the oldest first."""
        return [_alarm(dict(row)) for row in await self._pool.fetch(_SQL["open"])]


def _alarm(row: Mapping[str, Any]) -> Alarm:
    return Alarm(**{**row, "code": AlarmCode(row["code"])})
