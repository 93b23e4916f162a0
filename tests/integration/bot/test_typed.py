"""What members type reaches Stability, the table and other members in words, and without what is not seen."""

from collections.abc import AsyncIterator

import discord
import pytest
from discord.abc import _Overwrites

from bot.controls.buttons import Action
from core.settings import DatabaseSettings
from db.bucket.client import Bucket
from db.pool import Pool
from sandbox.discord.interactions import COMMAND, MODAL_SUBMIT
from sandbox.discord.ratelimits import Limit
from tests.connected import Connected, connected
from tests.integration.bot.test_logged import command
from tests.lives import stored
from tests.member import text
from tests.places import Place, end_waiting
from tests.places import command as place_command


@pytest.fixture
async def bot(
    database_url: str, pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Connected]:
    # Nobody types so fast, and how fast one may is not what these are about.
    monkeypatch.setattr("sandbox.discord.rest.wire.DEFAULT", Limit(10_000, 1))
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket) as one:
        yield one


async def newest(bot: Connected) -> tuple[str, str | None]:
    order = (await stored(bot.pool, await bot.pool.fetchval("select max(id) from orders"))).order
    return order.prompt, order.negative_prompt


async def test_names_stand_where_ids_were_typed(bot: Connected) -> None:
    world = bot.server.world
    ada = next(user for user in world.users.values() if user.global_name == "Ada")
    channel = next(one for one in world.channels.values() if one.name == "paintings")
    role = world.guild.roles[world.guild.id]
    typed = {
        f"<@{bot.member_id}> and <@!{bot.member_id}>": "Ben and Ben",
        f"<@{ada.id}> and <@1>": "Ada and someone",
        f"<@&{role.id}> and <@&1>": f"{role.name} and a role",
        f"<#{channel.id}> and <#1>": "paintings and a channel",
        "<:red_fox:1> <a:party:22>": "red_fox party",
        "</gallery:123> </a b:1>": "/gallery /a b",
        "<t:0> <t:1700000000:R> <t:9999999999999:R>": "1970-01-01 2023-11-14 a date",
        "<id:customize> <\u200b@1>": "customize someone",
        "a <b> <3 <@x> <@>": "a <b> <3 <@x> <@>",
    }
    user = {
        "id": ada.id,
        "username": ada.username,
        "global_name": "Ada",
        "discriminator": "0",
        "avatar": None,
    }
    resolved = {"users": {ada.id: user}}
    for raw, words in typed.items():
        data = command("imagine", prompt=f"x {raw}", negative_prompt=f"y {raw}", model="core")
        await bot.interact(COMMAND, {**data, "resolved": resolved})
        assert await newest(bot) == (f"x {words}", f"y {words}")
        fields = {"prompt": f"z {raw}", "size": "512 x 512", "negative_prompt": raw}
        components = [{"type": 4, "custom_id": name, "value": value} for name, value in fields.items()]
        await bot.interact(MODAL_SUBMIT, {"custom_id": "edit:1", "components": components})
        # Discord sends no names with a modal, and a bot knows by itself no other member's.
        known = words.replace("Ada", "someone")
        assert await newest(bot) == (f"z {known}", known)
        await end_waiting(bot.pool)


async def test_a_channel_that_the_member_does_not_see_is_not_named(bot: Connected) -> None:
    hidden = next(one for one in bot.client.get_all_channels() if one.name == "paintings")
    deny = discord.Permissions(view_channel=True).value
    everyone = {"id": hidden.guild.id, "type": 0, "allow": "0", "deny": str(deny)}
    hidden._overwrites[:] = [_Overwrites(everyone)]  # type: ignore[arg-type] # their type is its own
    await bot.interact(COMMAND, command("imagine", prompt=f"what is <#{hidden.id}>"), direct=False)
    assert await newest(bot) == ("what is a channel", None)


async def test_a_name_is_no_way_round(bot: Connected) -> None:
    """Of a member, a role or a channel: what it is made of is whatever somebody typed."""
    world = bot.server.world
    ada = next(user for user in world.users.values() if user.global_name == "Ada")
    for called, words in {
        "\u202eAda\u202c": "Ada",
        "**Ada** `x`": "**Ada** `x`",
        "<@1>Ada": "Ada",
        "<@1>": "someone",
        "\u200b\u2060": "someone",
    }.items():
        ada.global_name = called
        await bot.interact(COMMAND, command("imagine", prompt=f"of <@{ada.id}>"))
        assert await newest(bot) == (f"of {words}", None)


async def test_what_is_typed_is_shown_as_it_stands_wherever_it_is_shown(place: Place) -> None:
    typed = "**a** <@1>1 ||b|| [c](https://d.example)"
    shown = r"\*\*a\*\* someone1 \|\|b\|\| \[c\]\(https\:\/\/d\.example\)"
    await place.paint(place.ben, "paintings", typed)
    waits = await place.imagine(place.ben, "paintings", typed)
    for said in (
        await place.act(COMMAND, place_command("queue"), place.ben, "paintings"),
        await place.gallery(place.ben, "paintings"),
        await place.press(Action.AGAIN, waits, place.ben, "paintings"),
    ):
        assert repr(shown)[1:-1] in said
        assert f"'content': '{typed}" not in said


async def test_a_private_thread_is_named_in_it_alone(place: Place) -> None:
    mention = f"<#{place.channel('whispers').id}>"
    for by, at, words in (
        (place.ben, "corner", "a channel"),
        (place.ben, "attic", "a channel"),
        (place.ada, "whispers", "whispers"),
    ):
        assert (await place.imagine(by, at, f"what is {mention}")).prompt == f"what is {words}"
    staff = f"<#{place.channel('staff').id}> <#{place.channel('paintings').id}>"
    assert (await place.imagine(place.ben, "corner", staff)).prompt == "a channel paintings"
    assert (await place.imagine(place.ben, "attic", staff)).prompt == "a channel a channel"


async def test_a_search_is_shown_and_made_without_what_is_not_seen(bot: Connected) -> None:
    interaction = await bot.interact(COMMAND, command("gallery", search="\u202eno such\u200b thing <@1>"))
    world = bot.server.world
    shown = world.message(interaction.channel_id, interaction.original_id or "")
    assert shown is not None
    assert text({"components": shown.components}).endswith("no such thing someone")
