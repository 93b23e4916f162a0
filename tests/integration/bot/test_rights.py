"""Who may see and do what: rights are those in the picture's own channel, looked at from wherever it is."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image

from bot.controls import Action
from bot.doctor import BotDoctor
from bot.gallery_page import Move, Query
from db.bucket import Bucket
from db.diagnosis import Trouble
from db.jobs import Job
from db.pool import Pool
from db.settings import DatabaseSettings
from sandbox.discord import DiscordServer
from sandbox.discord.interactions import COMMAND, COMPONENT, MODAL_SUBMIT
from sandbox.discord.rules.command_permissions import may_use
from sandbox.discord.rules.permissions import Permission as P
from sandbox.discord.state import PRIVATE_THREAD, PUBLIC_THREAD, Channel, Overwrite, Role, World
from tests.connected import Connected, connected
from tests.lives import stored, worker
from tests.member import fault

NOT_THERE = "This picture is not there any more, or it is not for you to see here."
NOT_THEIRS = "Only the member who asked for this picture"
STAFF = "1"


@dataclass
class Place:
    """The bot in two servers, with members who see and may do different things in their channels."""

    bot: Connected
    bucket: Bucket
    ada: str
    ben: str
    cleo: str

    @property
    def world(self) -> World:
        return self.bot.server.world

    def channel(self, name: str) -> Channel:
        return next(one for one in self.world.channels.values() if one.name == name)

    async def act(self, kind: int, data: dict[str, Any], by: str, at: str, **looks: Any) -> str:
        """All that the bot says because of it. `looks` are what a component has beside what is sent of it."""
        before = len(self.bot.exchanges)
        row = None
        if kind == COMPONENT:
            pressed = {"type": data["component_type"], "custom_id": data["custom_id"], "id": 2, **looks}
            row = [{"type": 1, "id": 1, "components": [pressed]}]
        place = self.channel(at)
        await self.bot.interact(kind, data, channel=place, member_id=by, components=row)
        calls = self.bot.exchanges[before:]
        assert [call for call in calls if call.status >= 400 and call.method != "GET"] == []
        return str([call.request for call in calls])

    async def press(self, action: Action, job: Job, by: str, at: str) -> str:
        data = {"custom_id": f"job:{action}:{job.id}", "component_type": 2}
        return await self.act(COMPONENT, data, by, at, style=2, label="x")

    async def open(self, job: Job, by: str, at: str) -> str:
        options = [{"label": "x", "value": str(job.id)}]
        data = {"custom_id": "gallery:open", "component_type": 3, "values": [str(job.id)]}
        return await self.act(COMPONENT, data, by, at, options=options)

    async def edit(self, job: Job, by: str, at: str) -> str:
        fields = {"prompt": "a badger", "size": "256 x 256", "negative_prompt": ""}
        components = [
            {"type": 18, "component": {"type": 4, "custom_id": name, "value": value}}
            for name, value in fields.items()
        ]
        self.bot.opener = await self.bot.interact(
            COMMAND, command("queue"), channel=self.channel(at), member_id=by
        )
        data = {"custom_id": f"edit:{job.id}", "components": components}
        return await self.act(MODAL_SUBMIT, data, by, at)

    async def gallery(self, by: str, at: str, **options: Any) -> str:
        return await self.act(COMMAND, command("gallery", **options), by, at)

    async def turn(self, move: Move, cursor: int, query: Query, by: str, at: str) -> str:
        data = {"custom_id": query.custom_id(move, cursor), "component_type": 2}
        return await self.act(COMPONENT, data, by, at, style=2, label="x")

    async def share(self, at: str, *jobs: Job) -> str:
        """Ada shares all of hers, by the pages that begin with these."""
        query = Query(int(self.ada), "", False, 9)
        return str([await self.turn(Move.SHARE, job.id, query, self.ada, at) for job in jobs])

    async def imagine(self, by: str, at: str, prompt: str, **options: Any) -> Job:
        await self.act(COMMAND, command("imagine", prompt=prompt, width=256, height=256, **options), by, at)
        return await self.newest()

    async def paint(self, by: str, at: str, prompt: str, **options: Any) -> Job:
        job = await self.imagine(by, at, prompt, **options)
        (claimed,) = await worker(self.bot.pool).claim(1)
        assert claimed.id == job.id
        picture = io.BytesIO()
        Image.new("RGB", (8, 8)).save(picture, "WEBP")
        await self.bucket.put_preview(claimed, picture.getvalue())
        await worker(self.bot.pool).finish(claimed, painted_seed=7, original_bytes=1000)
        return await stored(self.bot.pool, job.id)

    async def newest(self) -> Job:
        return await stored(self.bot.pool, await self.bot.pool.fetchval("select max(id) from jobs"))

    async def forget_waiting(self) -> None:
        await self.bot.pool.execute("delete from jobs where state = 'queued'")

    async def changed(self, name: str, *overwrites: Overwrite) -> None:
        """The channel's overwrites are these now, and the bot has been told."""
        channel = self.channel(name)
        channel.overwrites = list(overwrites)
        came = self.bot.client.wait_for("guild_channel_update", timeout=10)
        self.bot.server.owner.channel_changed(channel)
        await came


