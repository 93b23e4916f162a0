"""What is found afterwards, from outside: rows, objects, messages, calls, connections and processes."""

import hashlib
import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image

from db.ledger import audit
from db.pool import Connection
from sandbox.discord import Exchange
from sandbox.discord.state import MESSAGES_PER_CHANNEL_MAX, World
from sandbox.stability import Call
from sandbox.stability.generations import Generation
from tests.drill.journal import Journal
from tests.member import text, walk

Row = dict[str, Any]

_UNSETTLED = """
select (select count(*) from jobs where state in ('queued', 'running')) as open,
       (select count(*) from replies where shown_revision < revision and given_up_revision < revision) as behind,
       (select count(*) from removals where due_at <= now()) as kept,
       (select count(*) from copies where due_at is not null) as shown_elsewhere,
       (select count(*) from spill) as spilled
"""

# The bill is checked by what was asked for, which deleting takes out of the rows.
_REMEMBER = """
create table drill_orders (id bigint primary key, prompt text not null, borrowed boolean not null);
create function remember_order() returns trigger language plpgsql as $$
begin
    insert into drill_orders values (old.id, old.prompt, old.params ? 'borrowed');
    return null;
end
$$;
create trigger remember_order after update of erased_at on orders
    for each row when (old.erased_at is null) execute function remember_order();
"""

_ORDERS = """
select orders.id, orders.interaction_id, orders.channel_id, orders.count, orders.erased_at,
       coalesce(drill_orders.prompt, orders.prompt) as prompt,
       replies.message_id, replies.channel_id as reply_channel_id, replies.revision, replies.shown_revision,
       replies.given_up_revision, replies.failure as reply_failure
from orders
    join replies on replies.order_id = orders.id
    left join drill_orders on drill_orders.id = orders.id
order by orders.id
"""

# A picture has the size that was asked for; what is made from another one has that which its worker recorded.
_JOBS = """
select jobs.id, jobs.order_id, jobs.id % 16 as number, jobs.state, jobs.attempt, jobs.failure, jobs.started_at,
       jobs.finished_at, jobs.lease_until, jobs.run_after, orders.key, orders.operation, orders.model,
       coalesce(drill_orders.prompt, orders.prompt) as prompt,
       coalesce(drill_orders.borrowed, orders.params ? 'borrowed') as borrowed,
       coalesce((orders.params ->> 'width')::integer, pictures.width) as width,
       coalesce((orders.params ->> 'height')::integer, pictures.height) as height,
       pictures.attempt as picture_attempt, pictures.erased_at, pictures.seed
from jobs
    join orders on orders.id = jobs.order_id
    left join pictures on pictures.id = jobs.id
    left join drill_orders on drill_orders.id = orders.id
order by jobs.id
"""

_LEDGER = """
select calls.job_id, calls.attempt, calls.credits, calls.outcome, calls.request_id, calls.generation,
       coalesce(drill_orders.prompt, orders.prompt) as prompt
from calls
    join jobs on jobs.id = calls.job_id
    join orders on orders.id = jobs.order_id
    left join drill_orders on drill_orders.id = orders.id
order by calls.job_id, calls.attempt
"""

# Where no url is left, the bucket has it.
_UPLOADS = "select key, url is null as is_kept from uploads where erased_at is null"

_OF_A_PANEL = ("picture:erase:", "picture:favourite:", "order:reopen:")
"""What begins so is under what shows no order: the panel of a picture, a question, a form that was refused."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object of the bucket. `size` is None where it is no picture."""

    sha256: str
    size: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the bot. `custom_ids` are those of its buttons, and it has been so since `at`."""

    channel_id: int
    id: int
    text: str
    custom_ids: tuple[str, ...]
    at: float
    ephemeral: bool = False

    @property
    def orders(self) -> set[int]:
        """Those that its buttons are for."""
        if any(one.startswith(_OF_A_PANEL) for one in self.custom_ids):
            return set()
        # The buttons of a picture alone are those of a page of the gallery.
        parts = [one.split(":") for one in self.custom_ids]
        return {int(part[2]) for part in parts if part[0] == "order"}


class Answers:
    """The first answer that Discord took to each interaction, and what it said."""

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}

    def see(self, exchange: Exchange) -> None:
        parts = exchange.path.split("/")
        if exchange.path.endswith("/callback") and exchange.status in (200, 204):
            body = exchange.request if isinstance(exchange.request, dict) else {}
            self.texts[int(parts[2])] = text(body.get("data") or {})


@dataclass(slots=True)
class Evidence:
    journal: Journal
    answers: dict[int, str]
    orders: list[Row] = field(default_factory=list)
    jobs: list[Row] = field(default_factory=list)
    ledger: list[Row] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    """Sums of the ledger that a recount does not give."""

    spilled: int = 0
    table_bytes: dict[str, int] = field(default_factory=dict)
    connections: dict[str, int] = field(default_factory=dict)
    connections_left: dict[str, int] = field(default_factory=dict)
    objects: dict[str, Stored] = field(default_factory=dict)
    removals: list[str] = field(default_factory=list)
    """How the names begin of what is to be removed from the bucket once more."""

    uploads: dict[str, bool] = field(default_factory=dict)
    """What members handed in, by its key: whether the bucket has to have it."""

    calls: list[Call] = field(default_factory=list)
    generations: dict[str, Generation] = field(default_factory=dict)
    """What was begun at Stability, by its id."""

    questions: dict[int, int] = field(default_factory=dict)
    """Of interactions that said yes to a price: the message that asked, which is the order's interaction."""

    messages: dict[tuple[int, int], Shown] = field(default_factory=dict)
    crowded_out_before: dict[int, int] = field(default_factory=dict)
    """Of channels that are full: the oldest message that is still there."""

    deleted: set[int] = field(default_factory=set)
    """Messages that were seen to go."""

    secrets: list[str] = field(default_factory=list)
    process_ids: dict[str, list[int]] = field(default_factory=dict)
    """Of each process, at the beginning and at the end."""

    statuses: dict[str, int] = field(default_factory=dict)
    left_running: list[str] = field(default_factory=list)
    settled_seconds: float | None = None


