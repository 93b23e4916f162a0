"""A database as one has it after a year: pictures by the million, and in every table what stands beside them.

Members ask in turn, each in one server, for 400 days until now; everything is done, and each order is of one picture.
It is written by set-based statements without the secondary indexes, which are built afterwards. Some orders wait in
line besides.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

import asyncpg

from benchmarks.stage import Stage
from core.settings import DatabaseSettings
from db.pool import Connection, open_pool
from tests.lives import fill

LARGEST, LEAVING, USUAL = 7, 8, 1000
"""Members: one has every twentieth picture, one every thousandth; USUAL is the first of all others, who have as many as
each other."""

LARGEST_SHARE, LEAVING_SHARE = 20, 1000
PICTURES_EACH = 100
SERVERS, CHANNELS = 2_500, 50

CHUNK = 100_000
CONNECTIONS = 4
"""More than processors, as one waits for the disk while another computes."""

PREPARE = """
-- What is the same for all pictures of a member.
create unlogged table painters as
select
    member_id, usage_holder(member_id, usage_month()) as holder, search_owner(member_id) as owner,
    1 + member_id % :servers as guild_id
from (
    select generate_series(:usual, :usual + :members - 1)::bigint as member_id
    union all values (:largest), (:leaving)
) as ids;
alter table painters add primary key (member_id);
analyze painters;

-- Twenty words in changing company, so that a search has something to find and something to pass by.
create function asked(first bigint, last bigint) returns table (
    n bigint, at timestamptz, channel_id bigint, prompt text[], member_id bigint, holder bytea, owner text,
    guild_id bigint
)
language sql stable as $$
    select
        n, now() - (:rows - n) * (interval '400 days' / :rows), painters.guild_id * :channels + n % :channels,
        array[
            'a', words[1 + (n / 20) % 20], words[1 + (n / 400) % 20], 'in', 'the', words[1 + (n / 8000) % 20],
            (n % 997)::text
        ],
        painters.*
    from generate_series(first, last) as n
        cross join (
            select string_to_array('fox snow tower sea night garden river city glass moon paper horse storm '
                'forest desert lamp bridge winter island tiger', ' ') as words
        ) as vocabulary
        join painters on painters.member_id = case
            when n % :share_of_largest = 0 then :largest
            when n % :share_of_leaving = 1 then :leaving
            else :usual + n * 7919 % :members
        end
