"""A job as it is just after the command, for tests that need no database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from core.operations import Kind
from db.orders import Job, State

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
JOB = Job(
    id=1,
    key=UUID(int=1),
    state=State.QUEUED,
    created_at=NOW,
    prompt="a red fox in the snow",
    width=640,
    height=480,
    model="core",
    seed=None,
    kind=Kind.IMAGINE,
    parent_id=None,
    negative_prompt=None,
    style=None,
    private=False,
    spoiler=False,
    locale="en-US",
    credits=Decimal(3),
    member_id=10,
    guild_id=20,
    channel_id=30,
    turn=1,
    attempt=0,
    faults=0,
    started_at=None,
    finished_at=None,
    painted_seed=None,
    original_bytes=None,
    parked=False,
    failure=None,
    interaction_id=1,
    application_id=1,
    token="token",
    token_expires_at=NOW + timedelta(minutes=15),
    message_id=None,
    reply_channel_id=None,
    revision=1,
    shown_revision=0,
    erased_at=None,
    expired_at=None,
    traceparent=None,
    parent_channel_id=None,
    shown_place=None,
    estimate_over_at=None,
)
