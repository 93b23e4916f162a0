"""What the owner of the bot has to mend, until it is mended: noticed by workers, told by the bot."""

from dataclasses import dataclass
from datetime import datetime

from db import queries
from db.errors import FailureCode
from db.pool import Pool

_SQL = queries.load("alarms")


@dataclass(frozen=True, slots=True)
class Alarm:
    """`model` is the one that is gone, and None where all are concerned. `detail` is what Stability said."""

    code: FailureCode
    model: str | None
    detail: str
    raised_at: datetime


class Alarms:
    """An alarm that sounds already stays as it is, so that it is told once."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def sound(self, code: FailureCode, detail: str, *, model: str | None = None) -> None:
        await self._pool.execute(_SQL["sound"], _kind(code, model), detail)

    async def silence(self, codes: tuple[FailureCode, ...], *, model: str) -> None:
        """Those that concern all, and those of this model; another model's sound on."""
        kinds = [_kind(code, concerned) for code in codes for concerned in (None, model)]
        await self._pool.execute(_SQL["silence"], kinds)

    async def claim_untold(self) -> list[Alarm]:
        """The alarms that nobody has told the owner yet; they are the caller's to tell."""
        return [
            Alarm(FailureCode(code), model or None, row["detail"], row["raised_at"])
            for row in await self._pool.fetch(_SQL["claim_untold"])
            for code, _, model in [row["kind"].partition(" ")]
        ]


def _kind(code: FailureCode, model: str | None) -> str:
    return code if model is None else f"{code} {model}"
