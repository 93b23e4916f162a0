"""The invite link of the README asks for exactly what is used."""

import re
from pathlib import Path

from bot.owner.doctor import NEEDED
from sandbox.discord.rules.permissions import Permission
from tests.house import House, paint, start
from tests.member import Member, fault, text

README = Path(__file__).parents[2] / "README.md"


def invited() -> Permission:
    found = re.search(r"[?&]permissions=(\d+)", README.read_text())
    assert found is not None
    return Permission(int(found[1]))


async def test_nothing_else_is_needed(house: House, ada: Member) -> None:
    for permission in Permission:
        if permission not in invited() and permission is not Permission.ADMINISTRATOR:
            await fault(
                house.servers.discord.url,
                "forbid",
                channel=ada.channels["paintings"],
                permission=permission.name,
            )
    await start(house, ada)
    done = await paint(ada)
    await ada.until(lambda: any(message == done["id"] for message, _who, _emoji in ada.reactions))
    await fault(house.servers.discord.url, "close_dms", member=ada.user_id)
    await ada.react(done)
    told = await ada.message(lambda message: "direct messages are closed" in text(message))
    assert told["channel_id"] == done["channel_id"]


def test_each_of_them_is_named_in_words() -> None:
    readme = README.read_text()
    for permission in Permission:
        words = (permission.name or "").replace("_", " ").title()
        words = words.replace("View Channel", "View Channels").replace(" In ", " in ")
        assert (f"{words}" in readme) is (permission in invited()), permission


def test_the_doctor_looks_for_exactly_those() -> None:
    assert {permission.name.lower() for permission in invited() if permission.name} == set(NEEDED)
    assert all(words in README.read_text() for words in NEEDED.values())
