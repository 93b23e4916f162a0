"""From the rows of the views to what bot and worker know of an order."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from decimal import Decimal
from itertools import groupby

import asyncpg

from core.failures import FailureCode
from core.orders import CancelReason, Job, Order, Picture, Progress, Reply, State

_ORDER = [field.name for field in fields(Order) if field.name != "id"]
_JOB = "id provider price turn attempt faults started_at finished_at generation".split()
_PICTURE = "id seconds width height seed bytes is_spilled expired_at".split()
_REPLY = (
    "application_id token token_expires_at message_id revision shown_revision shown_place estimate_over_at"
).split()


def order_of(row: asyncpg.Record) -> Order:
    values = {name: row[name] for name in _ORDER}
    values |= {"params": json.loads(row["params"]), "inputs": tuple(row["inputs"])}
    return Order(id=row["order_id"], **values)


def job_of(row: asyncpg.Record, order: Order | None = None) -> Job:
    state, why = State(row["state"]), row["failure"]
    return Job(
        order=order or order_of(row),
        state=state,
        failure=FailureCode(why) if why and state is State.FAILED else None,
        cancelled_for=CancelReason(why) if why and state is State.CANCELLED else None,
        counted=row.get("counted") or Decimal(0),
        holder=row.get("holder") or b"",
        **{name: row[name] for name in _JOB},
    )


def picture_of(row: asyncpg.Record, order: Order | None = None, *, attempt: str = "attempt") -> Picture:
    return Picture(
        order=order or order_of(row),
        attempt=row[attempt],
        created_at=row["painted_at"],
        **{name: row[name] for name in _PICTURE},
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
        channel_id=first["reply_channel_id"],
        **{name: first[name] for name in _REPLY},
    )
