"""What is seen of a picture, by whom and where: as far as it could be seen where it was made."""

from collections.abc import Awaitable, Callable
from functools import partial

from bot.controls.buttons import Action
from bot.controls.page_controls import Move, Query
from core.orders import Picture
from sandbox.discord.rules.permissions import Permission as P
from sandbox.discord.state import Overwrite
from tests.places import NOT_THERE, Place, paint_everywhere, seen

Verb = Callable[[Picture, str], Awaitable[str]]

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
        assert seen(await place.gallery(place.ben, at, member=place.ada, search="made"), made) == expected
    # And so from whatever picture a page is turned, however many lie between.
    query, at = Query(int(place.ada), "", False, 1), "corner"
    on_pages = seen(
        str([await place.page(move, 1, query, place.ben, at) for move in (Move.FIRST, Move.LAST)]), made
    )
    for picture in made.values():
        for move in (Move.NEXT, Move.PREVIOUS):
            on_pages |= seen(await place.page(move, picture.id, query, place.ben, at), made)
    assert on_pages == SEEN_BY_BEN[at]
    # Pictures that do not say of which channel their thread was are found by the threads that are active.
    pool = place.bot.pool
    parents = await pool.fetch("select id, parent_channel_id from orders")
    await pool.execute("update orders set parent_channel_id = null")
    await pool.execute("update pictures set parent_channel_id = null")
    assert seen(await place.gallery(place.ben, at, member=place.ada), made) == SEEN_BY_BEN[at]
    assert NOT_THERE in await place.open(made["staff-talk"], place.ben, at)
    before = place.channel("paintings").overwrites
    await place.changed("paintings", *before, Overwrite(place.ben, 1, deny=P.VIEW_CHANNEL))
    assert seen(await place.gallery(place.ben, at, member=place.ada), made) == {"announcements"}
    await place.changed("paintings", *before)
    for row in parents:
        await pool.execute("update orders set parent_channel_id = $2 where id = $1", *row)
        await pool.execute("update pictures set parent_channel_id = $2 where order_id = $1", *row)
    # An archived thread is as open as its channel, though discord.py knows it no more.
    guild = place.bot.client.get_guild(int(place.world.guild.id))
    assert guild is not None
    for thread in guild.threads:
        guild._remove_thread(thread)
    assert seen(await place.gallery(place.ben, at, member=place.ada), made) == SEEN_BY_BEN[at]
    assert NOT_THERE not in await place.open(made["sketches"], place.ben, at)
    assert NOT_THERE in await place.open(made["staff-talk"], place.ben, at)
    # In a private thread those who are in it see what was made there.
    place.channel("whispers").thread_member_ids.append(place.ben)
    assert seen(await place.gallery(place.ben, "whispers", member=place.ada), made) == {
        *SEEN_BY_BEN["sketches"],
        "whispers",
    }
    assert seen(await place.gallery(place.ada, "corner"), made) == set([*made][-6:])


async def test_every_button_of_a_picture_is_for_who_sees_it_where_it_was_made(place: Place) -> None:
    made = await paint_everywhere(place)

    def pressing(action: Action) -> Verb:
        return lambda picture, at: place.press(action, picture, place.ben, at)

    of_an_order = (Action.AGAIN, Action.EDIT)
    of_a_picture = (
        Action.VARY, Action.MORE, Action.OPEN, Action.SETTINGS, Action.LINK, Action.FAVOURITE, Action.RESTORE
    )  # fmt: skip
    verbs: list[Verb] = [
        lambda picture, at: place.enlarge(picture, place.ben, at),
        lambda picture, at: place.open(picture, place.ben, at),
        lambda picture, at: place.edit(picture, place.ben, at),
        *map(pressing, (*of_an_order, *of_a_picture)),
    ]
    for_those_who_manage = [*map(pressing, (Action.DELETE, Action.ERASE, Action.CANCEL, Action.DROP))]
    for at, name in (
        *(("corner", name) for name in {*made} - SEEN_BY_BEN["corner"]),
        ("attic", "paintings"),
        ("after-dark", "attic"),
    ):
        for verb in [*verbs, *for_those_who_manage]:
            assert NOT_THERE in await verb(made[name], at), (at, name)
    for at, name in (
        ("corner", "paintings"),
        ("corner", "sketches"),
        ("after-dark", "after-dark"),
        ("attic", "attic"),
    ):
        for verb in verbs:
            assert NOT_THERE not in await verb(made[name], at), (at, name)
        await place.end_waiting()


async def test_a_favourite_is_seen_for_as_long_as_its_picture_would_be(place: Place) -> None:
    made = {name: await place.paint(place.ada, name, f"made in {name}.") for name in ("paintings", "attic")}
    for name, picture in made.items():
        assert "Among your favourites now" in await place.press(Action.FAVOURITE, picture, place.ben, name)
    assert seen(await place.gallery(place.ben, "corner", favourites=True), made) == {"paintings"}
    assert seen(await place.gallery(place.ben, "attic", favourites=True), made) == {"attic"}
    assert seen(await place.gallery(place.ben, "attic", favourites=True, member=place.ada), made) == {"attic"}
    await place.changed("paintings", Overwrite(place.ben, 1, deny=P.VIEW_CHANNEL))
    assert seen(await place.gallery(place.ben, "corner", favourites=True), made) == set()
    query = Query(None, "", True, 9)
    for move in Move:
        assert seen(await place.page(move, 10**9, query, place.ben, "corner"), made) == set(), move


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
    refused = await place.page(Move.SHARE, 10**9, hidden, place.ada, "corner")
    assert "No picture on this page can be shared here" in refused


async def test_what_others_here_could_not_see_is_painted_again_for_the_member_alone(place: Place) -> None:
    made = await paint_everywhere(place)
    for name, is_private in {
        "private": True, "staff": True, "after-dark": True, "attic": True, "doomed": True,
        "paintings": False, "sketches": False,
    }.items():  # fmt: skip
        for press in (partial(place.press, Action.AGAIN), place.enlarge, place.edit):
            await press(made[name], place.ada, "corner")
            assert (await place.newest()).private is is_private, (press, name)
        await place.end_waiting()
    await place.press(Action.AGAIN, made["staff"], place.ada, "staff")
    assert not (await place.newest()).private


async def test_spoilers_stay_covered(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "the end of the story", spoiler=True)
    query = Query(int(place.ada), "", False, 9)
    for said in (
        await place.gallery(place.ben, "corner", member=place.ada),
        await place.open(picture, place.ben, "corner"),
        await place.page(Move.FIRST, 1, query, place.ben, "corner"),
        await place.share("paintings", picture),
    ):
        assert "'spoiler': True" in said
    for press in (partial(place.press, Action.AGAIN), place.enlarge):
        await press(picture, place.ada, "paintings")
        assert (await place.newest()).spoiler
