"""What a member, and the bot itself, may do: by the rights in the picture's own channel, or in this one."""

import pytest

from bot.controls.buttons import Action
from bot.controls.page_controls import Move, Query
from bot.owner.doctor import BotDoctor
from core.orders import Picture, State
from core.rules import House
from core.settings import DatabaseSettings
from db.pictures import Pictures
from db.servers import Servers
from ops.checks import CheckFailed
from ops.storage_checks import StorageChecks
from sandbox.discord.interactions import COMMAND
from sandbox.discord.rules.permissions import Permission as P
from sandbox.discord.state import Overwrite
from tests.lives import stored
from tests.places import NOT_THEIRS, NOT_THERE, Place, command, paint_everywhere


async def test_who_manages_messages_elsewhere_has_no_rights_over_a_picture(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    for action in (Action.DELETE, Action.ERASE):
        assert NOT_THEIRS in await place.press(action, picture, place.ben, "corner")
    in_thread = await place.paint(place.ada, "sketches", "a fox in a thread")
    assert NOT_THEIRS in await place.press(Action.ERASE, in_thread, place.ben, "corner")
    waits = await place.imagine(place.ada, "paintings", "a fox that waits")
    for action in (Action.CANCEL, Action.DROP):
        assert NOT_THEIRS in await place.press(action, waits, place.ben, "corner")
    in_attic = await place.imagine(place.ada, "attic", "an owl")
    assert NOT_THERE in await place.press(Action.CANCEL, in_attic, place.ben, "corner")
    assert (await stored(place.bot.pool, waits.id)).progress.state is State.QUEUED

    # With the right where they were made, they can be deleted from anywhere in that server.
    await place.changed("paintings", Overwrite(place.ben, 1, allow=P.MANAGE_MESSAGES))
    assert "for good?" in await place.press(Action.DELETE, picture, place.ben, "corner")
    assert "Deleted." in await place.press(Action.ERASE, in_thread, place.ben, "corner")
    await place.press(Action.CANCEL, waits, place.ben, "corner")
    assert (await stored(place.bot.pool, waits.id)).progress.state is State.CANCELLED
    # And not by who does not see them there any more.
    await place.changed("paintings", Overwrite(place.ben, 1, allow=P.MANAGE_MESSAGES, deny=P.VIEW_CHANNEL))
    assert NOT_THERE in await place.press(Action.ERASE, picture, place.ben, "corner")
    assert (await stored(place.bot.pool, picture.order.id)).progress.pictures


async def test_of_two_who_delete_a_picture_at_once_the_later_is_told_that_it_is_gone(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")

    async def as_it_was(*_asked: object) -> Picture:
        return picture

    monkeypatch.setattr(Pictures, "find", as_it_was)
    assert "Deleted." in await place.press(Action.ERASE, picture, place.ada, "paintings")
    assert NOT_THERE in await place.press(Action.ERASE, picture, place.ada, "paintings")


async def test_of_a_channel_that_is_gone_only_the_picture_s_own_member_has_any_rights(place: Place) -> None:
    made = await paint_everywhere(place)
    for by in (place.ben, place.cleo):
        assert NOT_THERE in await place.press(Action.ERASE, made["doomed"], by, "corner")
    assert "Deleted." in await place.press(Action.ERASE, made["doomed"], place.ada, "corner")


async def test_in_a_thread_it_takes_the_right_to_write_in_threads_to_share(place: Place) -> None:
    await place.paint(place.ben, "paintings", "made in paintings.")
    query, refused = Query(int(place.ben), "", False, 9), "You may not write in this channel"

    async def share(at: str) -> str:
        return await place.page(Move.SHARE, 10**9, query, place.ben, at)

    await place.changed("paintings", Overwrite(place.ben, 1, deny=P.SEND_MESSAGES))
    assert refused in await share("paintings")
    assert refused not in await share("sketches")
    await place.changed("paintings", Overwrite(place.ben, 1, deny=P.SEND_MESSAGES_IN_THREADS))
    assert refused not in await share("paintings")
    assert refused in await share("sketches")


async def test_the_doctor_looks_for_what_is_needed_there(place: Place, database_url: str) -> None:
    bot_id, client = place.world.bot_id, place.bot.client
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    storage = StorageChecks(settings, place.bot.pool, place.bucket)
    doctor = BotDoctor(client, client.registration, storage, Servers(place.bot.pool, House()), settings)

    async def told(at: str) -> str:
        """By the command, and by `python -m bot doctor --channel`; who may not write cannot attach either."""
        channel_id = int(place.channel(at).id)
        checks = doctor.checks(lambda: doctor.lacking_in(channel_id))
        (check,) = (one for one in checks if one.name == "permissions")
        try:
            said = await check.run()
        except CheckFailed as failed:
            said = str(failed)
        assert said in await place.act(COMMAND, command("doctor"), place.ada, at)
        return said

    await place.changed("paintings", Overwrite(bot_id, 1, deny=P.SEND_MESSAGES_IN_THREADS))
    assert await told("sketches") == "missing: Send Messages in Threads"
    assert await told("paintings") == "all that are needed"
    await place.changed("paintings", Overwrite(bot_id, 1, deny=P.SEND_MESSAGES))
    assert await told("sketches") == "all that are needed"
    assert await told("paintings") == "missing: Send Messages"
