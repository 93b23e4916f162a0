"""A process dies after it has done something outside, and before that is recorded: each thing is done once, or again
where that comes to the same.

The recording waits at a gate in Postgres until the process is killed, and is lost with its connection.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import pytest

from db.bucket.client import Bucket
from db.ledger import audit
from db.pool import Pool
from sandbox.processes import Process
from tests.conditions import until
from tests.e2e.pictures import download
from tests.e2e.test_changes import SIZE, picture
from tests.e2e.test_covered import shared_by
from tests.e2e.test_gallery import open_gallery
from tests.e2e.test_outages import Bridge
from tests.e2e.test_privacy import is_sent
from tests.house import House, paint
from tests.member import Member, Message, fault, is_done, is_waiting, link_of, text

LOCK = 4242
Kill = Callable[[Process], Awaitable[None]]

GATE = """
create function wait_at_the_gate() returns trigger language plpgsql as $$
begin
    if {condition} then
        perform pg_advisory_xact_lock({lock});
    end if;
    return coalesce(new, old);
end
$$;
create trigger gate before {event} on {table} for each row execute function wait_at_the_gate();
"""
WAITING = """
select pid from pg_locks
where locktype = 'advisory' and objid = {lock} and not granted
    and database = (select oid from pg_database where datname = current_database())
