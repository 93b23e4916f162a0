"""What the owner sets for all is met by the next who asks, and said to be the owner's; and what the owner looks at."""

import json
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from bot.owner.alerts import Alerts
from bot.owner.first_limit import FirstLimit
from core.rules import House, Spending
from core.settings import DatabaseSettings
from db.alarms import AlarmCode, Alarms
from db.bucket.client import Bucket
from db.dashboard import Dashboard
from db.pool import Pool
from db.servers import Servers
from sandbox.discord.ratelimits import Limit
from tests.connected import connected
from tests.integration.bot.test_owner import SELECT, Owner
from tests.lives import painted
from tests.member import fault
from tests.orders import forget_orders

BY_OWNER = "The owner of this bot set that"


@pytest.fixture
async def owner(
    database_url: str, pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Owner]:
    monkeypatch.setattr("sandbox.discord.rest.wire._LIMITS", ())
    monkeypatch.setattr("sandbox.discord.rest.wire.DEFAULT", Limit(10_000, 1))
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket) as one:
        await forget_orders(pool)
        for table in ("usage", "usage_days"):
            await pool.execute(f"delete from {table}")
        await Owner(one).reconcile()
        yield Owner(one)


async def audited(pool: Pool) -> Any:
    return json.loads(await pool.fetchval("select change from audit order by id desc limit 1"))


async def test_limits_count_at_once_and_are_said_to_be_the_owners(owner: Owner, pool: Pool) -> None:
    easel = owner.bot.server.world.guild
    for scope, who in (
        ("in_all", "All members together have"),
        ("each_server", "This server has"),
        ("each_member", "You have"),
        (easel.id, "This server has"),
    ):
        assert f"owner:limits:{scope}" in await owner.press(f"owner:limits:{scope}")
        said = await owner.submit(f"owner:limits:{scope}", credits_per_day="1,5", credits_per_month="")
        assert "Saved; it counts from now on." in said
        assert "1.5 credits a day" in said
        refused = await owner.imagine("Ben")
        assert re.search(f"{who} used [0-9]+ of 1.5 credits today", refused), refused
        assert BY_OWNER in refused
        assert await owner.submit(f"owner:limits:{scope}", credits_per_day="", credits_per_month="")
        before = await owner.orders()
        await owner.imagine("Ben")
        assert await owner.orders() == before + 1
    assert "4 pictures at once" in await owner.submit("owner:limits:each_member", at_once="4")
    assert await audited(pool) == {"each_member": [None, {"at_once": 4}]}
    assert "and 4 is the most at once" in await owner.imagine("Ben")
    used = await owner.press("owner:page:money.")
    assert "used: 12 credits today, 12 credits this month" in used
    assert "the most that one used: 12 credits today" in used
    # It is another number, or nothing is changed.
    before = await pool.fetchval("select count(*) from audit")
    assert "It was like that before." in await owner.submit("owner:limits:each_member", at_once="4")
    assert "It was like that before." in await owner.submit(f"owner:limits:{easel.id}", credits_per_day="")
    for text in ("-1", "2.500", "many", "1e3", "10000000000"):
        assert "is no number of credits" in await owner.submit("owner:limits:in_all", credits_per_month=text)
    assert "is no whole number" in await owner.submit("owner:limits:each_member", at_once="1.5")
    for scope in ("", "house", "5", "is_first"):
        assert "knows no such server" in await owner.submit(f"owner:limits:{scope}", credits_per_day="1")
    assert "Only the owner of this bot" in await owner.submit(
        "owner:limits:in_all", "Ben", credits_per_day="9"
    )
    assert "Only the owner of this bot" in await owner.press("owner:limits:in_all", "Ben")
    assert await pool.fetchval("select count(*) from audit") == before


