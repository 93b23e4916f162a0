"""What is lost when a process dies, a connection breaks or a permission goes: nothing."""

import signal
from functools import partial

import asyncpg

from db.pool import Pool
from tests.conditions import soon, until
from tests.house import House
from tests.lives import waiting
from tests.member import Member, fault, is_done, is_failed, is_running, is_waiting, text
from tests.orders import held_up


async def ask(one: Member, prompt: str = "a fox") -> str:
    """For a picture that is quick to make."""
    return await one.imagine(prompt, width=256, height=256)


async def test_a_bot_that_is_killed_while_a_job_runs_finishes_the_reply_after_its_restart(
    house: House, ada: Member
) -> None:
    house.servers.stability.latency_seconds = 2
    bot = await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    interaction = await ask(ada)
    running = await ada.reply(interaction, is_running)
    await bot.kill()
    await ada.until_bot_is(online=False)

    await house.bot()
    done = await ada.reply(interaction, is_done)
    assert done["id"] == running["id"]


async def test_a_bot_that_died_before_it_stored_the_messages_id_still_finds_the_reply(
    house: House, ada: Member
) -> None:
    bot = await house.bot()
    await ada.until_bot_is(online=True)
    interaction = await ask(ada)
    waiting = await ada.reply(interaction, is_waiting)
    await bot.kill()
    connection = await asyncpg.connect(house.servers.environment["DATABASE_URL"])
    try:
        # As if it had died between its answer and this.
        await connection.execute("update replies set message_id = null, shown_revision = 0, due_at = now()")
        await house.worker()
        await house.bot()
        done = await ada.reply(interaction, is_done)
        assert done["id"] == waiting["id"]
        await until(
            lambda: connection.fetchval("select message_id from replies"),
            lambda id_: id_ == int(waiting["id"]),
        )
    finally:
        await connection.close()


async def test_a_worker_that_is_killed_while_it_paints_is_replaced(house: House, ada: Member) -> None:
    house.servers.stability.latency_seconds = 2
    await house.bot()
    worker = await house.worker("worker-1")
    await ada.until_bot_is(online=True)
    interaction = await ask(ada)
    await ada.reply(interaction, is_running)
    await worker.kill()

    house.servers.stability.latency_seconds = 0
    await house.worker("worker-2")
    await ada.reply(interaction, is_done)


async def test_a_job_that_keeps_killing_its_workers_fails_and_counts_what_may_be_billed(
    house: House, ada: Member
) -> None:
    house.servers.stability.latency_seconds = 60
    house.servers.environment.update({"JOB_ATTEMPTS": "2", "LEASE_SECONDS": "1"})
    await house.bot()
    workers = [await house.worker(f"worker-{number}") for number in range(3)]
    await ada.until_bot_is(online=True)
    interaction = await ask(ada)
    connection = await asyncpg.connect(house.servers.environment["DATABASE_URL"])
    try:
        for attempt in (1, 2):
            holder = await until(
                partial(
                    connection.fetchval,
                    "select worker from jobs where state = 'running' and attempt = $1",
                    attempt,
                ),
                lambda name: name is not None,
            )
            await next(worker for worker in workers if holder.endswith(f"-{worker.pid}")).kill()
        failed = await ada.reply(interaction, is_failed)
        assert "stopped in the middle, several times in a row" in text(failed)
        assert "It counts as 6 credits" in text(failed)
        row = await connection.fetchrow("select attempt, faults from jobs")
        assert row is not None
        assert tuple(row) == (2, 2)
        calls = await connection.fetch("select outcome, credits from calls order by attempt")
        assert [tuple(call) for call in calls] == [("unknown", 3), ("unknown", 3)]
    finally:
        await connection.close()


async def test_a_worker_that_is_stopped_finishes_what_it_has_begun(house: House, ada: Member) -> None:
    house.servers.stability.latency_seconds = 2
    # With one place, what comes later waits, however quick its worker is.
    house.servers.environment["WORKER_CONCURRENCY"] = "1"
    await house.bot()
    worker = await house.worker()
    await ada.until_bot_is(online=True)
    interaction = await ask(ada)
    await ada.reply(interaction, is_running)
    late = await ask(ada, "another")
    assert await worker.stop() == 0
    await ada.reply(interaction, is_done)
    assert len(house.servers.stability.calls) == 1
    assert is_waiting(await ada.reply(late, lambda message: True))


async def test_a_worker_without_time_hands_its_job_back_at_no_cost(house: House, ada: Member) -> None:
    house.servers.stability.latency_seconds = 60
    house.servers.environment["SHUTDOWN_GRACE_SECONDS"] = "0"
    await house.bot()
    worker = await house.worker("worker-1")
    await ada.until_bot_is(online=True)
    interaction = await ask(ada)
    await ada.reply(interaction, is_running)
    assert await worker.stop() == 0
    back = await ada.reply(interaction, is_waiting)
    assert "tried again" not in text(back)

    house.servers.stability.latency_seconds = 0
    await house.worker("worker-2")
    await ada.reply(interaction, is_done)


