"""Buttons that are commands by another name: for whom a server's owner lets the command be used."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from bot.controls.buttons import Action
from bot.controls.page_controls import Move, Query
from core.orders import Picture
from sandbox.discord.rules.command_permissions import may_use
from tests.member import fault
from tests.places import STAFF, Place

MAY_NOT = "You may not use `/imagine` in this channel"
ROLE, USER, CHANNEL = 1, 2, 3


async def test_again_edit_and_upscale_are_for_who_may_use_the_command_there(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    guild_id, owner = place.world.guild.id, place.bot.server.owner
    here, everywhere = place.channel("paintings").id, str(int(guild_id) - 1)
    place.world.guild.members[place.cleo].roles = [STAFF]

    async def allow(*entries: tuple[str, int, bool], command: str | None = "imagine") -> None:
        came = place.bot.client.wait_for("raw_app_command_permissions_update", timeout=10)
        told = [{"id": id_, "type": kind, "permission": said} for id_, kind, said in entries]
        owner.allow_commands(told, command=command)
        await came

    async def who_may(at: str = "paintings") -> set[str]:
        """By each of the buttons, and by what Discord lets them do with the command itself."""
        may: dict[str, set[str]] = {"Ada": set(), "Ben": set(), "Cleo": set()}
        for name, by in (("Ada", place.ada), ("Ben", place.ben), ("Cleo", place.cleo)):
            presses: dict[str, Callable[[Picture, str, str], Awaitable[str]]] = {
                "again": partial(place.press, Action.AGAIN),
                "edit": partial(place.press, Action.EDIT),
                "submit": place.edit,
                "enlarge": place.enlarge,
            }
            for verb, press in presses.items():
                if MAY_NOT not in await press(picture, by, at):
                    may[name].add(verb)
            command = next(one for one in place.world.commands.values() if one["name"] == "imagine")
            if may_use(place.world, command, place.channel(at), by):
                may[name].add("command")
            await place.end_waiting()
        assert {len(verbs) for verbs in may.values()} <= {0, 5}, may
        return {name for name, verbs in may.items() if verbs}

    assert await who_may() == {"Ada", "Ben", "Cleo"}
    await allow((guild_id, ROLE, False))
    assert await who_may() == {"Ada"}
    await allow((guild_id, ROLE, False), (STAFF, ROLE, True))
    assert await who_may() == {"Ada", "Cleo"}
    await allow((STAFF, ROLE, True), (place.cleo, USER, False))
    assert await who_may() == {"Ada", "Ben"}
    await allow((everywhere, CHANNEL, False), (place.channel("corner").id, CHANNEL, True))
    assert await who_may() == {"Ada"}
    assert await who_may("sketches") == {"Ada"}
    assert await who_may("corner") == {"Ada", "Ben", "Cleo"}
    # A thread has the rules of its channel.
    await allow((here, CHANNEL, False))
    assert await who_may("sketches") == {"Ada"}
    assert await who_may("corner") == {"Ada", "Ben", "Cleo"}
    # What is set for all commands counts where nothing is set for this one.
    await allow()
    await allow((guild_id, ROLE, False), (here, CHANNEL, False), command=None)
    assert await who_may() == {"Ada"}
    await allow((here, CHANNEL, True), (place.ben, USER, True))
    assert await who_may() == {"Ada", "Ben"}
    assert await who_may("sketches") == {"Ada", "Ben"}
    # Another server has rules of its own.
    in_attic = await place.paint(place.ada, "attic", "an owl")
    assert MAY_NOT not in await place.press(Action.AGAIN, in_attic, place.cleo, "attic")


async def test_what_was_set_while_nobody_listened_is_known_and_what_cannot_be_known_is_no(
    place: Place,
) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    permissions, server = place.bot.client.command_permissions, place.bot.server
    nobody = [{"id": place.world.guild.id, "type": ROLE, "permission": False}]
    permissions.forget()
    server.owner.allow_commands(nobody, command="imagine")
    assert MAY_NOT in await place.press(Action.AGAIN, picture, place.ben, "paintings")
    # A new session has missed what was changed before it.
    server.gateway.drop_events(1)
    server.owner.allow_commands([], command="imagine")
    place.bot.client.dispatch("shard_connect", 0)
    assert MAY_NOT not in await place.press(Action.AGAIN, picture, place.ben, "paintings")

    permissions.forget()
    await fault(server.url, "rest", status=404, times=99, path="/commands/permissions")
    for _ in range(2):
        unknown = await place.press(Action.AGAIN, picture, place.ben, "paintings")
        assert "does not say at the moment" in unknown
    # Administrators may in any case, and so could who had it painted there.
    await place.end_waiting()
    bens = await place.paint(place.ben, "paintings", "a badger")
    for by, one in ((place.ada, picture), (place.ben, bens)):
        assert "does not say" not in await place.press(Action.AGAIN, one, by, "paintings")
        await place.end_waiting()
    asked = [one for one in place.bot.exchanges if one.status == 404]
    assert len(asked) == 1, "it is not asked again with each press"


async def test_to_turn_a_page_is_for_who_may_use_the_gallery_and_what_one_sees_is_no_command(
    place: Place,
) -> None:
    picture = await place.paint(place.ben, "paintings", "made in paintings.")
    waits = await place.imagine(place.ben, "paintings", "a fox that waits")
    query = Query(int(place.ben), "", False, 1)
    nobody = [{"id": place.world.guild.id, "type": ROLE, "permission": False}]
    may_not = "You may not use `/gallery` in this channel"

    async def refused() -> set[Move]:
        said = {move: await place.page(move, picture.id, query, place.ben, "paintings") for move in Move}
        return {move for move in Move if may_not in said[move]}

    assert await refused() == set()
    came = place.bot.client.wait_for("raw_app_command_permissions_update", timeout=10)
    place.bot.server.owner.allow_commands(nobody, command="gallery")
    place.bot.server.owner.allow_commands(nobody, command="queue")
    await came
    assert await refused() == {*Move}
    # One that was opened before, in a server with other rules, or by who may always.
    assert may_not not in await place.page(Move.LAST, picture.id, query, place.ben, "attic")
    assert may_not not in await place.page(Move.LAST, picture.id, query, place.ada, "paintings")
    for said in (
        await place.open(picture, place.ben, "paintings"),
        await place.press(Action.LINK, picture, place.ben, "paintings"),
        await place.press(Action.AGAIN, picture, place.ben, "paintings"),
        await place.press(Action.DROP, waits, place.ben, "paintings"),
    ):
        assert "You may not" not in said


async def test_in_a_server_that_has_the_commands_and_not_the_bot_rules_are_asked_for_anew(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.gateway.command_permissions.AGAIN_SECONDS", 0.0)
    picture = await place.paint(place.cleo, "paintings", "a fox")
    client, server = place.bot.client, place.bot.server
    guild = client.get_guild(int(place.world.guild.id))
    assert guild is not None
    client._connection._remove_guild(guild)
    client.command_permissions.forget()
    place.world.guild.members[place.cleo].roles = [STAFF]
    for is_allowed in (True, False, True):
        # Nobody tells the bot.
        server.gateway.drop_events(1)
        server.owner.allow_commands(
            [{"id": STAFF, "type": ROLE, "permission": is_allowed}], command="imagine"
        )
        said = await place.press(Action.AGAIN, picture, place.cleo, "paintings")
        assert (MAY_NOT not in said) is is_allowed
