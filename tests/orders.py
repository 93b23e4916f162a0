"""Jobs for tests: an order with every field filled in, of which a test names only those it is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from db.jobs import Order

_ids = count(1_000)


def order(**changes: Any) -> Order:
    """Each has an interaction of its own unless the test names one."""
    plain = Order(
        interaction_id=next(_ids),
        application_id=1,
        token="token",
        token_expires_at=datetime.now(UTC) + timedelta(minutes=15),
        member_id=10,
        guild_id=20,
        channel_id=30,
        prompt="a red fox in the snow",
        width=1024,
        height=1024,
        model="core",
    )
    return replace(plain, **changes)
