"""The commands are sent to Discord when they have changed, and only then."""

import aiohttp

from tests.house import House
from tests.member import Member, is_waiting


def sent(house: House) -> list[str]:
    return [e.path for e in house.exchanges if e.method == "PUT" and e.path.endswith("/commands")]


async def again(house: House, ada: Member) -> None:
    """A bot that starts and, once it is there, stops."""
    bot = await house.bot()
    await ada.until_bot_is(online=True)
    assert await bot.stop() == 0
    await ada.until_bot_is(online=False)


async def registered(house: House, guild: str = "") -> list[dict[str, object]]:
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bot {house.servers.discord.token}"}) as session,
        session.get(f"{house.servers.discord.api_base}/users/@me") as me,
    ):
        application = (await me.json())["id"]
        path = f"/applications/{application}{guild}/commands"
        async with session.get(house.servers.discord.api_base + path) as response:
            commands: list[dict[str, object]] = await response.json()
            return commands


async def test_a_restart_sends_nothing_and_a_change_is_brought_right(house: House, ada: Member) -> None:
    await again(house, ada)
    assert len(sent(house)) == 1
    await again(house, ada)
    assert len(sent(house)) == 1

    first, *_ = await registered(house)
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bot {house.servers.discord.token}"}) as session,
        session.patch(
            f"{house.servers.discord.api_base}/applications/{first['application_id']}/commands/{first['id']}",
            json={"description": "What an older version said"},
        ) as response,
    ):
        assert response.status == 200
    await again(house, ada)
    assert len(sent(house)) == 2
    await again(house, ada)
    assert len(sent(house)) == 2


async def test_while_developing_one_server_has_them(house: House, ada: Member) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{house.servers.discord.url}/sandbox/world") as response,
    ):
        guild = (await response.json())["guild"]["id"]
    house.servers.environment["COMMANDS_GUILD_ID"] = guild
    await again(house, ada)
    await house.bot()
    await ada.until_bot_is(online=True)
    assert len(sent(house)) == 1
    assert await registered(house) == []
    assert await registered(house, f"/guilds/{guild}")
    await ada.reply(await ada.imagine("a fox"), is_waiting)
