"""What the owner of the bot looks at: sums of the month, and what is told."""

from decimal import Decimal

from db.dashboard import Dashboard
from db.pool import Pool
from tests.lives import painted


async def test_figures_are_of_this_month_and_the_largest_are_named(pool: Pool) -> None:
    dashboard = Dashboard(pool)
    empty = await dashboard.figures()
    assert not any((empty.credits, empty.by_server, empty.by_model, empty.pictures))
    assert empty.wait_seconds is None
    for _ in range(2):
        await painted(pool, guild_id=7)
    await painted(pool, guild_id=None)
    await pool.execute(
        "insert into usage select usage_month(), 'server', int8send(n), n % 16, n * 0.001 "
        "from generate_series(100, 150) n"
    )
    await dashboard.note_balance("stability", Decimal("12.5"))
    await dashboard.note_balance("stability", Decimal(12))
    figures = await dashboard.figures()
    assert [guild_id for guild_id, _credits in figures.by_server[:3]] == [7, 0, 150]
    assert len(figures.by_server) == 10
    assert figures.other_servers == sum(Decimal(n) / 1000 for n in range(100, 143))
    assert (
        figures.credits == sum(credits for _model, credits in figures.by_model) == 3 * figures.by_server[1][1]
    )
    assert (figures.pictures, figures.failures) == (3, 0)
    assert figures.wait_seconds is not None
    assert not figures.other_models
    assert [(one.provider, str(one.credits)) for one in figures.balances] == [("stability", "12")]
    used = await dashboard.used(7)
    assert used.server_month == used.server_day == figures.by_server[0][1]
    assert (used.all_month, used.all_day) == (figures.credits, figures.credits)
    assert (await dashboard.used(None)).server_month == figures.by_server[0][1]
    assert (await dashboard.used(8)).server_month == 0
    assert used.member_month == figures.credits