async def test_a_bot_that_is_told_to_stop_exits_cleanly(house: House, ada: Member) -> None:
    bot = await house.bot()
    await ada.until_bot_is(online=True)
    bot.signal(signal.SIGINT)
    assert await soon(bot.wait()) == 0
    await ada.until_bot_is(online=False)


async def test_a_bot_that_is_told_to_stop_in_the_middle_of_a_command_answers_it(
    house: House, ada: Member
) -> None:
    bot = await house.bot()
    await ada.until_bot_is(online=True)
    url = house.servers.environment["DATABASE_URL"]
    connection = await asyncpg.connect(url)
    try:
        async with held_up(url, int(ada.user_id)) as held:
            interaction = await ask(ada)
            await held()
            bot.signal(signal.SIGTERM)
            # All else of it has ended.
            await until(
                lambda: connection.fetchval(
                    "select count(*) from pg_stat_activity "
                    "where datname = current_database() and application_name = 'tigerbrush-listen'"
                ),
                lambda count: count == 0,
            )
    finally:
        await connection.close()
    await ada.reply(interaction, is_waiting)
    assert await soon(bot.wait()) == 0


async def test_a_reply_outlives_its_token(house: House, ada: Member) -> None:
    await house.bot()
    await ada.until_bot_is(online=True)
    interaction = await ask(ada)
    waiting = await ada.reply(interaction, is_waiting)
    await fault(house.servers.discord.url, "expire_tokens")
    await house.worker()
    done = await ada.reply(interaction, is_done)
    assert done["id"] == waiting["id"]


async def test_a_job_that_was_stored_although_its_member_was_told_otherwise_is_shown(
    house: House, ada: Member, pool: Pool
) -> None:
    await house.bot()
    await ada.until_bot_is(online=True)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("lock table jobs")
        interaction = await ask(ada)
        told = await ada.reply(interaction, lambda m: "If a picture was begun all the same" in text(m))
        # The bot has given up, but Postgres stores it if it has the lock before it hears of that.
        held_up = (
            "select count(*) from pg_stat_activity "
            "where datname = current_database() and wait_event_type = 'Lock' and query like '%store_order%'"
        )
        await until(lambda: pool.fetchval(held_up), lambda count: count == 0)
    # As if Postgres had stored it, and gone away before it could say so.
    world = house.servers.discord.world
    await waiting(
        pool,
        interaction_id=int(interaction),
        application_id=int(world.application_id),
        token=world.interactions[interaction].token,
        member_id=int(ada.user_id),
        guild_id=int(world.guild.id),
        channel_id=int(ada.channels["paintings"]),
    )
    await pool.execute("update replies set due_at = now()")
    shown = await ada.reply(interaction, is_waiting)
    assert shown["id"] == told["id"]
    # Nothing but the token finds that message, which nobody but Ada sees.
    await fault(house.servers.discord.url, "expire_tokens")
    await house.worker()
    done = await ada.message(is_done)
    assert done["channel_id"] == ada.channels["paintings"]
    assert len(house.servers.stability.calls) == 1


async def test_the_picture_comes_by_direct_message_where_the_bot_may_not_edit(
    house: House, ada: Member
) -> None:
    await house.bot()
    await ada.until_bot_is(online=True)
    await ada.reply(await ask(ada), is_waiting)
    url = house.servers.discord.url
    await fault(url, "forbid", channel=ada.channels["paintings"], permission="VIEW_CHANNEL")
    await fault(url, "expire_tokens")
    await house.worker()
    done = await ada.message(is_done)
    assert done["channel_id"] == ada.channels["dm"]


async def test_an_interaction_that_comes_twice_makes_one_job(house: House, ada: Member) -> None:
    await house.bot()
    await ada.until_bot_is(online=True)
    interaction = await ask(ada)
    await ada.reply(interaction, is_waiting)
    await fault(house.servers.discord.url, "replay_interaction", id=interaction)
    await house.worker()
    await ada.reply(interaction, is_done)
    assert len(house.servers.stability.calls) == 1
    assert len(await ada.history()) == 1


async def test_a_broken_connection_to_discord_is_resumed(house: House, ada: Member) -> None:
    await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    await fault(house.servers.discord.url, "disconnect")
    await ada.until_bot_is(online=True)
    await ada.reply(await ask(ada), is_done)


async def test_a_reply_that_was_deleted_is_let_go(house: House, ada: Member) -> None:
    await house.bot()
    await ada.until_bot_is(online=True)
    waiting = await ada.reply(await ask(ada), is_waiting)
    await ada.delete(waiting)
    await house.worker()
    await ada.reply(await ask(ada, "another"), is_done)
    connection = await asyncpg.connect(house.servers.environment["DATABASE_URL"])
    try:
        await until(
            lambda: connection.fetchval("select failure from replies order by order_id limit 1"),
            lambda reason: reason == "the reply was deleted",
        )
    finally:
        await connection.close()
