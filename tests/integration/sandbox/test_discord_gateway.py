"""The local Discord's gateway as a bot meets it: who is let in, who is told what, what a resume brings."""

import socket

import aiohttp
import pytest

from sandbox.discord import DiscordServer
from sandbox.discord.gateway import IDENTIFY_SECONDS
from tests.integration.sandbox.conftest import (
    ALL_INTENTS,
    DIRECT_REACTIONS,
    GUILD_REACTIONS,
    GUILDS,
    PAINT,
    Bot,
    Clock,
    Dial,
    GatewayClient,
    Json,
    Person,
)

MEMBERS, PRESENCES, MESSAGE_CONTENT = 1 << 1, 1 << 8, 1 << 15


async def react(bot: Bot, message: Json, emoji: str) -> None:
    path = f"/channels/{message['channel_id']}/messages/{message['id']}/reactions/{emoji}/@me"
    assert (await bot.call("PUT", path)).status == 204


async def names(client: GatewayClient, count: int, kind: str = "MESSAGE_REACTION_ADD") -> list[str]:
    """The emojis of the next events."""
    return [(await client.event(kind))["emoji"]["name"] for _ in range(count)]


async def test_it_greets_lets_in_and_tells_of_the_server(bot: Bot, dial: Dial, server: DiscordServer) -> None:
    client = await dial()
    assert (await client.until(10))["heartbeat_interval"] == 41_250
    ready = await client.identify()
    assert (ready["v"], ready["user"]["id"]) == (10, bot.application_id)
    assert ready["application"]["id"] == bot.application_id
    assert ready["guilds"] == [{"id": bot.guild_id, "unavailable": True}]
    assert ready["resume_gateway_url"] == server.gateway_url
    guild = await client.event("GUILD_CREATE")
    assert {channel["name"] for channel in guild["channels"]} == {"paintings", "announcements"}
    # Without the privileged intent it is told of itself alone.
    assert [member["user"]["id"] for member in guild["members"]] == [bot.application_id]
    assert guild["member_count"] == 4
    await client.send(1, client.sequence)
    await client.until(11)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"token": "wrong"}, 4004),
        ({"intents": GUILDS | MEMBERS}, 4014),
        ({"intents": GUILDS | PRESENCES}, 4014),
        ({"intents": GUILDS | MESSAGE_CONTENT}, 4014),
        ({"intents": 1 << 30}, 4013),
        ({"intents": None}, 4013),
        ({"shard": [2, 2]}, 4010),
        ({"shard": [0]}, 4010),
        ({"shard": "0"}, 4010),
    ],
)
async def test_who_identifies_wrongly_is_shut_out(dial: Dial, fields: Json, code: int) -> None:
    client = await dial()
    await client.ask(**fields)
    assert await client.closed() == code
    assert client.kinds == []


@pytest.mark.parametrize(
    ("text", "code"), [("{", 4002), ("[]", 4002), ('{"op": 99}', 4001), ('{"op": 3}', 4003)]
)
async def test_what_makes_no_sense_ends_the_connection(dial: Dial, text: str, code: int) -> None:
    client = await dial()
    await client.socket.send_str(text)
    assert await client.closed() == code


async def test_bytes_other_versions_and_other_encodings_are_not_spoken(dial: Dial) -> None:
    client = await dial()
    await client.socket.send_bytes(b"{}")
    assert await client.closed() == 4002
    assert await (await dial("?v=6&encoding=json")).closed() == 4012
    assert await (await dial("?v=10&encoding=etf")).closed() == 4012


async def test_who_identifies_twice_or_talks_too_much_is_thrown_out(
    dial: Dial, gateway: GatewayClient
) -> None:
    await gateway.ask()
    assert await gateway.closed() == 4005
    chatty = await dial()
    await chatty.identify()
    for _ in range(120):
        await chatty.send(1, None)
    assert await chatty.closed() == 4008


async def test_events_are_filtered_by_intents(bot: Bot, dial: Dial, ben: Person) -> None:
    some, none, direct = [await dial() for _ in range(3)]
    for client, intents in ((some, GUILDS | GUILD_REACTIONS), (none, 0), (direct, DIRECT_REACTIONS)):
        await client.identify(intents)
    message, in_direct = await ben.say(), await ben.say(channel="dm")
    await react(bot, message, "🦊")
    await react(bot, in_direct, "🐻")
    assert (await bot.call("PUT", bot.commands, [PAINT])).status == 200
    # An interaction needs no intent, and comes after all that was before it.
    assert (await ben.use(prompt="a fox")).status == 200
    for client in (some, none, direct):
        await client.event("INTERACTION_CREATE")
    assert some.kinds == ["READY", "GUILD_CREATE", "MESSAGE_REACTION_ADD", "INTERACTION_CREATE"]
    assert none.kinds == ["READY", "INTERACTION_CREATE"]
    assert direct.kinds == ["READY", "MESSAGE_REACTION_ADD", "INTERACTION_CREATE"]


