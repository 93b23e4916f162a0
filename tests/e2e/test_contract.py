"""Every call of the end-to-end tests is checked against Discord's document; here, that this is so."""

from tests.contract import DiscordContract
from tests.house import House
from tests.member import Member, is_done
from tests.specs import DISCORD, spec


async def test_what_the_bot_asks_for_a_picture_is_checked(
    house: House, ada: Member, contract: DiscordContract | None
) -> None:
    spec(DISCORD)
    await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    await ada.reply(await ada.imagine("a fox", width=256, height=256), is_done)
    assert contract is not None
    called = {f"{exchange.method} {exchange.path.split('/')[1]}" for exchange in house.exchanges}
    assert called >= {"GET users", "PUT applications", "POST interactions", "PATCH webhooks"}
    assert [problem for exchange in house.exchanges for problem in contract.check(exchange)] == []
