"""The gallery's filters, numbers and best, and messages that tell what is true when they are pressed."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.controls.buttons import Action
from bot.controls.page_controls import Move, Query
from core.operations import IMAGINE
from core.orders import Picture
from db.pictures import Form
from sandbox.discord.interactions import COMMAND, COMPONENT, MODAL_SUBMIT
from tests.lives import stored, worker
from tests.places import NOT_THERE, Place, command, paint_everywhere, seen


async def press(place: Place, custom_id: str, by: str, at: str) -> str:
    data = {"custom_id": custom_id, "component_type": 2}
    return await place.act(COMPONENT, data, by, at, style=2, label="x")


async def mark(place: Place, picture: Picture, *members: str, at: str) -> None:
    for member in members:
        assert "Among your favourites now" in await place.press(Action.FAVOURITE, picture, member, at)


def in_order(said: str, made: dict[str, Picture]) -> list[str]:
    return sorted(seen(said, made), key=lambda name: said.index(f"made in {name}."))


async def test_filters_and_numbers_go_on_from_page_to_page(place: Place) -> None:
    made = [await place.paint(place.ada, "paintings", f"fox {n}") for n in range(5)]
    await place.paint(place.ada, "attic", "fox elsewhere")
    await place.bot.pool.execute(
        "update pictures set width = 300, model = 'ultra' where id <> $1", made[2].id
    )
    first = await place.gallery(
        place.ada, "paintings", model="ultra", shape="wide", here=True, since="2026-01-31", page_size=2
    )
    for told in ("Page 1 of 2 · 4 pictures · Stable Image Ultra · wide · made here · since", "**1.** fox 4"):
        assert told in first
    assert "**2.** fox 3" in first
    assert f"picture:more:{made[3].id}" in first
    plain = Query(int(place.ada), "", False, 2)
    query = replace(plain, model="ultra", form=Form.WIDE, here=True, since=date(2026, 1, 31))
    for move, cursor, number, fox in ((Move.NEXT, 3, 3, 1), (Move.LAST, 3, 3, 1), (Move.PREVIOUS, 1, 1, 4)):
        custom_id = query.custom_id(move, made[cursor].id)
        assert custom_id in first or move is Move.PREVIOUS
        assert f"**{number}.** fox {fox}" in await press(place, custom_id, place.ada, "paintings")
    none = await place.gallery(place.ada, "paintings", kind="upscale")
    assert "No picture is like that: Enlarge" in none
    every = Query(int(place.ada), "", False, 6, operation="upscale").custom_id(Move.ALL, 0)
    assert every in none
    assert "6 pictures" in await press(place, every, place.ada, "paintings")


async def test_the_form_behind_filter_begins_with_what_is_chosen_and_changes_the_page(place: Place) -> None:
    made = [await place.paint(place.ada, "paintings", f"fox {n}") for n in range(3)]
    await place.bot.pool.execute("update pictures set width = 300 where id <> $1", made[1].id)
    query = Query(int(place.ada), "", False, 1, form=Form.WIDE)
    assert query.custom_id(Move.FILTER, made[2].id) in await place.gallery(
        place.ada, "paintings", shape="wide", page_size=1
    )
    asked = await place.page(Move.FILTER, made[2].id, query, place.ada, "paintings")
    assert "'label': 'Wide', 'value': 'wide', 'default': True" in asked
    bot, filter_id = place.bot, query.custom_id(Move.FILTER, 0)
    row = [{"type": 1, "id": 1, "components": [{"type": 2, "id": 2, "style": 2, "custom_id": filter_id}]}]
    bot.opener = await bot.interact(
        COMPONENT,
        {"custom_id": filter_id, "component_type": 2},
        components=row,
        channel=place.channel("paintings"),
        member_id=place.ada,
    )

    async def choose(**given: str) -> str:
        before = len(bot.exchanges)
        fields = [
            {"type": 18, "component": {"type": 3, "custom_id": name, "values": [value]}}
            for name, value in given.items()
        ]
        data, channel = {"custom_id": filter_id, "components": fields}, place.channel("paintings")
        await bot.interact(MODAL_SUBMIT, data, components=row, channel=channel, member_id=place.ada)
        return str([call.request for call in bot.exchanges[before:]])

    said = await choose(model="any", kind="imagine", shape="square", where="here", since="2026-01-31")
    assert f"1 picture · {IMAGINE.title} · square · made here · since" in said
    assert "**1.** fox 1" in said
    assert "3 pictures" in await choose()
    assert "is no day that was" in await choose(since="never")


async def test_what_is_no_day_and_no_server_is_refused(place: Place) -> None:
    for since in ("soon", "2026-02-30", "2999-01-01", "1999-01-01"):
        assert "is no day that was" in await place.gallery(place.ben, "paintings", since=since)
    await place.bot.interact(COMMAND, command("gallery", best=True), direct=True)
    assert "look for them in one" in str(place.bot.exchanges[-1].request)


async def test_the_best_of_a_server_are_shown_to_whoever_may_see_them(place: Place) -> None:
    made = await paint_everywhere(place)
    await mark(place, made["paintings"], place.ada, at="paintings")
    await mark(place, made["announcements"], place.ada, place.ben, at="paintings")
    await mark(place, made["staff"], place.ada, place.cleo, at="staff")
    await mark(place, made["private"], place.ada, at="paintings")
    # It is not counted; and if it were, it would not be shown.
    counted = "insert into favourite_counts select id, guild_id, 9 from pictures where private"
    await place.bot.pool.execute(counted)
    await mark(place, made["after-dark"], place.ada, place.ben, at="after-dark")
    await mark(place, made["attic"], place.ada, at="attic")

    async def best(by: str, at: str, **options: Any) -> list[str]:
        return in_order(await place.gallery(by, at, best=True, **options), made)

    everybody = ["announcements", "paintings"]
    assert await best(place.ben, "paintings") == everybody
    assert await best(place.ben, "after-dark") == ["after-dark", *everybody]
    assert await best(place.ada, "attic") == ["attic"]
    # Her own she sees wherever it was made, but not what is private: it is nobody's best.
    assert set(await best(place.ada, "paintings")) == {*everybody, "staff", "after-dark"}
    assert await best(place.ben, "paintings", search="PAINT") == ["paintings"]
    assert await best(place.ben, "paintings", member=place.ben) == []
    assert await best(place.ben, "paintings", model="ultra") == []

    query = Query(None, "", False, 1, best=True)
    second = await place.page(Move.NEXT, made["announcements"].id, query, place.ben, "paintings")
    assert (in_order(second, made), "Page 2 of 2 · 2 pictures" in second) == (["paintings"], True)
    assert "⭐ 1 · " in second
    shared = await place.page(Move.SHARE, made["paintings"].id, query, place.ben, "paintings")
    assert in_order(shared, made) == ["paintings"]
    # Of what nobody but staff sees nothing is shared where all read.
    staff = await place.page(
        Move.SHARE, made["staff"].id, Query(None, "", False, 9, best=True), place.ada, "paintings"
    )
    assert in_order(staff, made) == everybody

    await place.bot.pool.execute(
        "insert into reports (picture_id, guild_id, member_id) values ($1, 1, 1)", made["announcements"].id
    )
    assert await best(place.ben, "paintings") == ["paintings"]
    await place.press(Action.ERASE, made["paintings"], place.ada, "paintings")
    assert "Nobody has marked a picture here" in await place.gallery(place.ben, "paintings", best=True)
    assert NOT_THERE in await press(place, f"picture:more:{made['paintings'].id}", place.ben, "paintings")


async def test_the_queue_is_refreshed_and_says_what_became_of_what_it_shows(place: Place) -> None:
    order = await place.imagine(place.ada, "paintings", "a slow fox")
    listed = await place.act(COMMAND, command("queue"), place.ada, "paintings")
    assert "a slow fox" in listed
    assert "queue:refresh" in listed
    (job,) = await worker(place.bot.pool).claim(1)
    assert "Started <t:" in await press(place, "queue:refresh", place.ada, "paintings")
    await place.bot.pool.execute(
        "update jobs set state = 'failed', failure = 'refused', lease_until = null, "
        "finished_at = now() where id = $1",
        job.id,
    )
    for custom_id in (f"order:drop:{order.id}", "queue:refresh"):
        said = await press(place, custom_id, place.ada, "paintings")
        assert "Nothing of yours is waiting" in said
        assert "queue:refresh" in said


async def test_a_card_that_says_an_order_waits_which_has_ended_shows_its_end(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "a quick fox")
    said = await place.press(Action.CANCEL, picture.order, place.ada, "paintings")
    assert "@original" in str([call.path for call in place.bot.exchanges[-2:]])
    for told in ("a quick fox", "preview.webp", "order:again"):
        assert told in said
    assert "order:cancel" not in said


@pytest.mark.parametrize(
    ("reply", "is_redrawn"),
    [
        ("shown_revision = 3", True),
        ("shown_revision = 3, ephemeral = true", False),
        ("shown_revision = 3, due_at = now() - interval '1 minute'", False),
        ("shown_revision = 2", False),
        ("given_up_revision = 3, due_at = now() - interval '1 minute'", True),
        ("given_up_revision = 3, due_at = now()", False),
    ],
)
async def test_a_card_whose_links_are_over_or_that_was_given_up_is_shown_anew(
    place: Place, monkeypatch: pytest.MonkeyPatch, reply: str, is_redrawn: bool
) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    pool, card = place.bot.pool, place.bot.message(place.channel("paintings"), [])
    monkeypatch.setattr(place.bot, "message", lambda _channel, _components: card)
    await pool.execute(
        "update replies set revision = 3, shown_revision = 2, message_id = $1, due_at = now() - interval '40 days'",
        int(card.id),
    )
    await pool.execute(f"update replies set {reply}")
    for _ in range(2):
        await place.press(Action.SETTINGS, picture, place.ben, "paintings")
        assert await pool.fetchval("select revision from replies") == 3 + is_redrawn


async def test_nothing_is_forgotten_by_whoever_keeps_it(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    asked = await place.act(COMMAND, command("forget-me"), place.ada, "paintings")
    assert "'me:keep'" in asked
    kept = await press(place, "me:keep", place.ada, "paintings")
    assert "nothing was deleted" in kept
    assert "forget-me" not in kept
    assert (await stored(place.bot.pool, picture.order.id)).progress.pictures