def command(name: str, **options: Any) -> dict[str, Any]:
    kinds = {bool: 5, int: 4, str: 3}
    given = [
        {"name": key, "type": 6 if key == "member" else kinds[type(value)], "value": value}
        for key, value in options.items()
    ]
    return {"id": "5", "name": name, "type": 1, "options": given}


def furnish(server: DiscordServer) -> None:
    """Channels that not everybody sees, threads, an age-restricted one, and a second server."""
    world, guild = server.world, server.world.guild
    ben = next(user.id for user in world.users.values() if user.global_name == "Ben")
    cleo = next(user.id for user in world.users.values() if user.global_name == "Cleo")
    guild.roles[STAFF] = Role(STAFF, "Staff", 0, 1)
    hidden = [Overwrite(guild.id, 0, deny=P.VIEW_CHANNEL), Overwrite(STAFF, 0, allow=P.VIEW_CHANNEL)]
    add = server.owner.add_channel
    staff = add("staff", overwrites=hidden)
    add("staff-too", overwrites=hidden)
    add("corner", overwrites=[Overwrite(ben, 1, allow=P.MANAGE_MESSAGES)])
    add("no-past", overwrites=[Overwrite(guild.id, 0, deny=P.READ_MESSAGE_HISTORY)])
    add("after-dark", nsfw=True)
    add("doomed")
    paintings = next(one for one in world.channels.values() if one.name == "paintings")
    add("sketches", type=PUBLIC_THREAD, parent_id=paintings.id)
    add(
        "whispers",
        type=PRIVATE_THREAD,
        parent_id=paintings.id,
        thread_member_ids=[guild.owner_id, world.bot_id],
    )
    add("staff-talk", type=PUBLIC_THREAD, parent_id=staff.id)
    server.add_guild("The Attic", "attic")
    guild.members[cleo].roles = []


@pytest.fixture
async def place(database_url: str, pool: Pool, bucket: Bucket) -> AsyncIterator[Place]:
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket, furnish=furnish) as bot:
        await pool.execute("delete from jobs")
        users = {user.global_name: user.id for user in bot.server.world.users.values()}
        yield Place(bot, bucket, users["Ada"], users["Ben"], users["Cleo"])


EVERYWHERE = (
    "paintings", "sketches", "announcements", "staff", "staff-talk", "whispers", "no-past", "after-dark",
    "attic",
)  # fmt: skip


async def paint_everywhere(place: Place) -> dict[str, Job]:
    """Ada's, who sees all; each says where it was made."""
    made = {name: await place.paint(place.ada, name, f"made in {name}.") for name in EVERYWHERE}
    made["private"] = await place.paint(place.ada, "paintings", "made in private.", private=True)
    made["doomed"] = await place.paint(place.ada, "doomed", "made in doomed.")
    came = place.bot.client.wait_for("guild_channel_delete", timeout=10)
    place.bot.server.owner.remove_channel(place.channel("doomed"))
    await came
    return made


def seen(said: str, made: dict[str, Job]) -> set[str]:
    return {name for name in made if f"made in {name}." in said}


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
    assert (await stored(place.bot.pool, waits.id)).state == "queued"

    # With the right where they were made, they can be deleted from anywhere in that server.
    await place.changed("paintings", Overwrite(place.ben, 1, allow=P.MANAGE_MESSAGES))
    assert "for good?" in await place.press(Action.DELETE, picture, place.ben, "corner")
    assert "Deleted." in await place.press(Action.ERASE, in_thread, place.ben, "corner")
    await place.press(Action.CANCEL, waits, place.ben, "corner")
    assert (await stored(place.bot.pool, waits.id)).state == "cancelled"
    # And not by who does not see them there any more.
    await place.changed("paintings", Overwrite(place.ben, 1, allow=P.MANAGE_MESSAGES, deny=P.VIEW_CHANNEL))
    assert NOT_THERE in await place.press(Action.ERASE, picture, place.ben, "corner")
    assert (await stored(place.bot.pool, picture.id)).erased_at is None


async def test_of_a_channel_that_is_gone_only_the_picture_s_own_member_has_any_rights(place: Place) -> None:
    made = await paint_everywhere(place)
    for by in (place.ben, place.cleo):
        assert NOT_THERE in await place.press(Action.ERASE, made["doomed"], by, "corner")
    assert "Deleted." in await place.press(Action.ERASE, made["doomed"], place.ada, "corner")


