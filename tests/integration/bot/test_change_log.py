"""What is changed in a server is written into its channel for that, once."""

import pytest

from bot.moderation.change_log import ChangeLog
from core.rules import House, ServerRules, differences
from db.blocks import Blocks
from db.servers import Servers
from sandbox.discord.state import Message
from tests.integration.bot.test_reactions import read
from tests.member import fault
from tests.places import Place
from tests.reporting import LOG, Reports


class Log:
    def __init__(self, reports: Reports) -> None:
        self.place, self.pool = reports.place, reports.pool
        self.services = self.place.bot.client.services
        self.guild_id = int(self.place.world.guild.id)
        # As of a bot that has just been started, and knows no server yet.
        servers, languages = Servers(self.pool, House()), self.services.languages
        self.log = ChangeLog(self.place.bot.client, self.services.audit, servers, languages)

    async def change(self, count: int) -> None:
        change = differences(ServerRules(), ServerRules(age_restricted_only=True)) | {
            "defaults.count": [None, count]
        }
        await self.services.rules.servers.edit(
            self.guild_id, int(self.place.ada), change, lambda server: server
        )

    async def told(self) -> list[Message]:
        await self.pool.execute("update audit set tell_at = now() where told_at is null")
        await self.log.tell_due()
        found = self.place.world.messages.get(self.place.channel(LOG).id, {}).values()
        return [one for one in found if str(one.nonce).startswith("change")]

    async def untold(self) -> int:
        return int(await self.pool.fetchval("select count(*) from audit where told_at is null"))


@pytest.fixture
def log(reports: Reports) -> Log:
    return Log(reports)


async def test_changes_within_seconds_are_one_message(log: Log, place: Place) -> None:
    await log.change(2)
    await log.change(3)
    await Blocks(log.pool).block(int(place.ben), log.guild_id, by=int(place.ada), reason="rude")
    # Something else may follow.
    await log.log.tell_due()
    assert await log.untold() == 3
    (message,) = await log.told()
    said = read(message)
    assert said.count(f"<@{place.ada}>") == 3
    assert "Age-restricted channels only: no → yes" in said
    assert "Count: as the bot has it → 3" in said
    assert f"<@{place.ben}> is blocked for good (rude)" in said
    assert message.mention_ids == []
    assert await log.told() == [message]
    assert await log.untold() == 0


async def test_what_was_changed_before_there_was_a_channel_is_not_told(
    log: Log,
    place: Place,
    reports: Reports,
) -> None:
    await reports.log_to(None)
    await log.change(2)
    assert await log.told() == []
    assert await log.untold() == 0
    await reports.log_to(place.channel(LOG))
    assert await log.told() == []


@pytest.mark.parametrize(
    ("refusal", "later"), [({"status": 503, "body": "html"}, 1), ({"status": 403, "code": 50013}, 0)]
)
async def test_what_discord_does_not_take_for_now_comes_later(
    log: Log, place: Place, refusal: dict[str, object], later: int
) -> None:
    await log.change(2)
    await fault(place.bot.server.url, "rest", **refusal, method="POST", path="/messages")
    assert await log.told() == []
    assert await log.untold() == later
    assert len(await log.told()) == later
