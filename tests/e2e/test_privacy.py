"""What others see of a private picture, and of what is made of one: nothing, on no surface and by no button."""

from db.pool import Pool
from tests.e2e import forged
from tests.e2e.test_gallery import open_gallery, prompts
from tests.house import House, paint, start
from tests.member import Member, Message, fault, is_done, text


def is_sent(message: Message) -> bool:
    return "Here is your picture" in text(message)


async def test_what_is_made_of_a_private_picture_is_as_private(
    house: House, ada: Member, ben: Member, pool: Pool
) -> None:
    house.servers.stability.latency_seconds = 0
    await start(house, ada, ben)
    secret = await paint(ada, "a secret", private=True)
    again = await ada.reply(await ada.press(secret, "Again"), is_done)
    await ada.press(again, "Edit")
    edited = await ada.reply(await ada.submit(await ada.modal(), prompt="a second one"), is_done)
    larger = await ada.reply(await ada.more(edited, "Upscale"), is_done)
    private = [secret, again, edited, larger]
    assert all(message["flags"] & 64 for message in private)
    assert await pool.fetchval("select count(*) from orders where private") == len(private)
    public = await paint(ada, "for everybody")

    # In the channel, now and when it is opened anew; in galleries, and on a page that is shared.
    await ben.message(lambda m: m["id"] == public["id"] and is_done(m))
    assert set(ben.seen) == {public["id"]}
    assert [message["id"] for message in await ben.history()] == [public["id"]]
    assert prompts(await open_gallery(ben, member=ada.user_id)) == ["for everybody"]
    assert "for everybody" not in text(await open_gallery(ben, member=ada.user_id, search="secret"))
    mine = await open_gallery(ada)
    assert len(prompts(mine)) == len(private) + 1
    await ada.press(mine, "Share")
    shared = await ben.message(lambda m: "Pictures of" in text(m) and not m["flags"] & 64)
    assert prompts(shared) == ["for everybody"]

    # By every button, whoever has learnt its id.
    for row in await pool.fetch("select id, id * 16 + 1 as picture_id from orders where private"):
        await forged.refused(house, ben, (row["id"], row["picture_id"]))
        await forged.refused(house, ben, (row["id"], row["picture_id"]), channel="dm")
    assert "No favourites yet" in text(await open_gallery(ben, favourites=True))
    assert await pool.fetchval("select count(*) from orders") == len(private) + 1
    assert await pool.fetchval("select count(*) from pictures where erased_at is null") == len(private) + 1

    # By a reaction, of which the bot is told before the one that shows that it was heard.
    await pool.execute("update replies set message_id = order_id where message_id is null")
    for row in await pool.fetch("select message_id from replies join orders on id = order_id where private"):
        event = {
            "channel_id": ben.channels["paintings"],
            "message_id": str(row["message_id"]),
            "user_id": ben.user_id,
            "guild_id": house.servers.discord.world.guild.id,
            "emoji": {"id": None, "name": "📥"},
            "burst": False,
            "type": 0,
        }
        await fault(house.servers.discord.url, "send_event", t="MESSAGE_REACTION_ADD", d=event)
    await ben.react(public)
    await ben.message(is_sent)
    assert [text(m).count("for everybody") for m in await ben.history("dm") if is_sent(m)] == [1]
