"""Honest status: places in line that move, estimates, and a member's own queue."""

import asyncpg

from tests.conditions import until
from tests.house import House, paint, start
from tests.member import Member, is_cancelled, is_done, is_running, is_waiting, text, walk


async def test_the_place_in_line_and_the_estimate_are_kept_true(house: House, ada: Member) -> None:
    house.servers.environment.update({"WORKER_CONCURRENCY": "1", "SHUTDOWN_GRACE_SECONDS": "0"})
    await start(house, ada)
    await paint(ada)
    # As if it had taken long: places are told while the line is likely to stand.
    connection = await asyncpg.connect(house.servers.environment["DATABASE_URL"])
    await connection.execute("update pictures set seconds = 600")
    await connection.close()
    house.servers.stability.latency_seconds = 60
    running = await ada.reply(await ada.imagine("first", width=256, height=256), is_running)
    assert ", likely done <t:" in text(running)
    line = []
    for number in range(2, 4):
        line.append(await ada.imagine(f"waiting {number}", width=256, height=256))
        last = await ada.reply(line[-1], is_waiting)
    assert "Number 2 in line\nLikely done <t:" in text(last)

    for interaction in line[:-1]:
        await ada.press(await ada.reply(interaction, is_waiting), "Cancel")
        await ada.reply(interaction, is_cancelled)
    moved = await ada.reply(line[-1], lambda m: "Next in line" in text(m), within_seconds=30)
    assert moved["id"] == last["id"]


async def test_my_queue_lists_what_is_mine_with_a_cancel_on_each(
    house: House, ada: Member, ben: Member
) -> None:
    house.servers.environment["WORKER_CONCURRENCY"] = "1"
    house.servers.stability.latency_seconds = 60
    await start(house, ada, ben)
    assert "Nothing of yours" in text(await ada.reply(await ada.use("queue"), lambda message: True))
    running = await ada.imagine("at work", width=256, height=256)
    await ada.reply(running, is_running)
    waiting = await ada.imagine("in line", width=256, height=256)
    await ada.reply(waiting, is_waiting)
    await ben.reply(await ben.imagine("another's", width=256, height=256), is_waiting)

    mine = await ada.reply(await ada.use("queue"), lambda message: True)
    assert mine["flags"] & 64
    sections = [component["content"] for component in walk(mine) if component["type"] == 10]
    assert [section.split("\n")[0] for section in sections] == ["### ⏳ Your queue", "at work", "in line"]
    assert "Started <t:" in sections[1]
    # For whatever is painted next.
    house.servers.stability.latency_seconds = 1
    await ada.press(mine, "Cancel")
    await ada.reply(running, is_cancelled)
    shorter = await ada.message(lambda m: m["id"] == mine["id"] and "at work" not in text(m))
    assert "in line" in text(shorter)
    await ada.reply(waiting, is_done)


async def test_a_pause_is_told_to_who_waits_already_and_to_the_owner_and_so_is_its_end(
    house: House, ada: Member, ben: Member
) -> None:
    # Only a notification can wake the bot.
    house.servers.environment["POLL_SECONDS"] = "300"
    await house.bot()
    await ben.until_bot_is(online=True)
    waiting = await ben.reply(await ben.imagine("a fox", width=256, height=256), is_waiting)
    assert "Paused" not in text(waiting)
    connection = await asyncpg.connect(house.servers.environment["DATABASE_URL"])
    try:
        # Shown for long, as far as the bot knows.
        make_old = "update replies set due_at = now() - interval '1 minute'"
        await until(
            lambda: connection.fetchval(f"{make_old} where shown_place is not null returning order_id"),
            lambda id_: id_ is not None,
        )
        await connection.execute(
            "insert into alarms (kind, provider, detail, probe_at) "
            "values ('no_credit', 'stability', '', now() + interval '1 hour')"
        )
        assert "Buy some" in text(await ada.message(lambda message: "🚨" in text(message)))
        paused = await ben.message(lambda m: m["id"] == waiting["id"] and "has run out of credits" in text(m))
        await until(
            lambda: connection.fetchval(f"{make_old} where shown_pause is not null returning order_id"),
            lambda id_: id_ is not None,
        )
        # The next poll tells the end; this comes to the same.
        await connection.execute("delete from alarms")
        await connection.execute("notify alarm_raised")
        await ben.message(lambda m: m["id"] == paused["id"] and is_waiting(m) and "Paused" not in text(m))
        # Likewise a pause that Stability asked for, as a worker records it.
        await until(
            lambda: connection.fetchval(f"{make_old} where shown_pause is null returning order_id"),
            lambda id_: id_ is not None,
        )
        await connection.execute(
            "insert into rate_limit_slots (name, slot, paused_until) "
            "values ('stability', 1, now() + interval '1 hour')"
        )
        await connection.execute("notify alarm_raised")
        await ben.message(lambda m: m["id"] == waiting["id"] and "It goes on <t:" in text(m))
        await until(
            lambda: connection.fetchval(f"{make_old} where shown_pause is not null returning order_id"),
            lambda id_: id_ is not None,
        )
        await connection.execute("update rate_limit_slots set paused_until = now()")
        await connection.execute("notify alarm_raised")
        await ben.message(lambda m: m["id"] == waiting["id"] and is_waiting(m) and "goes on" not in text(m))
    finally:
        await connection.close()


async def test_the_owners_limit_is_a_refusal_in_words(house: House, ada: Member) -> None:
    house.servers.environment.update({"JOBS_PER_MEMBER_MAX": "1", "CREDITS_PER_SERVER_PER_MONTH": "3"})
    await house.bot()
    await ada.until_bot_is(online=True)
    first = await ada.imagine("a fox", width=256, height=256)
    waiting = await ada.reply(first, is_waiting)
    refused = await ada.reply(await ada.imagine("a badger"), lambda message: True)
    assert "1 of your pictures are waiting" in text(refused)
    assert refused["flags"] & 64
    await ada.press(waiting, "Cancel")
    await ada.reply(first, is_cancelled)

    await house.worker()
    await paint(ada)
    refused = await ada.reply(await ada.imagine("a badger"), lambda message: True)
    assert "This server has used 3 of 3 credits this month" in text(refused)
