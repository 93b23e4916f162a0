"""The members' API of the local Discord: who sees what, who may do what, and that it lasts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from sandbox.discord import DiscordServer
from sandbox.discord.rules.permissions import Permission as P
from sandbox.discord.state import PRIVATE_THREAD, PUBLIC_THREAD, Overwrite
from tests.conditions import until
from tests.integration.sandbox.conftest import (
    EPHEMERAL,
    MESSAGE,
    PAINT,
    Bot,
    Clock,
    Dial,
    GatewayClient,
    Json,
    Person,
)

MANAGE_MESSAGES = 1 << 13


async def test_the_world_is_told_to_whoever_asks(bot: Bot, gateway: GatewayClient, ada: Person) -> None:
    world = (await bot.fetch(bot.server.url + "/sandbox/world")).body
    assert world["application"] == {"id": bot.application_id, "name": "Tigerbrush"}
    assert (world["bot"]["bot"], world["bot_online"]) == (True, True)
    assert world["guild"] == {"id": bot.guild_id, "name": "The Easel"}
    assert [member["user"]["global_name"] for member in world["members"]] == ["Ada", "Ben", "Cleo", "Dora"]
    assert all(member["about"] for member in world["members"])
    names = {guild["name"]: (guild["owner_id"], guild["has_bot"]) for guild in world["guilds"]}
    ada_id, *_, dora_id = (member["user"]["id"] for member in world["members"])
    assert names == {"The Easel": (ada_id, True), "The Annex": (dora_id, False)}
    channels = [one["name"] for one in world["channels"]]
    assert channels == ["paintings", "announcements", "sketches", "after-dark"]
    assert (await bot.fetch(bot.server.url + "/sandbox/members/1/channels")).refusal == (404, 10007)
    bots_own = f"{bot.server.url}/sandbox/members/{bot.application_id}/channels"
    assert (await bot.fetch(bots_own)).refusal == (404, 10007)


async def test_a_page_is_told_whether_the_bot_is_there(ada: Person, dial: Dial) -> None:
    assert ada.events[0] == ("READY", {"bot_online": False})
    client = await dial()
    await client.identify()
    await ada.told("BOT_PRESENCE", online=True)
    await client.socket.close()
    await ada.told("BOT_PRESENCE", online=False)


# May write, react, use commands, manage messages: in paintings, announcements and direct messages.
RIGHTS = {
    "Ada": ["yyyy", "yyyy", "yyyn"],
    "Ben": ["yyyn", "nyyn", "yyyn"],
    "Cleo": ["nynn", "nynn", "yyyn"],
}


@pytest.mark.parametrize("name", RIGHTS)
async def test_each_member_sees_their_channels_and_may_do_what_is_said_there(
    bot: Bot, session: aiohttp.ClientSession, name: str
) -> None:
    await bot.call("PUT", bot.commands, [PAINT])
    person = Person(session, bot.server, name)
    channels = (await person.call("GET", "/channels")).body
    channels = [one for one in channels if one["guild_id"] in (None, bot.guild_id)]
    assert [channel["type"] for channel in channels] == [0, 0, 1]
    rights = ("can_send", "can_react", "can_use_commands", "can_manage_messages")
    told = ["".join("ny"[channel[right]] for right in rights) for channel in channels]
    assert told == RIGHTS[name]
    for channel in channels:
        path = f"/channels/{channel['id']}"
        said = await person.call("POST", path + "/messages", {"content": "Hello"})
        assert said.status == (200 if channel["can_send"] else 403)
        data = {"name": "paint", "options": [{"name": "prompt", "type": 3, "value": "x"}]}
        used = await person.call("POST", path + "/interactions", {"type": 2, "data": data})
        assert used.status == (200 if channel["can_use_commands"] else 403)


async def test_what_is_said_is_told_to_all_who_see_it(ada: Person, ben: Person, cleo: Person) -> None:
    said = await ben.say("Hello")
    for person in (ada, ben, cleo):
        assert (await person.told("MESSAGE_CREATE"))["content"] == "Hello"
        assert [message["id"] for message in await person.history()] == [said["id"]]
    assert (await ben.call("POST", ben.paintings + "/messages", {"content": ""})).refusal == (400, 50006)
    assert (await ben.call("POST", ben.paintings + "/messages", [])).refusal == (400, 50109)


async def test_direct_messages_are_seen_by_their_member_alone(ada: Person, ben: Person) -> None:
    private = await ada.say("In private", channel="dm")
    for method, path in (
        ("GET", "/messages"),
        ("POST", "/messages"),
        ("GET", "/commands"),
        ("DELETE", f"/messages/{private['id']}"),
        ("PUT", f"/messages/{private['id']}/reactions/🦊"),
    ):
        body = {"content": "x"} if method == "POST" else None
        assert (await ben.call(method, ada.direct + path, body)).refusal == (403, 50001)
    said = await ada.say("In public")
    await ben.told("MESSAGE_CREATE")
    assert [data["id"] for kind, data in ben.events if kind == "MESSAGE_CREATE"] == [said["id"]]


async def test_pages_of_messages_come_oldest_first(ben: Person) -> None:
    ids = [(await ben.say(str(number)))["id"] for number in range(4)]
    page = await ben.call("GET", f"{ben.paintings}/messages?limit=2&before={ids[3]}")
    assert [message["id"] for message in page.body] == ids[1:3]
    for query in ("limit=0", "limit=x", "before=x"):
        assert (await ben.call("GET", f"{ben.paintings}/messages?{query}")).refusal == (400, 50035)


async def test_who_may_delete_what(bot: Bot, ada: Person, ben: Person, cleo: Person) -> None:
    own, of_the_bot = await ben.say(), await bot.say()
    own_path, bots_path = [f"{ben.paintings}/messages/{one['id']}" for one in (own, of_the_bot)]
    for person, path in ((cleo, own_path), (cleo, bots_path), (ben, bots_path)):
        assert (await person.call("DELETE", path)).refusal == (403, 50013)
    assert (await ben.call("DELETE", own_path)).status == 204
    assert (await ben.call("DELETE", own_path)).refusal == (404, 10008)
    assert (await ada.call("DELETE", bots_path)).status == 204
    await cleo.told("MESSAGE_DELETE", id=own["id"])
    await cleo.told("MESSAGE_DELETE", id=of_the_bot["id"])
    assert await cleo.history() == []


async def test_reactions_are_counted_with_ones_own(ben: Person, cleo: Person) -> None:
    said = await ben.say()
    path = f"{ben.paintings}/messages/{said['id']}/reactions/🦊"
    for _ in range(2):
        assert (await cleo.call("PUT", path)).status == 204
    added = await ben.told("MESSAGE_REACTION_ADD")
    assert (added["user_id"], added["message_id"]) == (cleo.id, said["id"])
    for person, me in ((ben, False), (cleo, True)):
        ((reaction,),) = [message["reactions"] for message in await person.history()]
        assert (reaction["emoji"]["name"], reaction["count"], reaction["me"]) == ("🦊", 1, me)
    assert (await ben.call("DELETE", path)).refusal == (400, 10014)
    assert (await cleo.call("DELETE", path)).status == 204
    await ben.told("MESSAGE_REACTION_REMOVE")
    assert (await ben.call("PUT", path.replace("🦊", "fox"))).refusal == (400, 10014)


@pytest.mark.parametrize(
    ("fields", "in_guild", "in_direct"),
    [
        ({}, "ab", "ab"),
        ({"contexts": [0]}, "ab", ""),
        ({"contexts": [1, 2]}, "", "ab"),
        ({"default_member_permissions": MANAGE_MESSAGES}, "a", "ab"),
        ({"default_member_permissions": 0}, "a", "ab"),
    ],
)
async def test_commands_are_offered_where_and_to_whom_they_are_meant(
    bot: Bot, ada: Person, ben: Person, fields: Json, in_guild: str, in_direct: str
) -> None:
    await bot.call("PUT", bot.commands, [{**PAINT, **fields}])
    for person, letter in ((ada, "a"), (ben, "b")):
        for channel, offered in (("paintings", in_guild), ("dm", in_direct)):
            listed = (await person.call("GET", person.channels[channel] + "/commands")).body
            assert [command["name"] for command in listed] == (["paint"] if letter in offered else [])
            used = await person.use(channel=channel, prompt="x")
            assert used.status in ((200,) if letter in offered else (403, 404))


async def test_a_command_of_the_server_stands_before_a_global_one(bot: Bot, ben: Person) -> None:
    in_guild = f"/applications/{bot.application_id}/guilds/{bot.guild_id}/commands"
    await bot.call("PUT", in_guild, [{**PAINT, "description": "Here"}])
    await bot.call("PUT", bot.commands, [{**PAINT, "description": "Everywhere"}])
    for channel, description in (("paintings", "Here"), ("dm", "Everywhere")):
        listed = (await ben.call("GET", ben.channels[channel] + "/commands")).body
        assert [command["description"] for command in listed] == [description]


async def test_members_are_not_held_to_the_bots_rights(bot: Bot, ben: Person) -> None:
    await bot.fault("forbid", channel=bot.paintings.split("/")[-1], permission="SEND_MESSAGES")
    await bot.fault("close_dms", member=ben.id)
    await ben.say()
    await ben.say(channel="dm")


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[tuple[Bot, GatewayClient]]:
    clock = Clock()
    server = DiscordServer(directory, clock=clock)
    await server.start()
    async with aiohttp.ClientSession() as session, session.ws_connect(server.gateway_url) as socket:
        gateway = GatewayClient(socket, server.token)
        await gateway.identify()
        yield Bot(session, server, clock), gateway
    await server.stop()


async def test_the_world_outlives_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as (bot, gateway), aiohttp.ClientSession() as session:
        ben = Person(session, bot.server, "Ben")
        commands = (await bot.call("PUT", bot.commands, [PAINT])).body
        message = await bot.say({"content": "A fox"}, files={"a.txt": b"seed 7"})
        await bot.call("PUT", f"{bot.paintings}/messages/{message['id']}/reactions/🦊/@me")
        await ben.use(prompt="a fox")
        interaction = await gateway.event("INTERACTION_CREATE")
        await bot.respond(interaction, MESSAGE, {"content": "Psst", "flags": EPHEMERAL})
        await bot.fault("forbid", channel=bot.paintings.split("/")[-1], permission="ADD_REACTIONS")
        seen, session_id, sequence = await ben.history(), gateway.session_id, gateway.sequence
        first_url = bot.server.url
    async with running(tmp_path) as (bot, gateway), aiohttp.ClientSession() as session:
        ben = Person(session, bot.server, "Ben")
        assert (await bot.call("GET", bot.commands)).body == commands
        again = await ben.history()
        # Only the port is another.
        moved = [{**one, "attachments": None} for one in again]
        assert moved == [{**one, "attachments": None} for one in seen]
        (attachment,) = again[0]["attachments"]
        assert not attachment["url"].startswith(first_url + "/")
        assert (await bot.fetch(attachment["url"])).body == b"seed 7"
        path = f"{bot.paintings}/messages/{message['id']}/reactions"
        assert (await bot.call("PUT", f"{path}/🐻/@me")).refusal == (403, 50013)
        edited = await bot.follow_up(interaction, "PATCH", "/messages/@original", {"content": "Later"})
        assert (edited.status, edited.body["content"]) == (200, "Later")
        new = await bot.say()
        assert int(new["id"]) > max(int(one["id"]) for one in seen)
        async with session.ws_connect(bot.server.gateway_url) as socket:
            client = GatewayClient(socket, bot.server.token)
            await client.resume(session_id, sequence)
            assert await client.until(9) is False


async def test_the_world_is_on_disk_soon_after_a_change(tmp_path: Path) -> None:
    """Else a crash would lose it. What was taken off a message is soon gone."""
    async with running(tmp_path) as (bot, _):
        message = await bot.say({"content": "A fox"}, files={"a.txt": b"a", "b.txt": b"b"})
        kept = message["attachments"][1]["id"]
        path = f"{bot.paintings}/messages/{message['id']}"
        await bot.call("PATCH", path, {"attachments": [{"id": kept}]})
        assert [file.name for file in (tmp_path / "attachments").iterdir()] == [kept]

        async def written() -> str:
            file = tmp_path / "world.json"
            return await asyncio.to_thread(lambda: file.read_text() if file.exists() else "")

        await until(written, lambda text: "A fox" in text)


async def test_a_page_that_is_open_hears_that_the_server_goes(session: aiohttp.ClientSession) -> None:
    server = DiscordServer()
    await server.start()
    ben = Person(session, server, "Ben")
    watching = asyncio.create_task(ben.watch())
    await ben.told("READY")
    await server.stop()
    await asyncio.wait_for(watching, 10)


async def test_a_thread_has_the_rights_of_its_channel_and_takes_another_to_write(
    bot: Bot, gateway: GatewayClient, dial: Dial, ben: Person, session: aiohttp.ClientSession
) -> None:
    world, owner = bot.server.world, bot.server.owner
    paintings = world.channels[bot.paintings.split("/")[-1]]
    public = owner.add_channel("sketches", type=PUBLIC_THREAD, parent_id=paintings.id)
    created = await gateway.event("THREAD_CREATE")
    assert (created["id"], created["parent_id"]) == (public.id, paintings.id)
    private = owner.add_channel("whispers", type=PRIVATE_THREAD, parent_id=paintings.id)
    seen = [one["name"] for one in (await ben.call("GET", "/channels")).body]
    assert "sketches" in seen
    assert "whispers" not in seen
    assert (await bot.call("GET", f"/channels/{private.id}")).refusal == (403, 50001)
    assert (await bot.call("GET", f"/channels/{public.id}")).body["thread_metadata"]["archived"] is False

    for permission, written in ((P.SEND_MESSAGES, 200), (P.SEND_MESSAGES_IN_THREADS, 403)):
        paintings.overwrites = [Overwrite(world.guild.id, 0, deny=permission)]
        owner.channel_changed(paintings)
        assert (await gateway.event("CHANNEL_UPDATE"))["permission_overwrites"][0]["deny"] == str(
            int(permission)
        )
        answer = await ben.call("POST", f"/channels/{public.id}/messages", {"content": "x"})
        assert answer.status == written
    # Whoever connects later is told of the threads that the bot sees.
    private.thread_member_ids.append(world.bot_id)
    later = await dial()
    await later.identify()
    threads = (await later.event("GUILD_CREATE"))["threads"]
    assert [one["name"] for one in threads] == ["sketches", "whispers"]


async def test_a_servers_owner_says_who_may_use_commands_where(
    bot: Bot, gateway: GatewayClient, ada: Person, ben: Person, session: aiohttp.ClientSession
) -> None:
    (registered,) = (await bot.call("PUT", bot.commands, [PAINT])).body
    of_server = f"/applications/{bot.application_id}/guilds/{bot.guild_id}/commands"
    assert (await bot.call("GET", of_server + "/permissions")).body == []
    assert (await bot.call("GET", f"{of_server}/{registered['id']}/permissions")).refusal == (404, 10066)

    url = f"{bot.server.url}/sandbox/guilds/{bot.guild_id}/commands"
    nobody = [{"id": bot.guild_id, "type": 1, "permission": False}]
    for name, target_id in (("paint", registered["id"]), ("all", bot.application_id)):
        async with session.put(f"{url}/{name}/permissions", json={"permissions": nobody}) as response:
            assert response.status == 204
        told = await gateway.event("APPLICATION_COMMAND_PERMISSIONS_UPDATE")
        assert (told["id"], told["guild_id"], told["permissions"]) == (target_id, bot.guild_id, nobody)
    assert (await bot.call("GET", f"{of_server}/{registered['id']}/permissions")).body[
        "permissions"
    ] == nobody
    assert len((await bot.call("GET", of_server + "/permissions")).body) == 2
    for person, listed, used in ((ada, 1, 200), (ben, 0, 403)):
        assert len((await person.call("GET", person.paintings + "/commands")).body) == listed
        assert (await person.use(prompt="x")).status == used
    async with session.put(f"{url}/paint/permissions", json={"permissions": [{"id": "x"}]}) as response:
        assert response.status == 400
    async with session.put(f"{url}/nothing/permissions", json={"permissions": nobody}) as response:
        assert response.status == 404