async def remember_erased(connection: Connection) -> None:
    """From here on, what deleted jobs had asked for is kept beside them."""
    await connection.execute(_REMEMBER)


async def unsettled(connection: Connection) -> dict[str, int]:
    """What has not come to its end yet, by what is amiss."""
    row = await connection.fetchrow(_UNSETTLED)
    return dict(row) if row else {}


async def read_tables(evidence: Evidence, connection: Connection) -> None:
    evidence.jobs = [dict(row) for row in await connection.fetch(_JOBS)]
    evidence.orders = [
        {
            **dict(row),
            "state": _state({job["state"] for job in evidence.jobs if job["order_id"] == row["id"]}),
        }
        for row in await connection.fetch(_ORDERS)
    ]
    evidence.ledger = [dict(row) for row in await connection.fetch(_LEDGER)]
    evidence.uploads = {str(row["key"]): row["is_kept"] for row in await connection.fetch(_UPLOADS)}
    evidence.removals = [row["prefix"] for row in await connection.fetch("select prefix from removals")]
    _totals, differences = await audit(connection)
    evidence.differences = [str(difference) for difference in differences]
    sizes = await connection.fetch(
        "select relname, pg_total_relation_size(oid) as bytes from pg_class "
        "where relkind = 'r' and relnamespace = 'public'::regnamespace"
    )
    evidence.table_bytes = {row["relname"]: row["bytes"] for row in sizes}
    evidence.spilled = await connection.fetchval("select count(*) from spill")


def _state(of_jobs: set[str]) -> str:
    """Of an order: open while one of its jobs is, and done where one of them brought a picture."""
    return next(state for state in ("queued", "running", "done", "failed", "cancelled") if state in of_jobs)


async def count_connections(connection: Connection) -> dict[str, int]:
    rows = await connection.fetch(
        "select application_name, count(*) as count from pg_stat_activity "
        "where application_name like 'tigerbrush%' group by 1"
    )
    return {row["application_name"]: row["count"] for row in rows}


def read_bucket(evidence: Evidence, directory: Path) -> None:
    """The local server keeps each object as a file of its name, and what is its own in hidden folders."""
    for path in directory.rglob("*"):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(directory).parts):
            evidence.objects[str(path.relative_to(directory))] = _stored(path.read_bytes())


def _stored(content: bytes) -> Stored:
    try:
        with Image.open(io.BytesIO(content)) as image:
            image.load()
            size = image.size
    except (OSError, SyntaxError, ValueError):
        size = None
    return Stored(hashlib.sha256(_as_painted(content)).hexdigest(), size)


def _as_painted(content: bytes) -> bytes:
    """Without the chunk by which a worker says that it was made by AI: all else is to be as it came, bit for bit."""
    header = 33
    if content[header + 4 : header + 8] != b"iTXt":
        return content
    end = header + 12 + int.from_bytes(content[header : header + 4])
    return content[:header] + content[end:]


def read_world(evidence: Evidence, world: World) -> None:
    for channel_id, messages in world.messages.items():
        if len(messages) >= MESSAGES_PER_CHANNEL_MAX:
            evidence.crowded_out_before[int(channel_id)] = int(next(iter(messages)))
        for message in messages.values():
            if message.author_id == world.bot_id:
                body = {"content": message.content, "components": message.components}
                at = datetime.fromisoformat(message.edited_timestamp or message.timestamp).timestamp()
                shown = shown_in(int(channel_id), int(message.id), body, at, message.is_ephemeral)
                evidence.messages[shown.channel_id, shown.id] = shown
    for interaction in world.interactions.values():
        evidence.secrets.append(interaction.token)
        if interaction.message_id and interaction.data.get("custom_id", "").startswith("sure:"):
            evidence.questions[int(interaction.id)] = int(interaction.message_id)


def shown_in(channel_id: int, id_: int, body: dict[str, Any], at: float, ephemeral: bool) -> Shown:
    ids = tuple(c["custom_id"] for c in walk(body) if "custom_id" in c)
    return Shown(channel_id, id_, text(body), ids, at, ephemeral)


def outcomes(jobs: list[Row]) -> Counter[str]:
    return Counter(f"{job['state']}{': ' + job['failure'] if job['failure'] else ''}" for job in jobs)
