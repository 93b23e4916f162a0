"""What the owner of the bot allows, and the words for a member who would go beyond it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import asyncpg

from db.errors import LimitReached

QUEUE_LENGTH_MAX = 10_000
JOBS_PER_MEMBER_MAX = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Credits are counted by the calendar month, in UTC; None is no limit.

    What is asked for in direct messages is no server's.
    """

    queue_length: int = QUEUE_LENGTH_MAX
    jobs_per_member: int = JOBS_PER_MEMBER_MAX
    credits_per_member: Decimal | None = None
    credits_per_server: Decimal | None = None
    credits_in_all: Decimal | None = None

    def check(self, used: asyncpg.Record, price: Decimal, *, in_server: bool) -> None:
        """Raises LimitReached for the first limit that keeps out a job of this price.

        `used` is what the statement `enqueue` says of them.
        """
        if used["line_length"] >= self.queue_length:
            raise LimitReached(
                f"{self.queue_length} pictures are waiting already, and no more than that can. "
                "Places come free as they are painted: try again in a few minutes."
            )
        if used["member_jobs"] >= self.jobs_per_member:
            raise LimitReached(
                f"{used['member_jobs']} of your pictures are waiting or being painted, and "
                f"{self.jobs_per_member} is the most at once. You can ask for another as soon as one of them "
                "is done or cancelled."
            )
        _check_credits("You have", used["member_credits"], self.credits_per_member, price)
        if in_server:
            _check_credits("This server has", used["server_credits"], self.credits_per_server, price)
        _check_credits("All members together have", used["all_credits"], self.credits_in_all, price)


def _check_credits(who: str, used: Decimal | None, limit: Decimal | None, price: Decimal) -> None:
    if used is None or limit is None or used + price <= limit:
        return
    anew = f"{_next_month(datetime.now(UTC)):%d %B %Y}"
    raise LimitReached(
        f"{who} used {_plain(used)} of {_plain(limit)} credits this month, and this picture costs "
        f"{_plain(price)}. The count starts anew on {anew} (UTC)."
    )


def _plain(credits: Decimal) -> str:
    return f"{credits.normalize():f}"


def _next_month(now: datetime) -> datetime:
    if now.month == 12:
        return datetime(now.year + 1, 1, 1, tzinfo=UTC)
    return datetime(now.year, now.month + 1, 1, tzinfo=UTC)
