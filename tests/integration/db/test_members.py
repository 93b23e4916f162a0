"""What members want is at hand in every process, and goes with who is forgotten."""

import json

from core.rules import Wishes
from db.blocks import Blocks
from db.erasure import Erasure
from db.members import Members
from db.pool import Pool

ANNA, BERT = 1, 2


async def test_a_change_is_found_by_the_next_look_of_another_process(pool: Pool) -> None:
    here, there = Members(pool), Members(pool)
    await there.load()
    await here.edit(ANNA, lambda wishes: wishes.but(locale="de"))
    await there.load()
    assert there.known(ANNA).wishes == Wishes(locale="de")
    await pool.execute("update members set changed_at = now() - interval '1 hour'")
    await here.edit(ANNA, lambda wishes: wishes.but(ping=True))
    await there.load()
    assert there.known(ANNA).wishes == Wishes(locale="de", ping=True)
    assert there.known(ANNA) == here.known(ANNA)


async def test_who_is_forgotten_begins_anew_in_every_process(pool: Pool) -> None:
    here, there = Members(pool), Members(pool)
    await here.edit(ANNA, lambda wishes: wishes.but(private=True))
    await there.load()
    await Erasure(pool).erase_member(ANNA)
    assert await pool.fetchval("select count(*) from members") == 0
    await here.edit(ANNA, lambda wishes: wishes.but(ping=True))
    await there.load()
    assert there.known(ANNA).wishes == here.known(ANNA).wishes == Wishes(ping=True)


async def test_reports_and_changes_stay_without_whose_they_are(pool: Pool) -> None:
    for member in (ANNA, BERT):
        await pool.execute("insert into audit (guild_id, member_id, change) values (7, $1, '{}')", member)
        sql = "insert into reports (picture_id, guild_id, member_id, reason) values ($1, 7, $1, 'rude')"
        await pool.execute(sql, member)
        sql = "insert into blocks (member_id, guild_id, reason, blocked_by) values ($1, 7, 'rude', 9)"
        await pool.execute(sql, member)
    await Erasure(pool).erase_member(ANNA)
    reports = await pool.fetch("select member_id, reason from reports order by id")
    assert [tuple(row) for row in reports] == [(0, ""), (BERT, "rude")]
    assert [row[0] for row in await pool.fetch("select member_id from audit order by id")] == [0, BERT]
    # A block that forgetting would lift were none.
    assert (
        await pool.fetchval("select count(*) from blocks where member_id = $1 and reason = 'rude'", ANNA) == 1
    )


async def test_what_a_moderator_decided_stands_without_whose_it_was(pool: Pool) -> None:
    await pool.execute(
        "insert into reports (picture_id, guild_id, member_id, decision, decided_by, decided_at) "
        "values (1, 7, $1, 'kept', $2, now())",
        BERT,
        ANNA,
    )
    await Blocks(pool).block(BERT, 7, by=ANNA, reason="rude")
    await Erasure(pool).erase_member(ANNA)
    report = await pool.fetchrow("select decision, decided_by, tell_at <= now() as is_due from reports")
    assert tuple(report or ()) == ("kept", 0, True)
    assert await pool.fetchval("select blocked_by from blocks where member_id = $1", BERT) == 0


async def test_what_was_changed_about_a_member_names_them_no_more(pool: Pool) -> None:
    blocks = Blocks(pool)
    for member in (ANNA, BERT):
        await blocks.block(member, 7, by=9, reason="rude")
    await blocks.lift(ANNA, 7, by=9)
    await Erasure(pool).erase_member(ANNA)
    changes = [json.loads(row[0]) for row in await pool.fetch("select change from audit order by id")]
    assert changes == [
        {"blocked": ["0", "rude", None]},
        {"blocked": [str(BERT), "rude", None]},
        {"lifted": "0"},
    ]