"""


@asynccontextmanager
async def gate(house: House, event: str, table: str, condition: str = "true") -> AsyncIterator[Kill]:
    """Such a change of the table waits. What is yielded kills the process whose change does, and undoes that."""
    connection = await asyncpg.connect(house.servers.environment["DATABASE_URL"])
    waiting = WAITING.format(lock=LOCK)

    async def kill(process: Process) -> None:
        await until(lambda: connection.fetch(waiting), bool)
        await process.kill()
        # By itself Postgres would notice only when it answers, and carry the statement out.
        for row in await connection.fetch(waiting):
            await connection.execute("select pg_terminate_backend($1)", row["pid"])
        await until(lambda: connection.fetch(waiting), lambda pids: not pids)

    try:
        await connection.execute("select pg_advisory_lock($1::bigint)", LOCK)
        await connection.execute(GATE.format(condition=condition, event=event, table=table, lock=LOCK))
        yield kill
        await connection.execute(f"drop trigger gate on {table}")
        await connection.execute("drop function wait_at_the_gate")
    finally:
        await connection.close()


SHOWN = (
    "new.shown_revision > old.shown_revision and exists (select from pictures where order_id = new.order_id)"
)


TELL_NOW = "update alarms set tell_at = now()"
"""As if the time was over in which whoever died would have told it."""


async def objects(bucket: Bucket, pool: Pool) -> list[str]:
    """Those of the only order, without its key."""
    order_key = await pool.fetchval("select key from orders")
    stored = [key async for page in bucket.pages(before=datetime.max.replace(tzinfo=UTC)) for key in page]
    return sorted(key.removeprefix(f"{order_key}/") for key in stored if key.startswith(f"{order_key}/"))


async def is_up_to_date(pool: Pool) -> None:
    behind = "select count(*) from replies where shown_revision < revision"
    await until(lambda: pool.fetchval(behind), lambda count: count == 0)


async def test_a_worker_dies_after_the_bucket_has_the_picture(
    house: House, ada: Member, pool: Pool, bucket: Bucket
) -> None:
    house.servers.stability.latency_seconds = 0
    await house.bot()
    worker = await house.worker("worker-1")
    await ada.until_bot_is(online=True)
    async with gate(house, "update", "jobs", "new.state = 'done'") as kill:
        interaction = await ada.imagine("a fox", width=256, height=256)
        await kill(worker)
    assert await objects(bucket, pool) == ["1/1/original.png", "1/1/preview.webp"]
    await house.worker("worker-2")
    done = await ada.reply(interaction, is_done)
    assert (await download(link_of(done))).size == (256, 256)
    # What nobody knows may be billed, and here it was.
    assert [call.status for call in house.servers.stability.calls] == [200, 200]
    calls = await pool.fetch("select outcome, credits from calls order by attempt")
    assert [tuple(call) for call in calls] == [("unknown", 3), ("billed", 3)]
    assert (await audit(pool))[1] == []
    assert await pool.fetchval("select count(*) from pictures") == 1


async def test_workers_die_before_and_after_what_was_begun_is_in_the_ledger(
    house: House, ada: Member, pool: Pool, bucket: Bucket
) -> None:
    """Of what one began whose id nobody kept it is unknown whether it is billed; with the id it is paid for once."""
    house.servers.stability.latency_seconds = 0
    await house.bot()
    worker = await house.worker("worker-1")
    await ada.until_bot_is(online=True)
    async with gate(house, "update", "jobs", "new.generation is not null") as kill:
        interaction = await ada.use("change relight", image=picture(), prompt="a beach", light="left")
        await kill(worker)
    worker = await house.worker("worker-2")
    await until(lambda: pool.fetchval("select generation from jobs"), bool)
    async with gate(house, "update", "jobs", "new.state = 'done'") as kill:
        await kill(worker)
    await house.worker("worker-3")
    done = await ada.reply(interaction, is_done, within_seconds=60)
    assert (await download(link_of(done))).size == SIZE
    assert len(house.servers.stability.calls) == 2
    calls = await pool.fetch("select outcome, credits, generation is null from calls order by attempt")
    assert [tuple(call) for call in calls] == [("unknown", 8, True), ("billed", 8, False)]
    assert (await audit(pool))[1] == []


@pytest.mark.parametrize("way", ["edit", "post", "direct message"])
async def test_a_bot_dies_after_discord_shows_the_picture(
    house: House, ada: Member, pool: Pool, way: str
) -> None:
    house.servers.stability.latency_seconds = 0
    bot = await house.bot()
    await ada.until_bot_is(online=True)
    asked = await ada.imagine("a fox", width=256, height=256, private=way == "direct message")
    first = await ada.reply(asked, is_waiting)
    await is_up_to_date(pool)
    if way != "edit":
        await fault(house.servers.discord.url, "expire_tokens")
        await pool.execute("update replies set token_expires_at = now()")
    if way == "post":
        # As if the command's answer had told nobody where it is.
        await pool.execute("update replies set message_id = null")
    async with gate(house, "update", "replies", SHOWN) as kill:
        await house.worker()
        await kill(bot)

    def is_shown(message: Message) -> bool:
        moved = message["channel_id"] == ada.channels["dm"] if way == "direct message" else True
        # While the bucket is slow, its full size follows.
        is_there = is_done(message) or "full size follows" in text(message)
        return is_there and moved and (message["id"] == first["id"]) is (way == "edit")

    once = await ada.message(is_shown)
    await ada.until_bot_is(online=False)
    await house.bot()
    await ada.until_bot_is(online=True)
    await is_up_to_date(pool)
    assert (await ada.message(is_shown))["id"] == once["id"]
    ends = [id_ for id_, versions in ada.seen.items() if is_done(versions[-1]) and id_ not in ada.deleted]
    assert ends == [once["id"]]
    row = await pool.fetchrow("select message_id, failure from replies")
    assert row is not None
    assert tuple(row) == (int(once["id"]), None)


async def test_a_bot_dies_after_it_has_sent_a_download(house: House, ada: Member, ben: Member) -> None:
    house.servers.stability.latency_seconds = 0
    bot = await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    done = await paint(ada)
    async with gate(house, "insert", "copies") as kill:
        await ben.react(done)
        await ben.message(is_sent)
        await kill(bot)
    await ada.until_bot_is(online=False)
    await house.bot()
    await ada.until_bot_is(online=True)
    await ben.react(done)
    # Ada's comes after whatever Ben's might have brought.
    await ada.react(done)
    await ada.message(is_sent)
    assert len([m for m in await ben.history("dm") if is_sent(m)]) == 1


async def test_bot_and_worker_die_after_they_have_removed_what_was_deleted(
    house: House, ada: Member, pool: Pool, bucket: Bucket
) -> None:
    house.servers.stability.latency_seconds = 0
    bot = await house.bot()
    worker = await house.worker("worker-1")
    await ada.until_bot_is(online=True)
    done = await paint(ada)
    shared = await shared_by(ada, await open_gallery(ada))
    question = await ada.delete_asked(done)
    async with gate(house, "delete", "copies") as kill:
        await ada.press(question, "Delete it for good")
        # The message itself goes beside the page, and in no order.
        await ada.until(lambda: {done["id"], shared["id"]} <= ada.deleted)
        await kill(bot)
    await ada.until_bot_is(online=False)
    await house.bot()
    await ada.until_bot_is(online=True)
    # It may be tried again once the one that died would have been done with it.
    await pool.execute("update copies set due_at = now()")
    await until(lambda: pool.fetchval("select count(*) from copies"), lambda count: count == 0)

    await until(lambda: objects(bucket, pool), lambda keys: not keys)
    await pool.execute("delete from removals")
    async with gate(house, "update", "removals", "new.due_at > now() + interval '1 hour'") as kill:
        # One that is removed again after a day, as all are.
        await pool.execute("insert into removals values ('nobody/', now(), now() + interval '1 day')")
        await kill(worker)
    await pool.execute("update removals set due_at = now()")
    await house.worker("worker-2")
    again = "select again_at is null from removals"
    await until(lambda: pool.fetchval(again), bool)


async def test_a_worker_dies_after_it_has_uploaded_what_was_spilled(
    house: House, ada: Member, pool: Pool, bucket: Bucket
) -> None:
    house.servers.stability.latency_seconds = 0
    bridge = Bridge(house.servers.environment["AWS_ENDPOINT_URL_S3"])
    await bridge.open()
    house.servers.environment["AWS_ENDPOINT_URL_S3"] = bridge.url
    bridge.close()
    await house.bot()
    worker = await house.worker("worker-1")
    await ada.until_bot_is(online=True)
    interaction = await ada.imagine("a fox", width=256, height=256)
    async with gate(house, "delete", "spill") as kill:
        await ada.reply(interaction, lambda m: "its full size follows" in text(m))
        await bridge.open()
        await kill(worker)
    await pool.execute("update spill set upload_at = now()")
    await house.worker("worker-2")
    done = await ada.reply(interaction, is_done)
    assert (await download(link_of(done))).size == (256, 256)
    assert await objects(bucket, pool) == ["1/1/original.png", "1/1/preview.webp"]
    assert len(house.servers.stability.calls) == 1
    bridge.close()


async def test_a_bot_dies_while_it_tells_the_owner(house: House, ada: Member, pool: Pool) -> None:
    bot = await house.bot()
    await ada.until_bot_is(online=True)
    url = house.servers.discord.url
    before = len(house.exchanges)
    await fault(url, "rest", status=503, times=None, path="/users/@me/channels")
    await pool.execute(
        "insert into alarms (kind, provider, detail, probe_at) "
        "values ('no_credit', 'stability', '', now() + interval '1 hour')"
    )

    async def calls() -> list[str]:
        return [one.path for one in house.exchanges[before:] if one.path.endswith("/users/@me/channels")]

    await until(calls, bool)
    await bot.kill()
    await fault(url, "heal_rest")
    await ada.until_bot_is(online=False)
    await pool.execute(TELL_NOW)
    await house.bot()
    await ada.message(lambda message: "🚨" in text(message))


async def test_a_bot_dies_after_it_has_told_the_owner(house: House, ada: Member, pool: Pool) -> None:
    bot = await house.bot()
    await ada.until_bot_is(online=True)
    async with gate(house, "update", "alarms", "new.told_at is not null") as kill:
        await pool.execute(
            "insert into alarms (kind, provider, detail, probe_at) "
            "values ('no_credit', 'stability', '', now() + interval '1 hour')"
        )
        await ada.message(lambda message: "🚨" in text(message))
        await kill(bot)
    await ada.until_bot_is(online=False)
    await pool.execute(TELL_NOW)
    await house.bot()
    told = "select count(*) from alarms where told_at is not null"
    await until(lambda: pool.fetchval(told), lambda count: count == 1)
    assert len([m for m in await ada.history("dm") if "🚨" in text(m)]) == 1
