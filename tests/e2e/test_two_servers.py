"""Two servers with the same members: what is of the one is not seen, marked, deleted or counted in the other."""

import pytest

from db.pool import Pool
from sandbox.discord.rules.permissions import Permission
from sandbox.discord.state import Overwrite
from tests.e2e import forged
from tests.e2e.test_gallery import open_gallery, prompts, turn
from tests.house import House, paint, start
from tests.member import Member, buttons_of, is_done, text

HERE, THERE = "paintings", "sketches"


@pytest.fixture
async def house(house: House) -> House:
    house.servers.stability.latency_seconds = 0
    house.servers.discord.add_guild("The Loft", THERE)
    return house


async def test_galleries_favourites_and_buttons_stay_in_their_server(
    house: House, ada: Member, ben: Member, pool: Pool
) -> None:
    await start(house, ada, ben)
    made = {}
    for name, channel in (("h1", HERE), ("t1", THERE), ("h2", HERE), ("t2", THERE)):
        made[name] = await paint(ada, name, channel=channel)
    picture = {name: await forged.ids(pool, name) for name in made}

    # Page by page, in every direction, and from wherever a page may begin.
    for channel, newer, older in ((HERE, "h2", "h1"), (THERE, "t2", "t1")):
        first = await open_gallery(ben, channel=channel, member=ada.user_id, page_size=1)
        assert prompts(first) == [newer]
        last = await turn(ben, first, "Next")
        assert (prompts(last), buttons_of(last)["Next"]) == ([older], False)
        first = await turn(ben, last, "Previous")
        assert (prompts(first), buttons_of(first)["Previous"]) == ([newer], False)
        last = await turn(ben, first, "Last")
        assert prompts(last) == [older]
        assert prompts(await turn(ben, last, "First")) == [newer]
    assert prompts(await open_gallery(ben, channel=HERE, member=ada.user_id, search="t1")) == []
    assert prompts(await open_gallery(ada, channel=HERE)) == ["t2", "h2", "t1", "h1"]

    # A page that is shared.
    await ada.press(await open_gallery(ada, channel=THERE), "Share")
    shared = await ben.message(lambda m: "Pictures of" in text(m) and not m["flags"] & 64)
    assert prompts(shared) == ["t2", "t1"]

    # Marks: each where it was made.
    for name, channel in (("h1", HERE), ("t1", THERE)):
        await ben.reply(await ben.more(made[name], "Favourite"), lambda m: "Among your" in text(m))
        assert prompts(await open_gallery(ben, channel=channel, favourites=True)) == [name]
    assert prompts(await open_gallery(ben, channel=HERE, favourites=True, search="t1")) == []

    # Buttons, whatever message they are on.
    await forged.refused(house, ben, picture["t1"], channel=HERE)
    await forged.refused(house, ben, picture["h1"], channel=THERE)


async def test_who_manages_messages_in_one_server_has_no_rights_in_the_other(
    house: House, ada: Member, ben: Member, pool: Pool
) -> None:
    discord = house.servers.discord
    there = discord.world.channels[ben.channels[THERE]]
    there.overwrites.append(Overwrite(ben.user_id, 1, allow=Permission.MANAGE_MESSAGES))
    discord.owner.channel_changed(there)
    await start(house, ada, ben)
    here_done = await paint(ada, "here")
    there_done = await paint(ada, "there", channel=THERE)
    here, elsewhere = await forged.ids(pool, "here"), await forged.ids(pool, "there")
    await forged.refused(house, ben, here, channel=THERE)
    for action in ("delete", "erase"):
        answer = await forged.press(house, ben, f"picture:{action}:{here[1]}")
        assert forged.NOT_THEIRS in text(answer)
    assert forged.GONE in text(await forged.press(house, ben, f"picture:erase:{elsewhere[1]}"))
    assert await pool.fetchval("select count(*) from pictures where erased_at is not null") == 0

    question = await ben.delete_asked(there_done)
    await ben.press(question, "Delete it for good")
    await ben.until(lambda: there_done["id"] in ben.deleted)
    assert here_done["id"] not in ben.deleted
    assert [is_done(m) for m in await ben.history(HERE) if not m["flags"] & 64] == [True]
