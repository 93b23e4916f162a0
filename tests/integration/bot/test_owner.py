"""Who decides about servers and members, and who is let in, in front of servers that nobody has let in yet."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.orders import CancelReason, State
from core.rules import DirectMessages
from core.settings import DatabaseSettings
from db.bucket.client import Bucket
from db.pool import Pool
from sandbox.discord import DiscordServer
from sandbox.discord.gateway import Intent
from sandbox.discord.interactions import COMMAND, COMPONENT, MODAL_SUBMIT
from sandbox.discord.ratelimits import Limit
from sandbox.discord.state import Guild
from tests.conditions import until
from tests.connected import Connected, connected
from tests.lives import stored, waiting
from tests.member import fault
from tests.orders import forget_orders

LOFTS = 7
BUTTON, SELECT, USERS = 2, 3, 5
NOT_THEIRS = "Only the owner of this bot can use this"


def furnish(server: DiscordServer) -> None:
    """Servers of Dora's, with Ada, Ben and Cleo in them."""
    dora = next(user.id for user in server.world.users.values() if user.global_name == "Dora")
    for number in range(LOFTS):
        server.world.guilds[server.add_guild(f"Loft {number}", f"loft-{number}")].owner_id = dora


@pytest.fixture
async def bot(
    database_url: str, pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Connected]:
    monkeypatch.setattr("sandbox.discord.rest.wire._LIMITS", ())
    monkeypatch.setattr("sandbox.discord.rest.wire.DEFAULT", Limit(10_000, 1))
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket, furnish=furnish) as one:
        await forget_orders(pool)
        yield one


class Owner:
    """What members do, and all that the bot says because of it."""

    def __init__(self, bot: Connected) -> None:
        self.bot = bot
        self.ids = {user.global_name: user.id for user in bot.server.world.users.values()}

    def loft(self, number: int) -> Guild:
        return self.bot.server.guilds.named(f"Loft {number}")

    async def act(self, kind: int, data: dict[str, Any], by: str, **more: Any) -> str:
        before = len(self.bot.exchanges)
        # A form is opened by the press before it.
        self.bot.opener = await self.bot.interact(kind, data, member_id=self.ids[by], **more)
        return str([call.request for call in self.bot.exchanges[before:]])

    async def press(self, custom_id: str, by: str = "Ada", *values: str, kind: int = BUTTON) -> str:
        data = {
            "custom_id": custom_id,
            "component_type": kind,
            **({"values": list(values)} if values else {}),
        }
        looks: dict[int, dict[str, Any]] = {
            BUTTON: {"style": 2, "label": "x"},
            SELECT: {"options": [{"label": "x", "value": "x"}]},
            USERS: {},
        }
        row = [
            {
                "type": 1,
                "id": 1,
                "components": [{"type": kind, "custom_id": custom_id, "id": 2, **looks[kind]}],
            }
        ]
        return await self.act(COMPONENT, data, by, components=row)

    async def submit(self, custom_id: str, by: str = "Ada", **fields: str) -> str:
        await self.press("owner:page", by)
        components = [
            {"type": 18, "component": {"type": 3, "custom_id": name, "values": [value]}}
            if name == "span"
            else {"type": 18, "component": {"type": 4, "custom_id": name, "value": value}}
            for name, value in fields.items()
        ]
        panel = [{"type": 10, "id": 1, "content": "x"}]
        data = {"custom_id": custom_id, "components": components}
        return await self.act(MODAL_SUBMIT, data, by, components=panel)

    async def owner(self, by: str = "Ada") -> str:
        return await self.act(COMMAND, {"id": "5", "name": "owner", "type": 1}, by)

    async def imagine(self, by: str, **more: Any) -> str:
        options = [
            {"name": name, "type": 3 if name == "prompt" else 4, "value": value}
            for name, value in (("prompt", "a fox"), ("width", 256), ("height", 256))
        ]
        return await self.act(
            COMMAND, {"id": "5", "name": "imagine", "type": 1, "options": options}, by, **more
        )

    async def orders(self) -> int:
        return int(await self.bot.pool.fetchval("select count(*) from orders"))

    async def reconcile(self) -> None:
        await self.bot.client.wait_until_ready()
        await self.bot.client.services.rules.admission.reconcile()

    async def state(self, guild: Guild) -> bool | None:
        found: bool | None = await self.bot.pool.fetchval(
            "select is_allowed from servers where guild_id = $1", int(guild.id)
        )
        return found

    def told(self) -> list[str]:
        direct = self.bot.server.world.direct_channel(self.ids["Ada"])
        assert direct is not None
        return [str(one.components) for one in self.bot.server.world.messages.get(direct.id, {}).values()]