SEEN_BY_BEN = {
    "corner": {"paintings", "sketches", "announcements"},
    "sketches": {"paintings", "sketches", "announcements"},
    "after-dark": {"paintings", "sketches", "announcements", "after-dark"},
    "attic": {"attic"},
}


async def test_a_gallery_shows_of_others_what_the_viewer_sees_where_it_was_made(place: Place) -> None:
    made = await paint_everywhere(place)
    for at, expected in SEEN_BY_BEN.items():
        assert seen(await place.gallery(place.ben, at, member=place.ada), made) == expected, at
        query = Query(int(place.ada), "", False, 1)
        by_turns: set[str] = set()
        for move in (Move.FIRST, Move.LAST):
            by_turns |= seen(await place.turn(move, 1, query, place.ben, at), made)
        for job in made.values():
            for move in (Move.NEXT, Move.PREVIOUS):
                by_turns |= seen(await place.turn(move, job.id, query, place.ben, at), made)
        assert by_turns == expected, at
        assert seen(await place.gallery(place.ben, at, member=place.ada, search="made"), made) == expected
    # In a private thread those who are in it see what was made there.
    place.channel("whispers").thread_member_ids.append(place.ben)
    assert seen(await place.gallery(place.ben, "whispers", member=place.ada), made) == {
        *SEEN_BY_BEN["sketches"],
        "whispers",
    }
    assert seen(await place.gallery(place.ada, "corner"), made) == set([*made][-6:])


async def test_every_button_of_a_picture_is_for_who_sees_it_where_it_was_made(place: Place) -> None:
    made = await paint_everywhere(place)
    verbs: list[Callable[[Job, str], Awaitable[str]]] = [
        lambda job, at: place.open(job, place.ben, at),
        lambda job, at: place.edit(job, place.ben, at),
        *(
            lambda job, at, action=action: place.press(action, job, place.ben, at)
            for action in (
                Action.LINK, Action.AGAIN, Action.EDIT, Action.UPSCALE, Action.FAVOURITE, Action.RESTORE,
            )
        ),
    ]  # fmt: skip
    for at, name in (
        *(("corner", name) for name in {*made} - SEEN_BY_BEN["corner"]),
        ("attic", "paintings"),
        ("after-dark", "attic"),
    ):
        for verb in verbs:
            assert NOT_THERE in await verb(made[name], at), (at, name)
    for at, names in SEEN_BY_BEN.items():
        for name in names:
            for verb in verbs:
                assert NOT_THERE not in await verb(made[name], at), (at, name)
            await place.forget_waiting()


async def test_a_favourite_is_seen_for_as_long_as_its_picture_would_be(place: Place) -> None:
    made = {name: await place.paint(place.ada, name, f"made in {name}.") for name in ("paintings", "attic")}
    for name, job in made.items():
        assert "Among your favourites now" in await place.press(Action.FAVOURITE, job, place.ben, name)
    assert seen(await place.gallery(place.ben, "corner", favourites=True), made) == {"paintings"}
    assert seen(await place.gallery(place.ben, "attic", favourites=True), made) == {"attic"}
    assert seen(await place.gallery(place.ben, "attic", favourites=True, member=place.ada), made) == {"attic"}
    await place.changed("paintings", Overwrite(place.ben, 1, deny=P.VIEW_CHANNEL))
    assert seen(await place.gallery(place.ben, "corner", favourites=True), made) == set()
    query = Query(None, "", True, 9)
    for move in Move:
        assert seen(await place.turn(move, 10**9, query, place.ben, "corner"), made) == set(), move


async def test_a_page_is_shared_as_far_as_everybody_there_sees_it_anyway(place: Place) -> None:
    made = await paint_everywhere(place)
    pages = [made["doomed"], made["sketches"]]
    public = {"paintings", "sketches", "announcements"}
    for at, expected in {
        "paintings": public,
        "sketches": public,
        "staff": {*public, "staff", "staff-talk"},
        "staff-talk": {*public, "staff", "staff-talk"},
        # Those who see it are the same, by a role.
        "staff-too": {*public, "staff", "staff-talk"},
        "whispers": {*public, "whispers"},
        "after-dark": {*public, "after-dark"},
        "attic": {"attic"},
    }.items():
        assert seen(await place.share(at, *pages), made) == expected, at
    # One member is kept out of where it was made, and reads where it would be shared.
    await place.changed("announcements", Overwrite(place.cleo, 1, deny=P.VIEW_CHANNEL))
    assert seen(await place.share("paintings", *pages), made) == public - {"announcements"}
    # One member is let into where it would be shared, and not into where it was made.
    by_role = place.channel("staff-too").overwrites
    await place.changed("staff-too", *by_role, Overwrite(place.ben, 1, allow=P.VIEW_CHANNEL))
    assert not {"staff", "staff-talk"} & seen(await place.share("staff-too", *pages), made)
    assert seen(await place.share("staff", *pages), made) == {
        *public - {"announcements"},
        "staff",
        "staff-talk",
    }
    assert not {"staff", "staff-talk"} & seen(await place.share("corner", *pages), made)
    hidden = Query(int(place.ada), "staff", False, 9)
    refused = await place.turn(Move.SHARE, 10**9, hidden, place.ada, "corner")
    assert "No picture on this page can be shared here" in refused


