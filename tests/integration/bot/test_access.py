"""What is private, or another server's, with every verb and on every surface: as another member meets it."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from bot.controls.buttons import ORDER_ACTIONS, Action
from bot.controls.page_controls import Move, Query
from core.operations import SEED_MAX
from core.orders import PRESSED, Order, Picture, Progress, State
from db.orders import Orders
from sandbox.discord.interactions import COMMAND
from sandbox.discord.rules.permissions import Permission as P
from sandbox.discord.state import MessageFlag, Overwrite
from tests.lives import finish, stored, worker
from tests.orders import request
from tests.places import NOT_THEIRS, NOT_THERE, Place, command

QUIET = (Action.KEEP,)
"""What says the same whatever it is pressed under."""


async def everything_is_tried(place: Place, picture: Picture, by: str, at: str) -> dict[str, str]:
    """What is said to a member who tries each verb and each surface that there is, by its name."""
    said = {
        str(action): await place.press(action, picture, by, at) for action in Action if action not in QUIET
    }
    said["submit"] = await place.edit(picture, by, at)
    said["choose"] = await place.open(picture, by, at)
    said["enlarge"] = await place.enlarge(picture, by, at)
    return said


async def all_pages(place: Place, owner: str, by: str, at: str, around: Picture, **of: Any) -> str:
    """Of a member's pictures and of favourites, in all directions, from the picture itself and from its neighbours."""
    said = [
        await place.gallery(by, at, member=owner, **of),
        await place.gallery(by, at, favourites=True, **of),
        await place.gallery(by, at, member=owner, favourites=True, **of),
    ]
    queries = [
        Query(int(owner), of.get("search", ""), False, 9),
        Query(None, of.get("search", ""), True, 9),
        Query(int(owner), of.get("search", ""), True, 9),
    ]
    for query in queries:
        for move in Move:
            for cursor in (around.id - 1, around.id, around.id + 1):
                said.append(await place.page(move, cursor, query, by, at))
    return str(said)


async def as_stored(place: Place) -> tuple[list[Any], list[Any]]:
    """What no press may change."""
    pool = place.bot.pool
    return (
        await pool.fetch("select id, state from jobs order by id"),
        await pool.fetch("select id, erased_at, private from pictures order by id"),
    )


@pytest.mark.parametrize("at", ["paintings", "corner", "attic"])
async def test_a_private_picture_is_not_there_for_others(place: Place, at: str) -> None:
    await place.paint(place.ada, "paintings", "before it")
    picture = await place.paint(place.ada, "paintings", "a hidden garden", private=True)
    await place.paint(place.ada, "paintings", "after it")
    waits = await place.imagine(place.ada, "paintings", "a hidden lake", private=True)
    # Whoever may manage messages has no part in it either; a mark that was set somehow shows nothing.
    await place.changed("paintings", Overwrite(place.ben, 1, allow=P.MANAGE_MESSAGES))
    await place.bot.pool.execute(
        "insert into favourites (member_id, picture_id, words) select $1, id, words from pictures where id = $2",
        int(place.ben),
        picture.id,
    )
    before = await as_stored(place)
    said = await everything_is_tried(place, picture, place.ben, at)
    assert {name for name, text in said.items() if NOT_THERE not in text} == set()
    for action in ORDER_ACTIONS:
        assert NOT_THERE in await place.press(action, waits, place.ben, at)
    pages = await all_pages(place, place.ada, place.ben, at, picture)
    pages += await all_pages(place, place.ada, place.ben, at, picture, search="hidden")
    for word in ("garden", "lake", str(picture.order.key)):
        assert word not in pages
        assert word not in str(said)
    assert await as_stored(place) == before
    # Its member has all of it, there too.
    assert "a hidden garden" in await place.open(picture, place.ada, at)


