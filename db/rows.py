"""From the rows of the views to what bot and worker know of an order."""

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby

import asyncpg

from core.failures import FailureCode
from core.orders import Job, Order, Picture, Progress, Reply, State


def order_of(row: asyncpg.Record) -> Order:
    return Order(
        id=row["order_id"],
        key=row["key"],
        created_at=row["created_at"],
        member_id=row["member_id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        parent_channel_id=row["parent_channel_id"],
        locale=row["locale"],
        operation=row["operation"],
        model=row["model"],
        prompt=row["prompt"],
        params=json.loads(row["params"]),
        inputs=tuple(row["inputs"]),
        count=row["count"],
        private=row["private"],
        spoiler=row["spoiler"],
        traceparent=row["traceparent"],
        erased_at=row["erased_at"],
    )


def job_of(row: asyncpg.Record, order: Order | None = None) -> Job:
    return Job(
        id=row["id"],
        order=order or order_of(row),
        state=State(row["state"]),
        provider=row["provider"],
        price=row["price"],
        turn=row["turn"],
        attempt=row["attempt"],
        faults=row["faults"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        failure=FailureCode(row["failure"]) if row["failure"] else None,
        counted=row.get("counted") or Decimal(0),
    )


def picture_of(row: asyncpg.Record, order: Order | None = None, *, attempt: str = "attempt") -> Picture:
    return Picture(
        id=row["id"],
        order=order or order_of(row),
        attempt=row[attempt],
        created_at=row["painted_at"],
        seconds=row["seconds"],
        width=row["width"],
        height=row["height"],
        seed=row["seed"],
        bytes=row["bytes"],
        is_spilled=row["is_spilled"],
        expired_at=row["expired_at"],
    )


def progresses_of(rows: Iterable[asyncpg.Record]) -> list[Progress]:
    """Of rows of jobs that stand together by order."""
    return [_progress(list(group)) for _id, group in groupby(rows, key=lambda row: row["order_id"])]


def replies_of(rows: Iterable[asyncpg.Record]) -> list[Reply]:
    """Of rows of jobs, each with its reply and, if there is one, its picture."""
    return [_reply(list(group)) for _id, group in groupby(rows, key=lambda row: row["order_id"])]


def _progress(rows: Sequence[asyncpg.Record], pictures: Sequence[asyncpg.Record] = ()) -> Progress:
    order = order_of(rows[0])
    return Progress(
        order=order,
        jobs=tuple(job_of(row, order) for row in rows),
        pictures=tuple(picture_of(row, order, attempt="picture_attempt") for row in pictures),
    )


def _reply(rows: Sequence[asyncpg.Record]) -> Reply:
    first = rows[0]
    return Reply(
        progress=_progress(rows, [row for row in rows if row["painted_at"] is not None]),
        application_id=first["application_id"],
        token=first["token"],
        token_expires_at=first["token_expires_at"],
        message_id=first["message_id"],
        channel_id=first["reply_channel_id"],
        revision=first["revision"],
        shown_revision=first["shown_revision"],
        shown_place=first["shown_place"],
        estimate_over_at=first["estimate_over_at"],
    )
