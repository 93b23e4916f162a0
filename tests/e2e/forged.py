"""Buttons that no message offers: whoever knows how custom ids are made may press them all the same."""

from datetime import UTC, datetime

from db.pool import Pool
from sandbox.discord.interactions import COMPONENT
from sandbox.discord.state import Message, MessageFlag
from sandbox.discord.wire import Json
from tests.house import House
from tests.member import Member, text
from tests.member import Message as Shown

GONE = "not there any more, or it is not for you to see here"
NOT_THEIRS = "Only the member who asked for this picture"

OF_AN_ORDER = ("again", "edit", "cancel", "drop")
OF_A_PICTURE = ("more", "vary", "open", "settings", "link", "favourite", "delete", "erase", "restore")
STEPS = ("verb", "sure", "fill", "retype")
OPEN = "gallery:open"


async def press(house: House, one: Member, custom_id: str, *values: str, channel: str = "paintings") -> Shown:
    """What the bot answers to the member alone. With values it is a menu, and a button otherwise."""
    discord, channel_id = house.servers.discord, one.channels[channel]
    world = discord.world
    control: Json = {"type": 3 if values else 2, "custom_id": custom_id, "id": 2}
    data: Json = {"custom_id": custom_id, "component_type": control["type"]}
    if values:
        control["options"] = [{"label": value, "value": value} for value in values]
        data["values"] = list(values)
    else:
        control |= {"style": 2, "label": "x"}
    message = Message(
        world.snowflakes.next(),
        channel_id,
        world.bot_id,
        datetime.now(UTC).isoformat(),
        flags=MessageFlag.COMPONENTS_V2,
        components=[{"type": 1, "id": 1, "components": [control]}],
    )
    world.put_message(message)
    pressed = discord.interactions.begin(
        COMPONENT, one.user_id, world.channels[channel_id], data, locale="en-US", message=message
    )
    answer = await one.reply(pressed.id, lambda m: not m["flags"] & MessageFlag.LOADING)
    del world.messages[channel_id][message.id]
    return answer


async def ids(pool: Pool, prompt: str) -> tuple[int, int]:
    """Of the order, and of its first picture."""
    row = await pool.fetchrow(
        "select orders.id as order_id, min(jobs.id) as picture_id "
        "from orders join jobs on jobs.order_id = orders.id where prompt = $1 group by orders.id",
        prompt,
    )
    assert row is not None
    return row["order_id"], row["picture_id"]


async def refused(
    house: House, one: Member, of: tuple[int, int], *, channel: str = "paintings", words: str = GONE
) -> None:
    """Whatever can be pressed about it is answered by these words, and to this member alone."""
    order_id, picture_id = of
    buttons = [f"order:{action}:{order_id}" for action in OF_AN_ORDER]
    buttons += [f"picture:{action}:{picture_id}" for action in OF_A_PICTURE]
    buttons += [f"{step}:upscale:upscale-fast:{picture_id}:" for step in STEPS]
    for custom_id in buttons:
        answer = await press(house, one, custom_id, channel=channel)
        assert (words in text(answer), bool(answer["flags"] & 64)) == (True, True), (custom_id, text(answer))
    assert GONE in text(await press(house, one, OPEN, str(picture_id), channel=channel))