@pytest.fixture
def owner(bot: Connected) -> Owner:
    return Owner(bot)


async def unasked(pool: Pool) -> int:
    return int(
        await pool.fetchval(
            "select count(*) from servers where is_allowed is null and asked_at is null and guild_id > 0"
        )
    )


async def test_of_many_servers_that_are_new_at_once_the_owner_is_asked_in_few_messages(
    owner: Owner, bot: Connected, pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    await fault(bot.server.url, "rest", status=503, body="html", method="POST", path="/users/@me/channels")
    for left in (LOFTS, 0, 0):
        await owner.reconcile()
        assert await unasked(pool) == left
    told = owner.told()
    assert sum("Is this server let in?" in one for one in told) == 5
    assert sum("2 servers more wait for you" in one for one in told) == 1
    # Hers is let in by itself, and one that is new is asked about alone.
    assert await owner.state(bot.server.world.guild) is True
    await fault(bot.server.url, "close_dms", member=owner.ids["Ada"])
    bot.server.guilds.invite_bot(bot.server.guilds.named("The Annex"))
    await until(lambda: _guilds(bot), lambda count: count == LOFTS + 2)
    await owner.reconcile()
    assert await unasked(pool) == 0
    assert len(owner.told()) == 6
    assert "the owner could not be told" in caplog.text
    await owner.owner()
    listed = await owner.press("owner:page:servers.")
    assert f"{LOFTS + 2} servers, {LOFTS + 1} wait for you" in listed
    assert "The Annex" in listed


async def _guilds(bot: Connected) -> int:
    return len(bot.client.guilds)


async def test_nobody_else_decides_whatever_a_client_sends(owner: Owner, bot: Connected, pool: Pool) -> None:
    await owner.reconcile()
    id_ = owner.loft(0).id
    before = await pool.fetchval("select count(*) from audit")
    assert NOT_THEIRS in await owner.owner("Ben")
    for control in ("page", "allow", "refuse", "leave", "let-in", "shut", "quit", "block-id"):
        assert NOT_THEIRS in await owner.press(f"owner:{control}:{id_}", "Ben"), control
    for control in ("server", "lift"):
        assert NOT_THEIRS in await owner.press(f"owner:{control}", "Ben", id_, kind=SELECT), control
    assert NOT_THEIRS in await owner.press("owner:block", "Ben", owner.ids["Cleo"], kind=USERS)
    for form in (f"shut:{id_}", f"block:{owner.ids['Cleo']}", "block"):
        assert NOT_THEIRS in await owner.submit(f"owner:{form}", "Ben", reason="x")
    # Nor is what the owner's client sends believed.
    for argument in ("", "x", "5", "0", str(2**70), f"{id_}x", "-1"):
        for control in ("allow", "leave", "let-in", "shut", "quit"):
            assert "knows no such server" in await owner.press(f"owner:{control}:{argument}")
        assert "knows no such server" in await owner.submit(f"owner:shut:{argument}", reason="x")
    for page in (
        "",
        "nothing",
        "servers.p99",
        "servers.px",
        "blocks.x",
        "blocks.9" + 18 * "0",
        f"blocks.{2**63}",
    ):
        assert "Another page" in await owner.press(f"owner:page:{page}"), page
    assert await pool.fetchval("select count(*) from audit") == before
    assert await owner.state(owner.loft(0)) is None


async def test_a_server_whose_first_commands_come_at_once_is_put_down_once(
    owner: Owner, bot: Connected, pool: Pool
) -> None:
    await bot.client.wait_until_ready()
    guild = bot.client.get_guild(int(bot.server.world.guild.id))
    assert guild is not None
    admission = bot.client.services.rules.admission
    met = await asyncio.gather(*(admission.meet(guild) for _ in range(20)))
    assert {(one.revision, one.is_allowed) for one in met} == {(1, True)}


async def test_of_two_who_decide_at_once_one_does(owner: Owner, bot: Connected, pool: Pool) -> None:
    await owner.reconcile()
    for number in range(3):
        id_ = owner.loft(number).id
        before = len(bot.exchanges)
        presses = [f"owner:{control}:{id_}" for control in ("allow", "refuse", "allow")]
        await asyncio.gather(*(owner.press(one) for one in presses))

        async def answers(since: int = before) -> list[str]:
            return [str(one.request) for one in bot.exchanges[since:] if "@original" in one.path]

        said = await until(answers, lambda found: len(found) == 3)
        is_allowed = await owner.state(owner.loft(number))
        assert is_allowed is not None
        assert all(("It is let in" in one) is is_allowed for one in said)
        assert all(f"Decided by <@{owner.ids['Ada']}>" in one for one in said)
        assert await pool.fetchval("select count(*) from audit where guild_id = $1", int(id_)) == 1


async def test_where_the_bot_was_removed_nothing_waits_and_an_outage_is_no_removal(
    owner: Owner, bot: Connected, pool: Pool
) -> None:
    await owner.reconcile()
    lost, away = owner.loft(0), owner.loft(1)
    orders = {one.name: await waiting(pool, guild_id=int(one.id)) for one in (lost, away)}
    # What another process has of its shards is not this one's to miss.
    bot.client.shard_count, bot.client.shard_ids = 2, [int(lost.id) // (1 << 22) % 2]
    await pool.execute(
        "insert into servers (guild_id, name, is_allowed) values ($1, 'another shard', true)",
        int(lost.id) ^ (1 << 22) ^ (1 << 50),
    )
    await bot.client.services.rules.servers.load()
    bot.server.gateway.dispatch(
        "GUILD_DELETE", {"id": away.id, "unavailable": True}, intent=Intent.GUILDS, guild_id=away.id
    )
    bot.server.guilds.remove_bot(lost)
    await until(lambda: _guilds(bot), lambda count: count == LOFTS)
    # What Discord does not say is seen to later.
    await fault(bot.server.url, "rest", status=503, body="html", method="GET", path=f"/guilds/{lost.id}")
    for is_left in (False, True, True):
        await owner.reconcile()
        names = await pool.fetch("select name from servers where left_at is not null")
        assert [row["name"] for row in names] == ([lost.name] if is_left else [])
    jobs = {name: (await stored(pool, one.order.id)).progress.jobs[0] for name, one in orders.items()}
    assert (jobs[lost.name].state, jobs[lost.name].cancelled_for) == (
        State.CANCELLED,
        CancelReason.BOT_REMOVED,
    )
    assert jobs[away.name].state is State.QUEUED


async def test_direct_messages_are_for_members_of_what_is_let_in(
    owner: Owner, bot: Connected, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = bot.client.services.rules
    world, guilds, ben = bot.server.world, bot.server.guilds, owner.ids["Ben"]

    def asked(since: int) -> int:
        return sum("/members/" in one.path for one in bot.exchanges[since:])

    # Of the eight servers one is let in.
    await owner.reconcile()
    before = len(bot.exchanges)
    at_once = (rules.membership.is_known(int(ben)) for _ in range(3))
    assert await asyncio.gather(*at_once) == [True] * 3
    for count in (1, 2):
        await owner.imagine("Ben", direct=True)
        assert await owner.orders() == count
    assert asked(before) == 1

    # Who leaves is found out, and who is in another that is let in is known by having asked there.
    monkeypatch.setattr("bot.owner.membership.KNOWN_SECONDS", 0.0)
    monkeypatch.setattr("bot.owner.membership.UNKNOWN_SECONDS", 0.0)
    rules.membership._known.clear()
    guilds.leave(world.guild, ben)
    assert "paints for members of the servers that its owner has let in" in await owner.imagine(
        "Ben", direct=True
    )
    await owner.press(f"owner:let-in:{owner.loft(3).id}")
    channel = next(one for one in world.channels.values() if one.name == "loft-3")
    await owner.imagine("Ben", channel=channel)
    await owner.imagine("Ben", direct=True)
    assert await owner.orders() == 4
    await owner.submit(f"owner:shut:{owner.loft(3).id}", reason="")
    assert "paints for members of the servers" in await owner.imagine("Ben", direct=True)

    # What Discord does not say is not guessed, and the owner is asked nothing.
    await fault(bot.server.url, "rest", status=503, times=None, body="html", method="GET", path="/members/")
    assert "Discord does not say at the moment" in await owner.imagine("Cleo", direct=True)
    await fault(bot.server.url, "heal_rest")
    await rules.servers.edit_house(1, {}, lambda house: house.but(direct_messages=DirectMessages.OFF))
    before = len(bot.exchanges)
    assert "In direct messages this bot paints nothing" in await owner.imagine("Cleo", direct=True)
    assert asked(before) == 0
    assert await owner.orders() == 4


async def test_a_member_is_blocked_everywhere_until_it_is_lifted(
    owner: Owner, bot: Connected, pool: Pool
) -> None:
    await owner.reconcile()
    ben, cleo = owner.ids["Ben"], owner.ids["Cleo"]
    await owner.imagine("Ben")
    assert f"owner:block:{ben}" in await owner.press("owner:block", "Ada", ben, kind=USERS)
    said = await owner.submit(f"owner:block:{ben}", reason="spam", span="week")
    assert f"<@{ben}> is blocked. 1 picture was cancelled." in said
    assert f"<@{ben}>: until <t:" in said
    assert "(spam)" in said
    assert "You may not ask for pictures until" in await owner.imagine("Ben")
    day = (datetime.now(UTC) + timedelta(days=400)).date().isoformat()
    assert f"<@{cleo}>: until <t:" in await owner.submit("owner:block", member=cleo, date=day)
    for wrong, told in (("2001-01-01", "is over"), ("soon", "is no day")):
        assert told in await owner.submit("owner:block", member=cleo, date=wrong)
    assert "is a number" in await owner.submit("owner:block", member="Cleo")
    assert "cannot be blocked" in await owner.submit("owner:block", member=owner.ids["Ada"])
    assert "no longer blocked" in await owner.press("owner:lift", "Ada", ben, kind=SELECT)
    await owner.imagine("Ben")
    assert await owner.orders() == 2
    assert await pool.fetchval("select count(*) from blocks") == 1


async def test_until_discord_lets_the_bot_leave_the_server_is_shut(
    owner: Owner, bot: Connected, pool: Pool
) -> None:
    await owner.reconcile()
    loft, asked = owner.loft(2), len(owner.told())
    await fault(bot.server.url, "rest", status=503, body="html", method="DELETE", path="/users/@me/guilds")
    assert "Discord did not take the answer" in await owner.press(f"owner:leave:{loft.id}")
    assert await owner.state(loft) is False
    assert "The bot is not there any more" in await owner.press(f"owner:leave:{loft.id}")
    await until(lambda: _guilds(bot), lambda count: count == LOFTS)
    await owner.reconcile()
    assert await owner.state(loft) is False
    bot.server.guilds.invite_bot(loft)
    await until(lambda: _guilds(bot), lambda count: count == LOFTS + 1)
    await owner.reconcile()
    assert await owner.state(loft) is None
    assert len(owner.told()) == asked + 1
    assert loft.name in owner.told()[-1]
