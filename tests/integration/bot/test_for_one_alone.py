"""What is told to one member is seen by nobody else, whatever was pressed and wherever."""

from collections.abc import Awaitable, Callable

from bot.controls.buttons import Action
from bot.controls.page_controls import Move, Query
from sandbox.discord.interactions import COMMAND
from sandbox.discord.state import MessageFlag
from tests.places import Place, command


async def test_what_one_asks_for_in_a_channel_is_shown_to_that_member_alone(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    secret = await place.paint(place.ada, "paintings", "a secret", private=True)
    query = Query(int(place.ada), "", False, 9)
    asked: dict[str, Callable[[], Awaitable[str]]] = {
        "link": lambda: place.press(Action.LINK, picture, place.ben, "paintings"),
        "favourite": lambda: place.press(Action.FAVOURITE, picture, place.ben, "paintings"),
        "delete?": lambda: place.press(Action.DELETE, picture, place.ada, "paintings"),
        "refused": lambda: place.press(Action.DELETE, picture, place.ben, "paintings"),
        "not there": lambda: place.open(secret, place.ben, "paintings"),
        "opened": lambda: place.open(secret, place.ada, "paintings"),
        "again": lambda: place.press(Action.AGAIN, secret, place.ada, "paintings"),
        "edited": lambda: place.edit(secret, place.ada, "paintings"),
        "gallery": lambda: place.gallery(place.ada, "paintings"),
        "queue": lambda: place.act(COMMAND, command("queue"), place.ada, "paintings"),
        "usage": lambda: place.act(COMMAND, command("usage"), place.ada, "paintings"),
        "me": lambda: place.act(COMMAND, command("me"), place.ada, "paintings"),
        "forget-me": lambda: place.act(COMMAND, command("forget-me"), place.ada, "paintings"),
        "doctor": lambda: place.act(COMMAND, command("doctor"), place.ada, "paintings"),
        "not shared": lambda: place.page(Move.SHARE, secret.id, query, place.ben, "attic"),
    }
    for name, ask in asked.items():
        before = len(place.bot.exchanges)
        await ask()
        answers = [one.request for one in place.bot.exchanges[before:] if one.path.endswith("/callback")]
        assert answers, name
        flags = [one["data"].get("flags", 0) for one in answers if isinstance(one, dict)]
        assert all(one & MessageFlag.EPHEMERAL for one in flags), name