async def test_what_is_made_from_a_private_picture_is_for_its_member_alone_in_public_channels(
    place: Place,
) -> None:
    picture = await place.paint(place.ada, "paintings", "a hidden garden", private=True)
    made: list[Order] = []
    for press in (partial(place.press, Action.AGAIN), place.enlarge, place.edit):
        before = len(place.bot.exchanges)
        await press(picture, place.ada, "paintings")
        assert_for_one_alone(place, before)
        made.append(await place.newest())
    assert [order.private for order in made] == [True, True, True]
    assert len({order.id for order in made}) == 3
    assert made[1].inputs == (picture.id,)
    # And so is what is made from these.
    for order in made:
        assert NOT_THERE in await place.press(Action.AGAIN, order, place.ben, "paintings")


def assert_for_one_alone(place: Place, before: int) -> None:
    calls: list[Any] = [call.request or {} for call in place.bot.exchanges[before:]]
    answers = [call["data"] for call in calls if "data" in call]
    assert answers
    assert all(answer.get("flags", 0) & MessageFlag.EPHEMERAL for answer in answers)


async def test_a_picture_of_another_server_is_not_there_whoever_one_is_in_this(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "made in paintings.")
    waits = await place.imagine(place.ada, "paintings", "a fox that waits")
    await place.press(Action.FAVOURITE, picture, place.ben, "paintings")
    await place.changed("attic", Overwrite(place.ben, 1, allow=P.MANAGE_MESSAGES | P.ADMINISTRATOR))
    before = await as_stored(place)
    said = await everything_is_tried(place, picture, place.ben, "attic")
    assert {name for name, text in said.items() if NOT_THERE not in text} == set()
    for action in (Action.CANCEL, Action.DROP):
        assert NOT_THERE in await place.press(action, waits, place.ben, "attic")
    assert "made in paintings" not in await all_pages(place, place.ada, place.ben, "attic", picture)
    assert await as_stored(place) == before
    # In its own server he sees it, and has rights over it where he has them there.
    assert NOT_THEIRS in await place.press(Action.ERASE, picture, place.ben, "paintings")
    await place.changed("paintings", Overwrite(place.ben, 1, allow=P.MANAGE_MESSAGES))
    assert "Deleted." in await place.press(Action.ERASE, picture, place.ben, "paintings")


async def test_one_s_own_picture_is_there_in_another_server_and_what_is_made_of_it_there_is_private(
    place: Place,
) -> None:
    picture = await place.paint(place.ben, "paintings", "made in paintings.")
    assert "made in paintings" in await place.open(picture, place.ben, "attic")
    assert "made in paintings" in await place.gallery(place.ben, "attic")
    for press in (partial(place.press, Action.AGAIN), place.enlarge):
        await press(picture, place.ben, "attic")
        assert (await place.newest()).private
        await place.end_waiting()
    refused = await place.page(
        Move.SHARE, picture.id, Query(int(place.ben), "", False, 9), place.ben, "attic"
    )
    assert "No picture on this page can be shared here" in refused
    assert "Deleted." in await place.press(Action.ERASE, picture, place.ben, "attic")


