"""A spoiler stays covered, an erased picture is gone and an expired one says so, wherever they are shown."""

from db.pool import Pool
from db.retention import expire
from tests.e2e import forged
from tests.e2e.test_gallery import open_gallery, prompts
from tests.e2e.test_privacy import is_sent
from tests.house import House, paint, start
from tests.member import Member, Message, buttons_of, is_done, links_of, pictures_of, text


def covers(message: Message) -> list[bool]:
    """Of each picture in it."""
    return [item.get("spoiler", False) for item in pictures_of(message)]


async def open_first(one: Member, page: Message) -> Message:
    return await one.reply(await one.press(page, "1"), lambda m: not m["flags"] & 128)


async def shared_by(one: Member, page: Message) -> Message:
    known = set(one.seen)
    await one.press(page, "Share")
    return await one.message(
        lambda m: m["id"] not in known and "Pictures of" in text(m) and not m["flags"] & 64
    )


async def test_a_spoiler_is_covered_on_every_surface(house: House, ada: Member, ben: Member) -> None:
    house.servers.stability.latency_seconds = 0
    await start(house, ada, ben)
    done = await paint(ada, "the end of the story", spoiler=True)
    await ben.reply(await ben.more(done, "Favourite"), lambda m: "Among your" in text(m))
    page = await open_gallery(ben, member=ada.user_id)
    await ben.react(done)
    again = await ada.reply(await ada.press(done, "Again"), is_done)
    await ada.press(done, "Edit")
    surfaces = {
        "the reply": done,
        "the gallery": page,
        "favourites": await open_gallery(ben, favourites=True),
        "opened": await open_first(ben, page),
        "shared": await shared_by(ada, await open_gallery(ada, page_size=1)),
        "sent": await ben.message(is_sent),
        "again": again,
        "edited": await ada.reply(await ada.submit(await ada.modal(), prompt="another end"), is_done),
        "larger": await ada.reply(await ada.more(done, "Upscale"), is_done),
        "the channel, opened anew": (await ben.history())[0],
    }
    assert {name: covers(message) for name, message in surfaces.items()} == {
        name: [True] for name in surfaces
    }
    assert covers(await paint(ada, "a fox")) == [False]


async def test_an_erased_picture_is_gone_from_every_surface(
    house: House, ada: Member, ben: Member, pool: Pool
) -> None:
    house.servers.stability.latency_seconds = 0
    await start(house, ada, ben)
    kept, done = await paint(ada, "kept"), await paint(ada, "to be erased")
    for message in (kept, done):
        await ben.reply(await ben.more(message, "Favourite"), lambda m: "Among your" in text(m))
    old_page = await open_gallery(ben, member=ada.user_id)
    shared = await shared_by(ada, await open_gallery(ada))
    await ben.react(done)
    sent = await ben.message(is_sent)
    of = await forged.ids(pool, "to be erased")

    question = await ada.delete_asked(done)
    await ada.press(question, "Delete it for good")
    gone = {done["id"], shared["id"]}
    await ben.until(lambda: gone | {sent["id"]} <= ben.deleted)
    assert [prompts(m) for m in await ben.history() if not m["flags"] & 64] == [["kept"]]
    for options in ({"member": ada.user_id}, {"favourites": True}):
        assert prompts(await open_gallery(ben, **options)) == ["kept"]
    assert prompts(await open_gallery(ben, member=ada.user_id, search="erased")) == []
    assert prompts(await open_gallery(ada)) == ["kept"]
    assert prompts(await shared_by(ada, await open_gallery(ada))) == ["kept"]
    assert await ada.proposals("gallery", "search", "erased") == []
    # A page that was open already, and buttons of messages that are gone.
    assert forged.GONE in text(await open_first(ben, old_page))
    await forged.refused(house, ben, of)
    await forged.refused(house, ada, of)


async def test_an_expired_picture_says_so_on_every_surface(
    house: House, ada: Member, ben: Member, pool: Pool
) -> None:
    house.servers.stability.latency_seconds = 0
    await start(house, ada, ben)
    done = await paint(ada, "of long ago")
    # What is somebody's favourite would not expire.
    await pool.execute("update pictures set created_at = now() - interval '40 days'")
    await expire(pool, days=30, link_ttl_seconds=0)
    await ben.reply(await ben.more(done, "Favourite"), lambda m: "Among your" in text(m))

    page = await open_gallery(ben, member=ada.user_id)
    pages: dict[str, Message] = {
        "the gallery": page,
        "favourites": await open_gallery(ben, favourites=True),
        "shared": await shared_by(ada, await open_gallery(ada)),
        "opened": await open_first(ben, page),
    }
    for name, message in pages.items():
        assert "full size has expired" in text(message), name
        assert (len(pictures_of(message)), links_of(message)) == (1, []), name
    assert not {"Upscale", "Link"} & set(buttons_of(pages["opened"]))
    _order_id, picture_id = await forged.ids(pool, "of long ago")
    for custom_id in (f"picture:link:{picture_id}", f"verb:upscale:upscale-fast:{picture_id}:"):
        answer = await forged.press(house, ben, custom_id)
        assert "full size of this picture has expired" in text(answer)
    # It can be made again all the same.
    await ben.reply(await ben.press(done, "Again"), is_done)
