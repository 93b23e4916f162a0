"""Two servers with two owners: the bot comes and goes, roles and channels change, and who is told what."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.discord import DiscordServer
from sandbox.discord.rules.permissions import Permission
from tests.integration.sandbox.conftest import MODAL, PAINT, Bot, GatewayClient, Person
from tests.member import Member, member
from tests.server import Server

USER, ROLE, MENTIONABLE, CHANNEL = 5, 6, 7, 8


@pytest.fixture
async def dora(server: DiscordServer) -> AsyncIterator[Member]:
    async with member(server.url, "Dora", server="The Annex") as one:
        yield one


@pytest.fixture
def annex(dora: Member) -> Server:
    return Server(dora, "The Annex")


async def test_the_bot_is_invited_removed_and_invited_again(
    bot: Bot, gateway: GatewayClient, dora: Member, annex: Server
) -> None:
    guild_id = await annex.id()
    sketches = f"/channels/{dora.channels['sketches']}"
    await bot.call("PUT", bot.commands, [PAINT])
    assert (await bot.call("GET", f"/guilds/{guild_id}")).refusal == (404, 10004)
    assert (await bot.call("GET", f"/guilds/{guild_id}/members/{dora.user_id}")).refusal == (403, 50001)
    assert (await bot.call("GET", sketches)).refusal == (403, 50001)
    commands = f"/applications/{bot.application_id}/guilds/{guild_id}/commands"
    assert (await bot.call("PUT", commands, [])).refusal == (403, 50001)
    assert await dora.call("GET", sketches + "/commands", status=200) == []

    for _ in range(2):
        await annex.invite_bot()
        created = await gateway.event("GUILD_CREATE")
        assert (created["id"], created["name"], created["owner_id"]) == (guild_id, "The Annex", dora.user_id)
        # Said of a server that was there before, and of no new one.
        assert "unavailable" not in created
        assert [one["user"]["id"] for one in created["members"]] == [bot.application_id]
        told = (await bot.call("GET", f"/guilds/{guild_id}?with_counts=true")).body
        assert told["approximate_member_count"] == 4
        assert {one["name"] for one in (await bot.call("GET", "/users/@me/guilds")).body} == {
            "The Easel",
            "The Annex",
        }
        await dora.use("paint", channel="sketches", prompt="a fox")
        asked = await gateway.event("INTERACTION_CREATE")
        assert (asked["guild_id"], asked["guild_locale"], asked["context"]) == (guild_id, "en-US", 0)
        assert asked["authorizing_integration_owners"] == {"0": guild_id}
        assert (await bot.respond(asked, 4, {"content": "Painting"})).status == 200
        await annex.remove_bot()
        assert await gateway.event("GUILD_DELETE") == {"id": guild_id}
        # Whoever still holds a token gets nothing out of a channel that it does not see.
        assert (await bot.call("POST", sketches + "/messages", {"content": "x"})).refusal == (403, 50001)

    await annex.invite_bot()
    assert (await bot.call("DELETE", f"/users/@me/guilds/{guild_id}")).status == 204
    await gateway.event("GUILD_DELETE")
    assert not await annex.has_bot()
    assert (await bot.call("DELETE", f"/users/@me/guilds/{guild_id}")).refusal == (404, 10004)


async def test_roles_and_channels_change_and_the_bot_hears_of_them_but_of_no_members(
    bot: Bot, gateway: GatewayClient, dora: Member, annex: Server
) -> None:
    await annex.invite_bot()
    await gateway.event("GUILD_CREATE")
    await bot.call("PUT", bot.commands, [PAINT])
    async with member(bot.server.url, "Ben", server="The Annex") as ben:
        with pytest.raises(AssertionError, match="Missing Permissions"):
            await Server(ben, "The Annex").create_role("Mine")
        role_id = await annex.create_role("Inkers", Permission.MANAGE_CHANNELS)
        assert (await gateway.event("GUILD_ROLE_CREATE"))["role"]["name"] == "Inkers"
        await annex.give("Ben", "Inkers")
        await annex.give("Ben", "Curators")
        await ben.use("paint", channel="sketches", prompt="a fox")
        asked = await gateway.event("INTERACTION_CREATE")
        assert role_id in asked["member"]["roles"]
        permissions = Permission(int(asked["member"]["permissions"]))
        assert Permission.MANAGE_GUILD | Permission.MANAGE_CHANNELS in permissions

        await Server(ben, "The Annex").edit_channel("sketches", nsfw=True)
        assert (await gateway.event("CHANNEL_UPDATE"))["nsfw"] is True
        denied = {"id": role_id, "type": 0, "deny": str(int(Permission.SEND_MESSAGES))}
        await annex.edit_channel("sketches", permission_overwrites=[denied])
        assert (await gateway.event("CHANNEL_UPDATE"))["permission_overwrites"][0]["id"] == role_id
        await annex.delete_role("Inkers")
        assert (await gateway.event("GUILD_ROLE_DELETE"))["role_id"] == role_id
        await annex.take("Ben", "Curators")
        await ben.use("paint", channel="sketches", prompt="a fox")
        asked = await gateway.event("INTERACTION_CREATE")
        assert (asked["member"]["roles"], asked["channel"]["nsfw"]) == ([], True)

        doomed = await annex.create_channel("doomed")
        await ben.call("POST", f"/channels/{doomed}/messages", {"content": "x"}, status=200)
        await annex.delete_channel("doomed")
        assert (await gateway.event("CHANNEL_DELETE"))["id"] == doomed
        assert (await bot.call("GET", f"/channels/{doomed}")).refusal == (404, 10003)

        await Server(ben, "The Annex").leave()
        with pytest.raises(AssertionError, match="Missing Access"):
            await ben.say("Hello", channel="sketches")
        path = f"/guilds/{await annex.id()}/members/{ben.user_id}"
        assert (await bot.call("GET", path)).refusal == (404, 10007)
    assert not [kind for kind in gateway.kinds if kind.startswith("GUILD_MEMBER")]


def selecting(kind: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "custom_id": f"of-{kind}", "min_values": 0, "max_values": 3, **more}


async def test_members_roles_and_channels_are_chosen_in_messages_and_modals(
    bot: Bot, gateway: GatewayClient, ada: Person
) -> None:
    world = bot.server.world
    roles = {role.name: role.id for role in world.guild.roles.values()}
    paintings = world.channels[ada.paintings.removeprefix("/channels/")]
    preset = [{"id": roles["Patrons"], "type": "role"}]
    selects = [
        selecting(USER),
        selecting(ROLE, default_values=preset),
        selecting(MENTIONABLE),
        selecting(CHANNEL, channel_types=[0]),
    ]
    rows = [{"type": 1, "components": [one]} for one in selects]
    message = await bot.say({"flags": 1 << 15, "components": rows})
    async with member(bot.server.url, "Ada") as one:
        await one.choose(message, "Ben", "Cleo", menu="of-5")
        told = (await gateway.event("INTERACTION_CREATE"))["data"]
        assert told["resolved"]["users"].keys() == told["resolved"]["members"].keys() == set(told["values"])
        await one.choose(message, "Newcomers", menu="of-6")
        told = (await gateway.event("INTERACTION_CREATE"))["data"]
        assert told["resolved"] == {
            "roles": {roles["Newcomers"]: told["resolved"]["roles"][told["values"][0]]}
        }
        await one.choose(message, "Ben", "Patrons", menu="of-7")
        told = (await gateway.event("INTERACTION_CREATE"))["data"]
        assert list(told["resolved"]["roles"]) == [roles["Patrons"]]
        assert list(told["resolved"]["users"]) == [told["values"][0]]
        await one.choose(message, "paintings", menu="of-8")
        asked = await gateway.event("INTERACTION_CREATE")
        assert list(asked["data"]["resolved"]["channels"]) == [paintings.id]
        # Of another server, and nobody's.
        for menu, value in (("of-6", "1"), ("of-8", one.channels["dm"]), ("of-5", roles["Patrons"])):
            with pytest.raises(AssertionError, match="Not among those"):
                await one.choose(message, value, menu=menu)

        labels = [{"type": 18, "label": "x", "component": select} for select in selects]
        answered = await bot.respond(asked, MODAL, {"custom_id": "m", "title": "x", "components": labels})
        assert answered.status == 200, answered.body
        await one.submit(await one.modal(), **{"of-5": ["Ben"], "of-8": ["announcements"]})
        told = (await gateway.event("INTERACTION_CREATE"))["data"]
        values = [label["component"]["values"] for label in told["components"]]
        assert [len(chosen) for chosen in values] == [1, 1, 0, 1]
        assert told["resolved"].keys() == {"users", "members", "roles", "channels"}