async def test_messages_come_and_go_and_what_others_write_is_blank(
    bot: Bot, gateway: GatewayClient, ben: Person
) -> None:
    said = await ben.say("A secret")
    told = await gateway.event("MESSAGE_CREATE")
    assert (told["id"], told["content"], told["guild_id"]) == (said["id"], "", bot.guild_id)
    assert "user" not in told["member"]
    await ben.say(f"<@{bot.application_id}> hello")
    assert (await gateway.event("MESSAGE_CREATE"))["content"].endswith("hello")
    await ben.say("In private", channel="dm")
    told = await gateway.event("MESSAGE_CREATE")
    assert (told["content"], "guild_id" in told) == ("In private", False)
    own = await bot.say()
    await bot.call("PATCH", f"{bot.paintings}/messages/{own['id']}", {"content": "Anew"})
    assert (await gateway.event("MESSAGE_UPDATE"))["content"] == "Anew"
    await bot.call("DELETE", f"{bot.paintings}/messages/{own['id']}")
    assert (await gateway.event("MESSAGE_DELETE"))["id"] == own["id"]


async def test_nothing_is_told_of_a_channel_that_the_bot_cannot_see(
    bot: Bot, gateway: GatewayClient, ben: Person
) -> None:
    await bot.fault("forbid", channel=bot.paintings.split("/")[-1], permission="VIEW_CHANNEL")
    await ben.say("Unseen")
    seen = await ben.say("Seen", channel="dm")
    assert (await gateway.event("MESSAGE_CREATE"))["id"] == seen["id"]


async def test_who_misses_heartbeats_is_closed_and_has_lost_the_session(
    session: aiohttp.ClientSession,
) -> None:
    server = DiscordServer(heartbeat_interval_seconds=0.2)
    await server.start()
    try:
        async with session.ws_connect(server.gateway_url) as wire:
            silent = GatewayClient(wire, server.token)
            ready = await silent.identify()
            assert await silent.closed() == 4009
        async with session.ws_connect(server.gateway_url) as wire:
            again = GatewayClient(wire, server.token)
            await again.resume(ready["session_id"], silent.sequence)
            assert await again.until(9) is False
    finally:
        await server.stop()


@pytest.mark.parametrize("code", [None, 4000, 1006])
async def test_a_resume_brings_what_was_missed_in_order_and_goes_on(
    bot: Bot, dial: Dial, gateway: GatewayClient, ben: Person, code: int | None
) -> None:
    """Closed by Discord, by the bot with a code that means to come back, or by a broken wire."""
    message = await ben.say()
    await react(bot, message, "🦊")
    assert await names(gateway, 1) == ["🦊"]
    seen = gateway.sequence
    if code is None:
        await bot.fault("disconnect")
        assert await gateway.closed() == 4000
    elif code == 1006:
        gateway.socket.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
    else:
        await gateway.socket.close(code=code)
    await ben.told("BOT_PRESENCE", online=False)
    await react(bot, message, "🐻")
    await react(bot, message, "🦉")
    again = await dial()
    await again.resume(gateway.session_id, seen)
    await ben.told("BOT_PRESENCE", online=True)
    await react(bot, message, "🐟")
    assert await names(again, 3) == ["🐻", "🦉", "🐟"]
    assert again.kinds == ["MESSAGE_REACTION_ADD"] * 2 + ["RESUMED", "MESSAGE_REACTION_ADD"]
    assert again.sequence == (seen or 0) + 4


@pytest.mark.parametrize("code", [1000, 1001])
async def test_who_hangs_up_for_good_cannot_resume(
    dial: Dial, gateway: GatewayClient, ben: Person, code: int
) -> None:
    await gateway.socket.close(code=code)
    await ben.told("BOT_PRESENCE", online=False)
    again = await dial()
    await again.resume(gateway.session_id, gateway.sequence)
    assert await again.until(9) is False
    # On the same connection it may start anew.
    assert (await again.identify())["session_id"] != gateway.session_id


@pytest.mark.parametrize(
    ("fields", "code"), [({"token": "wrong"}, 4004), ({"seq": 10**6}, 4007), ({"seq": None}, 4007)]
)
async def test_a_resume_that_makes_no_sense_is_refused(
    dial: Dial, gateway: GatewayClient, server: DiscordServer, fields: Json, code: int
) -> None:
    again = await dial()
    right = {"token": server.token, "session_id": gateway.session_id, "seq": gateway.sequence}
    await again.send(6, {**right, **fields})
    assert await again.closed() == code


async def test_a_resume_takes_the_session_from_a_connection_that_still_stands(
    dial: Dial, gateway: GatewayClient, ben: Person
) -> None:
    again = await dial()
    await again.resume(gateway.session_id, gateway.sequence)
    await again.event("RESUMED")
    assert await gateway.closed() == 4000
    said = await ben.say()
    assert (await again.event("MESSAGE_CREATE"))["id"] == said["id"]
    assert ("BOT_PRESENCE", {"online": False}) not in ben.events


