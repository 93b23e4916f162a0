"""What the owner of the bot allows, and the words for a member who would go beyond it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from core.errors import LimitReached

QUEUE_LENGTH_MAX = 10_000
JOBS_PER_MEMBER_MAX = 20


@dataclass(frozen=True, slots=True)
class Used:
    """What is used of the limits; None is what was not looked up."""

    line_length: int | None
    member_jobs: int
    member_credits: Decimal | None
    server_credits: Decimal | None
    all_credits: Decimal | None


@dataclass(frozen=True, slots=True)
class Limits:
    """Credits are counted by the month in UTC; None is no limit. Direct messages together count as one server."""

    queue_length: int = QUEUE_LENGTH_MAX
    jobs_per_member: int = JOBS_PER_MEMBER_MAX
    credits_per_member: Decimal | None = None
    credits_per_server: Decimal | None = None
    credits_in_all: Decimal | None = None

    def check(self, used: Used, price: Decimal, count: int, *, in_server: bool) -> None:
        """Raises LimitReached for the first limit that keeps out `count` pictures of this price each."""
        if used.line_length is not None and used.line_length + count > self.queue_length:
            raise LimitReached(
                "{waiting} pictures are waiting already, and no more than {most} can. "
                "Places come free as they are painted: try again in a few minutes.",
                waiting=used.line_length,
                most=self.queue_length,
            )
        if used.member_jobs + count > self.jobs_per_member:
            raise LimitReached(
                "{count} of your pictures are waiting or being painted, and {most} is the most at once. "
                "You can ask for another as soon as one of them is done or cancelled.",
                count=used.member_jobs,
                most=self.jobs_per_member,
            )
        price *= count
        if _is_beyond(self.credits_per_member, used.member_credits, price):
            raise LimitReached(
                "You have used {used} of {most} credits this month, and this costs {price}. "
                "The count starts anew on {date} (UTC).",
                **_numbers(self.credits_per_member, used.member_credits, price),
            )
        if _is_beyond(self.credits_per_server, used.server_credits, price):
            numbers = _numbers(self.credits_per_server, used.server_credits, price)
            if in_server:
                raise LimitReached(
                    "This server has used {used} of {most} credits this month, and this costs {price}. "
                    "The count starts anew on {date} (UTC).",
                    **numbers,
                )
            raise LimitReached(
                "Direct messages have used {used} of {most} credits this month, and this costs {price}. "
                "The count starts anew on {date} (UTC).",
                **numbers,
            )
        if _is_beyond(self.credits_in_all, used.all_credits, price):
            raise LimitReached(
                "All members together have used {used} of {most} credits this month, and this costs "
                "{price}. The count starts anew on {date} (UTC).",
                **_numbers(self.credits_in_all, used.all_credits, price),
            )


def _is_beyond(limit: Decimal | None, used: Decimal | None, price: Decimal) -> bool:
    return limit is not None and used is not None and used + price > limit


def _numbers(limit: Decimal | None, used: Decimal | None, price: Decimal) -> dict[str, object]:
    today = datetime.now(UTC)
    next_month = today.replace(day=1) + timedelta(days=31)
    return {
        "used": _plain(used or Decimal(0)),
        "most": _plain(limit or Decimal(0)),
        "price": _plain(price),
        "date": f"{next_month:%Y-%m}-01",
    }


def _plain(credits: Decimal) -> Decimal:
    """Without zeros at its end, nor an exponent in their place."""
    return Decimal(f"{credits.normalize():f}")