async def test_what_others_here_could_not_see_is_painted_again_for_the_member_alone(place: Place) -> None:
    made = await paint_everywhere(place)
    for name, is_private in {
        "private": True, "staff": True, "after-dark": True, "attic": True, "doomed": True,
        "paintings": False, "sketches": False,
    }.items():  # fmt: skip
        for verb in (Action.AGAIN, Action.UPSCALE):
            await place.press(verb, made[name], place.ada, "corner")
            assert (await place.newest()).private is is_private, (verb, name)
        await place.edit(made[name], place.ada, "corner")
        assert (await place.newest()).private is is_private, ("edit", name)
        await place.forget_waiting()
    await place.press(Action.AGAIN, made["staff"], place.ada, "staff")
    assert not (await place.newest()).private


async def test_spoilers_stay_covered(place: Place) -> None:
    job = await place.paint(place.ada, "paintings", "the end of the story", spoiler=True)
    query = Query(int(place.ada), "", False, 9)
    for said in (
        await place.gallery(place.ben, "corner", member=place.ada),
        await place.open(job, place.ben, "corner"),
        await place.turn(Move.FIRST, 1, query, place.ben, "corner"),
        await place.share("paintings", job),
    ):
        assert "'spoiler': True" in said
    for action in (Action.AGAIN, Action.UPSCALE):
        await place.press(action, job, place.ada, "paintings")
        assert (await place.newest()).spoiler


async def test_in_a_thread_it_takes_the_right_to_write_in_threads_to_share(place: Place) -> None:
    await place.paint(place.ben, "paintings", "made in paintings.")
    query, refused = Query(int(place.ben), "", False, 9), "You may not write in this channel"

    async def share(at: str) -> str:
        return await place.turn(Move.SHARE, 10**9, query, place.ben, at)

    await place.changed("paintings", Overwrite(place.ben, 1, deny=P.SEND_MESSAGES))
    assert refused in await share("paintings")
    assert refused not in await share("sketches")
    await place.changed("paintings", Overwrite(place.ben, 1, deny=P.SEND_MESSAGES_IN_THREADS))
    assert refused not in await share("paintings")
    assert refused in await share("sketches")


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
            for verb in (Action.AGAIN, Action.EDIT, Action.UPSCALE):
                if MAY_NOT not in await place.press(verb, picture, by, at):
                    may[name].add(verb)
            if MAY_NOT not in await place.edit(picture, by, at):
                may[name].add("submit")
            command = next(one for one in place.world.commands.values() if one["name"] == "imagine")
            if may_use(place.world, command, place.channel(at), by):
                may[name].add("command")
            await place.forget_waiting()
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
    await fault(server.url, "rest", status=500, times=99, path="/commands/permissions")
    unknown = await place.press(Action.AGAIN, picture, place.ben, "paintings")
    assert "does not say at the moment" in unknown
    assert "does not say" not in await place.press(Action.AGAIN, picture, place.ada, "paintings")


async def test_the_doctor_looks_for_what_is_needed_there(place: Place) -> None:
    bot_id = place.world.bot_id
    doctor = BotDoctor(place.bot.client, place.bot.client.registration, token="")

    async def told(at: str) -> str:
        """By the command, and by `python -m bot doctor --channel`; who may not write cannot attach either."""
        channel_id = int(place.channel(at).id)
        checks = doctor.checks(lambda: doctor.lacking_in(channel_id))
        (check,) = (one for one in checks if one.name == "permissions")
        try:
            said = await check.look()
        except Trouble as trouble:
            said = str(trouble)
        assert said in await place.act(COMMAND, command("doctor"), place.ada, at)
        return said

    await place.changed("paintings", Overwrite(bot_id, 1, deny=P.SEND_MESSAGES_IN_THREADS))
    assert await told("sketches") == "missing: Send Messages in Threads"
    assert await told("paintings") == "all that are needed"
    await place.changed("paintings", Overwrite(bot_id, 1, deny=P.SEND_MESSAGES))
    assert await told("sketches") == "all that are needed"
    assert await told("paintings") == "missing: Send Messages"