$$;
alter table orders drop constraint orders_key_key;
"""

FILL = (
    """
    insert into orders (
        id, created_at, interaction_id, member_id, guild_id, channel_id, locale, operation, model, prompt, params
    )
    overriding system value
    select
        n, at, n, member_id, guild_id, channel_id, 'en-US', 'imagine', 'core', array_to_string(prompt, ' '),
        '{"width": 1024, "height": 1024}'
    from asked($1, $2)
    """,
    """
    insert into jobs (
        id, order_id, member_id, provider, price, turn, state, attempt, run_after, started_at, finished_at,
        month, day, holder, guild_id
    )
    select
        n * 16 + 1, n, member_id, 'stability', 3, n, 'done', 1, at, at, at + interval '5 seconds',
        date_trunc('month', at at time zone 'UTC'), at at time zone 'UTC', holder, guild_id
    from asked($1, $2)
    """,
    """
    insert into pictures (
        id, order_id, attempt, created_at, seconds, member_id, guild_id, channel_id, private, model, width, height,
        seed, bytes, words
    )
    select
        n * 16 + 1, n, 1, at + interval '5 seconds', 5, member_id, guild_id, channel_id, n % 10 = 3, 'core', 1024,
        1024, n, 1500000, (owner || array_to_string(prompt, ' ' || owner))::tsvector
    from asked($1, $2)
    """,
    """
    insert into replies (
        order_id, application_id, token_expires_at, message_id, ephemeral, revision, shown_revision, due_at
    )
    select n, 1, at, n, false, 3, 3, at from asked($1, $2)
    """,
    """
    insert into calls (job_id, attempt, provider, operation, model, credits, begun_at, outcome, ended_at)
    select n * 16 + 1, 1, 'stability', 'imagine', 'core', 3, at, 'billed', at + interval '5 seconds'
    from asked($1, $2)
    """,
)

BESIDE = """
create temporary view counted as
select month, day, scope, key, part::smallint, price
from jobs cross join lateral (
    values
        ('all', ''::bytea, id / 16 % 16), ('server', int8send(guild_id), id / 16 % 16), ('member', holder, 0),
        ('here', usage_here(holder, guild_id), 0)
) as sums (scope, key, part)
where month = usage_month();
insert into usage select month, scope, key, part, sum(price) from counted group by month, scope, key, part;
insert into usage_days
select day, scope, key, part, sum(price) from counted where day = usage_day() group by day, scope, key, part;
insert into members (member_id, changed_at)
select member_id, now() - interval '30 days' from painters where member_id % 10 = 0;
insert into favourites (member_id, picture_id, words)
select marker, orders.id * 16 + 1, search_words(prompt, marker)
from orders cross join lateral (select :usual + orders.id * 31 % :members as marker) as markers
where orders.id % 100 = 0;
insert into downloads (member_id, picture_id, sent_at)
select :usual + n * 17 % :members, n * 16 + 1, now() - interval '1 day' from generate_series(1, :rows, 100) as n;
insert into copies (message_id, channel_id, member_id, picture_ids)
select :rows + n, 1, :usual + n * 17 % :members, array[n * 16 + 1] from generate_series(1, :rows, 100) as n;
select setval(pg_get_serial_sequence('orders', 'id'), :rows);
drop view counted;
drop function asked;
drop table painters;
"""

WAITING = 1000
SMALL, USUALLY, LARGE = 100_000, 1_000_000, 10_000_000

_INDEXES = """
select indexname, indexdef from pg_indexes
where tablename in ('orders', 'jobs', 'pictures', 'replies', 'calls') and indexname !~ '_p?key$'
"""

_WHILE_FILLED = {
    "autovacuum": "off",
    "full_page_writes": "off",
    "max_wal_size": "'8GB'",
    "checkpoint_timeout": "'1h'",
}


def sizes(stage: Stage) -> tuple[int, int]:
    """Pictures in the database that is large, and in the one to compare it with, which is named first."""
    return stage.amount(SMALL, quick=1_000), stage.amount(LARGE if stage.large else USUALLY, quick=2_000)


@dataclass(frozen=True, slots=True)
class Filled:
    """A database with so many pictures, which are those of `members` members and of two more."""

    url: str
    rows: int
    members: int

    @classmethod
    async def of(cls, stage: Stage, rows: int) -> Self:
        """Filled once for all measures, which leave nearly all of it as it is."""
        members = max(rows // PICTURES_EACH, 10)
        if rows not in stage.filled:
            filled = cls(await stage.database(), rows, members)
            await filled._fill(stage)
            stage.filled[rows] = filled.url
        return cls(stage.filled[rows], rows, members)

    async def _fill(self, stage: Stage) -> None:
        async with self._connection() as connection, _unhindered(connection):
            await connection.execute(self._numbered(PREPARE))
            indexes = await connection.fetch(_INDEXES)
            for index in indexes:
                await connection.execute(f"drop index {index['indexname']}")
            await self._side_by_side(self._chunks(stage))
            stage.say(f"filling {self.rows:,} pictures: indexes")
            unique = "alter table orders add constraint orders_key_key unique (key)"
            await self._side_by_side(iter([unique, *(index["indexdef"] for index in indexes)]))
            await connection.execute(self._numbered(BESIDE))
            await connection.execute("vacuum analyze")
            await connection.execute("checkpoint")
        settings = DatabaseSettings.model_validate({"database_url": self.url})
        async with open_pool(settings, name="benchmark") as pool:
            await fill(pool, WAITING)

    def _chunks(self, stage: Stage) -> Iterator[str]:
        for first in range(1, self.rows + 1, CHUNK):
            last = min(first + CHUNK - 1, self.rows)
            if last % (10 * CHUNK) == 0:
                stage.say(f"filling {self.rows:,} pictures: {last:,}")
            for statement in FILL:
                yield statement.replace("$1", str(first)).replace("$2", str(last))

    async def _side_by_side(self, statements: Iterator[str]) -> None:
        """Without triggers and foreign keys: all that they would do is done."""

        async def work() -> None:
            async with self._connection() as connection:
                await connection.execute("set session_replication_role = replica")
                await connection.execute("set synchronous_commit = off")
                await connection.execute("set maintenance_work_mem = '512MB'")
                for statement in statements:
                    await connection.execute(statement)

        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))

    def _numbered(self, sql: str) -> str:
        numbers = {
            "servers": SERVERS,
            "channels": CHANNELS,
            "usual": USUAL,
            "members": self.members,
            "share_of_largest": LARGEST_SHARE,
            "share_of_leaving": LEAVING_SHARE,
            "largest": LARGEST,
            "leaving": LEAVING,
            "rows": self.rows,
        }
        for name, number in numbers.items():
            sql = sql.replace(f":{name}", str(number))
        return sql

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        connection = await asyncpg.connect(self.url)
        try:
            yield connection
        finally:
            await connection.close()


@asynccontextmanager
async def _unhindered(connection: Connection) -> AsyncIterator[None]:
    """Nothing is kept safe meanwhile that could as well be filled anew."""
    try:
        for name, value in _WHILE_FILLED.items():
            await connection.execute(f"alter system set {name} = {value}")
        await connection.execute("select pg_reload_conf()")
        yield
    finally:
        for name in _WHILE_FILLED:
            await connection.execute(f"alter system reset {name}")
        await connection.execute("select pg_reload_conf()")
