"""An alarm reaches the owner, as soon as Discord takes it."""

import pytest

from bot.owner.alerts import Alerts
from db.alarms import AlarmCode, Alarms
from tests.connected import Connected
from tests.integration.bot.test_reactions import Reactions, read
from tests.member import fault


@pytest.mark.parametrize(
    "refusal",
    [{"status": 503, "body": "html"}, {"status": 403, "code": 40333}, {"status": 400, "code": 40003},
     {"status": 200, "body": "html"}],
)  # fmt: skip
async def test_an_alarm_that_discord_does_not_take_for_now_is_told_later(
    bot: Connected,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    refusal: dict[str, object],
) -> None:
    monkeypatch.setattr("db.alarms.TELL_SECONDS", 0.0)
    alarms = Alarms(bot.pool)
    alerts = Alerts(bot.client, alarms)
    await bot.pool.execute("delete from alarms")
    await alarms.raise_(AlarmCode.BAD_KEY, "401", provider="stability")
    await fault(bot.server.url, "rest", **refusal, method="POST", path="/users/@me/channels")
    await alerts.tell()
    assert "the owner could not be told" in caplog.text
    for _ in range(2):
        await alerts.tell()
    told = [
        read(message)
        for user in bot.server.world.users.values()
        for message in Reactions(bot).sent_to(user.id)
        if "🚨" in read(message)
    ]
    assert len(told) == 1
    assert not [record for record in caplog.records if record.exc_info]