async def test_events_that_are_dropped_come_with_the_resume(
    bot: Bot, dial: Dial, gateway: GatewayClient, ben: Person
) -> None:
    message = await ben.say()
    await gateway.event("MESSAGE_CREATE")
    await bot.fault("drop_events", times=2)
    for emoji in "🦊🐻":
        await react(bot, message, emoji)
    await bot.fault("disconnect")
    assert await gateway.closed() == 4000
    assert "MESSAGE_REACTION_ADD" not in gateway.kinds
    again = await dial()
    await again.resume(gateway.session_id, gateway.sequence)
    assert await names(again, 2) == ["🦊", "🐻"]
    await react(bot, message, "🦉")
    assert await names(again, 1) == ["🦉"]


async def test_it_is_told_to_connect_again(bot: Bot, dial: Dial, gateway: GatewayClient) -> None:
    await bot.fault("reconnect")
    assert await gateway.until(7) is None
    again = await dial()
    await again.resume(gateway.session_id, gateway.sequence)
    await again.event("RESUMED")


@pytest.mark.parametrize("resumable", [True, False])
async def test_a_session_is_called_invalid(
    bot: Bot, dial: Dial, gateway: GatewayClient, ben: Person, resumable: bool
) -> None:
    await bot.fault("invalid_session", resumable=resumable)
    assert await gateway.until(9) is resumable
    if not resumable:
        await ben.told("BOT_PRESENCE", online=False)
    again = await dial()
    await again.resume(gateway.session_id, gateway.sequence)
    if resumable:
        await again.event("RESUMED")
    else:
        assert await again.until(9) is False


async def test_a_session_ends_with_a_code_that_is_final(bot: Bot, dial: Dial, gateway: GatewayClient) -> None:
    await bot.fault("disconnect", code=4009)
    assert await gateway.closed() == 4009
    again = await dial()
    await again.resume(gateway.session_id, gateway.sequence)
    assert await again.until(9) is False


async def test_each_shard_is_told_of_its_own(bot: Bot, dial: Dial, ben: Person) -> None:
    number = int(bot.guild_id) >> 22
    count = next(count for count in range(2, 100) if number % count)
    of_guild = number % count
    shards: dict[int, GatewayClient] = {}
    for shard in (0, of_guild):
        shards[shard] = await dial()
        ready = await shards[shard].identify(ALL_INTENTS, shard=[shard, count])
        assert (ready["shard"], bool(ready["guilds"])) == ([shard, count], shard == of_guild)
    in_guild, in_direct = await ben.say(), await ben.say(channel="dm")
    last = await ben.say()
    told = [(await shards[of_guild].event("MESSAGE_CREATE"))["id"] for _ in range(2)]
    assert told == [in_guild["id"], last["id"]]
    assert (await shards[0].event("MESSAGE_CREATE"))["id"] == in_direct["id"]


async def test_of_two_servers_each_is_told_to_its_own_shard(
    server: DiscordServer, bot: Bot, dial: Dial
) -> None:
    other = server.add_guild("The Loft", "sketches")
    of = {guild_id: (int(guild_id) >> 22) % 2 for guild_id in (bot.guild_id, other)}
    assert sorted(of.values()) == [0, 1]
    for guild_id, shard in of.items():
        client = await dial()
        await client.identify(GUILDS, shard=[shard, 2])
        created = await client.event("GUILD_CREATE")
        assert (created["id"], len(created["channels"])) == (guild_id, 2 if guild_id == bot.guild_id else 1)
    assert (await bot.call("GET", f"/guilds/{other}")).body["name"] == "The Loft"


async def test_a_second_session_within_five_seconds_is_refused(
    server: DiscordServer, dial: Dial, clock: Clock
) -> None:
    await (await dial()).identify()
    hasty = await dial()
    await hasty.ask(shard=[1, 2])
    assert await hasty.until(9) is False
    assert (server.gateway.shards, server.gateway.identifies_refused) == ({0}, 1)
    clock.ahead_seconds += IDENTIFY_SECONDS
    await hasty.ask(shard=[1, 2])
    assert (await hasty.event("READY"))["shard"] == [1, 2]


async def test_events_come_in_another_shape_on_demand(bot: Bot, gateway: GatewayClient, ada: Person) -> None:
    await bot.fault("send_event", t="NOBODY_KNOWS", d={"at": 7})
    assert await gateway.event("NOBODY_KNOWS") == {"at": 7}
    await bot.call("PUT", bot.commands, [PAINT])
    changes = {"member.roles": None, "channel.name": "gone"}
    await bot.fault("odd_event", t="INTERACTION_CREATE", changes=changes)
    await ada.use(prompt="a fox", mood="sad")
    odd = await gateway.event("INTERACTION_CREATE")
    assert odd["member"]["roles"] is None
    assert "name" not in odd["channel"]
    await ada.use(prompt="a fox", mood="sad")
    assert "name" in (await gateway.event("INTERACTION_CREATE"))["channel"]


async def test_sessions_are_refused_and_counted_on_demand(bot: Bot, dial: Dial) -> None:
    await bot.fault("limit_sessions", remaining=1, reset_after=60)
    await bot.fault("refuse_sessions", code=4013)
    client = await dial()
    await client.ask()
    assert await client.closed() == 4013
    client = await dial()
    await client.identify()
    limit = (await bot.call("GET", "/gateway/bot")).body["session_start_limit"]
    assert (limit["remaining"], limit["reset_after"]) == (0, 60_000)