async def test_what_is_not_on_offer_is_in_no_menu_and_is_refused(owner: Owner, pool: Pool) -> None:
    shown = await owner.press("owner:page:offer.")
    assert "'value': 'ultra'" in shown
    said = await owner.press("owner:models", "Ada", "ultra", "upscale-fast", "nothing", kind=SELECT)
    assert "Saved; it counts from now on." in said
    refused = await owner.imagine("Ben")
    assert "You may not use Stable Image Core here" in refused
    assert BY_OWNER in refused
    await owner.press("owner:operations", "Ada", "imagine", "upscale", kind=SELECT)
    picture = await painted(
        pool,
        member_id=int(owner.ids["Ben"]),
        guild_id=int(owner.bot.server.world.guild.id),
        channel_id=int(owner.bot.channel().id),
        width=512,
        height=512,
    )
    menu = await owner.press(f"picture:more:{picture.id}", "Ben")
    assert "verb:upscale:" in menu
    assert "verb:vary:" not in menu
    assert "may not use" in await owner.press(f"verb:erase::{picture.id}:fields=1", "Ben")
    edit = await owner.press(f"order:edit:{picture.order.id}", "Ben")
    assert "'value': 'ultra'" in edit
    assert "'value': 'core'" not in edit
    for control in ("models", "operations"):
        assert "has to remain" in await owner.press(f"owner:{control}", "Ada", "nothing", kind=SELECT)
        assert "Only the owner of this bot" in await owner.press(
            f"owner:{control}", "Ben", "core", kind=SELECT
        )
    assert "for members of servers" in await owner.press("owner:direct", "Ada", "off", kind=SELECT)
    assert await audited(pool) == {"direct_messages": [None, "off"]}
    assert "Choose one of" in await owner.press("owner:direct", "Ada", "on", kind=SELECT)
    assert "In direct messages this bot paints nothing" in await owner.imagine("Ben", direct=True)


async def test_the_dashboard_has_what_is_used_and_what_is_wrong(
    owner: Owner, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await owner.imagine("Ben")
    await Dashboard(pool).note_balance("stability", Decimal(500))
    said = await owner.owner()
    assert "**3 credits** this month" in said
    assert "**500 credits** are left with Stability" in said
    assert "Credits by server: The Easel: 3. Credits by day: " in said
    assert "**workers**: " in said
    assert "'filename': 'dashboard.png'" in said
    monkeypatch.setattr("bot.owner_panel.dashboard_page.FIGURES_SECONDS", 0.0)
    monkeypatch.setattr("bot.owner_panel.dashboard_page.CHECKS_SECONDS", 0.0)
    said = await owner.press("owner:page:dashboard.")
    assert "could not be looked up in time" in said
    assert "The checks take long" in said
    assert "'attachments': []" in said


async def test_the_first_limit_is_told_once_with_the_first_picture(owner: Owner, pool: Pool) -> None:
    bot = owner.bot
    first = House(in_all=Spending(credits_per_month=Decimal(2500)), is_first=True)
    servers = Servers(pool, first)
    telling = FirstLimit(bot.client, servers, Dashboard(pool), bot.client.services.rules.admission)

    def told() -> int:
        return sum("All members together may use 2500 credits a month" in one for one in owner.told())

    await telling.tell()
    assert told() == 0
    await painted(pool)
    await fault(bot.server.url, "rest", status=503, body="html", method="POST", path="/users/@me/channels")
    for count in (0, 1, 1):
        await telling.tell()
        assert told() == count
    # Another process, or the next start, knows.
    await FirstLimit(
        bot.client, Servers(pool, first), Dashboard(pool), bot.client.services.rules.admission
    ).tell()
    assert told() == 1
    await servers.edit_house(1, {}, lambda house: house.but(is_first=False))
    assert servers.is_first_limit_told
    assert await pool.fetchval("select asked_at is not null from servers where guild_id = 0")


async def test_the_end_of_an_alarm_is_told_to_who_knew_of_it(
    owner: Owner, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.alarms.TELL_SECONDS", 0.0)
    alarms, bot = Alarms(pool), owner.bot
    alerts = Alerts(bot.client, alarms)

    def ends() -> list[str]:
        return [one for one in owner.told() if "✅ Over, after " in one]

    await alarms.raise_(AlarmCode.BAD_KEY, "401", provider="stability")
    await alarms.resolve([AlarmCode.BAD_KEY], provider="stability")
    await alerts.tell()
    assert not ends()
    await alarms.raise_(AlarmCode.BAD_KEY, "401", provider="stability")
    await alerts.tell()
    await pool.execute("update alarms set raised_at = now() - interval '26 hours'")
    await alarms.resolve([AlarmCode.BAD_KEY], provider="stability")
    await fault(bot.server.url, "rest", status=503, body="html", method="POST", path="/messages")
    for count in (0, 1, 1):
        await alerts.tell()
        assert len(ends()) == count
    assert "1 day, 2 hours: Stability does not accept the key." in ends()[0]
    assert await pool.fetchval("select count(*) from ended_alarms") == 0