async def test_of_a_picture_that_has_expired_nothing_is_made_that_takes_the_original(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    await place.bot.pool.execute("update pictures set expired_at = now()")
    for press in (partial(place.press, Action.LINK), place.enlarge):
        assert "has expired" in await press(picture, place.ada, "paintings")
    opened = await place.open(picture, place.ada, "paintings")
    assert "has expired" in opened
    for name in ("picture:link:", "verb:"):
        assert name not in opened
    await place.press(Action.AGAIN, picture, place.ada, "paintings")
    assert (await place.newest()).id != picture.order.id


async def test_again_and_edit_keep_what_was_asked_for_and_take_a_new_seed(place: Place) -> None:
    asked: dict[str, Any] = {"negative_prompt": "rain", "style": "anime", "seed": SEED_MAX}
    picture = await place.paint(place.ada, "paintings", "a fox", **asked)
    assert picture.order.seed == SEED_MAX
    await place.press(Action.AGAIN, picture, place.ben, "paintings")
    again = await place.newest()
    assert again == replace(
        picture.order,
        id=again.id,
        key=again.key,
        created_at=again.created_at,
        member_id=int(place.ben),
        params={
            PRESSED: True,
            **{name: value for name, value in picture.order.params.items() if name != "seed"},
        },
    )
    await place.edit(picture, place.ben, "paintings")
    edited = await place.newest()
    assert (edited.prompt, edited.negative_prompt, edited.style, edited.seed) == (
        "a badger",
        None,
        "anime",
        None,
    )


async def test_a_picture_of_a_model_that_is_no_more_on_offer_is_not_made_again(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    await place.bot.pool.execute("update orders set model = 'stable-diffusion-v1-6'")
    assert "not on offer any more" in await place.press(Action.AGAIN, picture, place.ada, "paintings")
    # The form offers those that are.
    assert "'value': 'stable-diffusion-v1-6'" not in await place.press(
        Action.EDIT, picture, place.ada, "paintings"
    )
    assert "not on offer any more" in await place.edit(picture, place.ada, "paintings")
    # It is where it is the owner's default; and upscaling is another model's work in any case.
    await place.enlarge(picture, place.ada, "paintings")
    assert (await place.newest()).model == "upscale-fast"
    client = place.bot.client
    client.services = replace(client.services, model="stable-diffusion-v1-6")
    await place.press(Action.AGAIN, picture, place.ada, "paintings")
    assert (await place.newest()).model == "stable-diffusion-v1-6"


async def order_of_four(place: Place, **changes: Any) -> Progress:
    asked = request(
        member_id=int(place.ada),
        guild_id=int(place.world.guild.id),
        channel_id=int(place.channel("paintings").id),
        prompt="four foxes",
        count=4,
        **changes,
    )
    progress = await Orders(place.bot.pool).create(asked)
    assert progress is not None
    return progress


async def test_an_order_of_four_is_one_in_the_queue_and_is_cancelled_as_one(place: Place) -> None:
    order = (await order_of_four(place)).order
    jobs = await worker(place.bot.pool).claim(2)
    await finish(place.bot.pool, jobs[0])
    listed = await place.act(COMMAND, command("queue"), place.ada, "paintings")
    assert listed.count("four foxes") == 1
    assert "1 of 4 pictures are there" in listed
    assert f"order:drop:{order.id}" in listed
    assert NOT_THEIRS in await place.press(Action.CANCEL, order, place.ben, "paintings")
    assert "Nothing of yours is waiting" in await place.press(Action.DROP, order, place.ada, "paintings")
    jobs_after = (await stored(place.bot.pool, order.id)).progress.jobs
    assert [job.state for job in jobs_after] == [State.DONE, *[State.CANCELLED] * 3]
    # A message that still has the button is shown what became of it.
    assert "1 of 4 pictures" in await place.press(Action.CANCEL, order, place.ada, "paintings")


async def test_of_an_order_of_four_one_picture_is_deleted_and_the_others_stay(place: Place) -> None:
    order = (await order_of_four(place)).order
    pictures = [await finish(place.bot.pool, job) for job in await worker(place.bot.pool).claim(4)]
    for action, said in ((Action.DELETE, "Delete picture 2 of 4 for good?"), (Action.ERASE, "Deleted.")):
        assert said in await place.press(action, pictures[1], place.ada, "paintings")
    left = (await stored(place.bot.pool, order.id)).progress
    assert [picture.number for picture in left.pictures] == [1, 3, 4]
    assert left.order.prompt == "four foxes"
    assert NOT_THERE in await place.press(Action.LINK, pictures[1], place.ada, "paintings")
    await place.press(Action.AGAIN, order, place.ada, "paintings")
    again = await place.newest()
    assert (again.count, again.id != order.id) == (4, True)
    for picture in left.pictures:
        await place.press(Action.ERASE, picture, place.ada, "paintings")
    assert NOT_THERE in await place.press(Action.AGAIN, order, place.ada, "paintings")


async def test_what_is_made_in_direct_messages_is_private(place: Place) -> None:
    bot = place.bot
    await bot.interact(COMMAND, command("imagine", prompt="between us"), direct=True)
    order = await place.newest()
    assert (order.prompt, order.guild_id, order.private) == ("between us", None, True)
    assert NOT_THERE in await place.press(Action.AGAIN, order, place.ada, "paintings")
    # Its message is the channel's own: nobody else is there to read it.
    assert not order.is_ephemeral
