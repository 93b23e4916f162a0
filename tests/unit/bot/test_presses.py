"""What each button does: for whom, where, with what of the order or the picture, and what is answered."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest

import bot.changes
import bot.commands.queue
import bot.moderation.presses
import bot.origin
import bot.panel
import bot.presses  # noqa: F401 - they register themselves
from bot.controls.buttons import ORDER_ACTIONS, PRESSES, Action, OrderButton, PictureButton
from bot.controls.page_controls import PictureSelect
from bot.controls.verbs import Step, Verb, VerbButton
from bot.editing import submit_edit
from bot.held_bytes import HELD_BYTES_MAX
from bot.orders import HOURGLASS_SECONDS, request_of
from bot.rights.access import require_gallery
from bot.services import Interaction
from core.errors import InvalidRequest, LostJob
from core.orders import PRESSED, Order
from core.provenance import mark_of, png_with
from tests.jobs import NOW, order
from tests.unit.bot.edge import refusal
from tests.unit.bot.members import (
    ADA,
    AFTER_DARK,
    BEN,
    CLEO,
    CORNER,
    GUILD,
    PAINTINGS,
    STAFF,
    House,
    edit,
)

NOT_THERE = "This picture is not there any more, or it is not for you to see here."
NOT_THEIRS = "Only the member who asked for this picture"
NO_COMMANDS = discord.Permissions(view_channel=True, read_message_history=True)
VERBS = [*(action for action in Action if action is not Action.KEEP), "choose", "submit", *Step]
"""What can be done with a picture: in its message, in its panel, and in what these lead to."""


async def press(house: House, action: Action, by: Interaction) -> House:
    button = (
        OrderButton(action, house.order.id)
        if action in ORDER_ACTIONS
        else PictureButton(action, min(house.pictures))
    )
    await button.callback(by)
    return house


async def enlarge(house: House, by: Interaction) -> House:
    verb = Verb("upscale", min(house.pictures), "upscale-fast")
    await VerbButton(Step.VERB, verb).callback(by)
    return house


async def make(house: House, verb: str, by: Interaction) -> House:
    if verb == "upscale":
        return await enlarge(house, by)
    return await (edit(house, by) if verb == "edit" else press(house, Action(verb), by))


def ephemeral(house: House) -> list[bool]:
    return [how["ephemeral"] for name, how in house.said if "ephemeral" in how]


DERIVED = ("again", "edit", "upscale")


@pytest.mark.parametrize("verb", DERIVED)
@pytest.mark.parametrize(
    ("changes", "by", "at", "private"),
    [
        ({}, ADA, PAINTINGS, False),
        ({}, BEN, PAINTINGS, False),
        ({}, BEN, CORNER, False),
        ({"private": True}, ADA, PAINTINGS, True),
        ({"private": True}, ADA, CORNER, True),
        ({"channel_id": STAFF}, ADA, PAINTINGS, True),
        ({"channel_id": STAFF}, CLEO, PAINTINGS, True),
        ({"channel_id": STAFF}, CLEO, STAFF, False),
        ({"channel_id": AFTER_DARK}, ADA, PAINTINGS, True),
        ({"guild_id": 5}, ADA, PAINTINGS, True),
        ({"guild_id": None, "private": True}, ADA, PAINTINGS, True),
    ],
)
async def test_what_is_made_of_a_picture_is_as_private_as_that(
    verb: str, changes: dict[str, Any], by: int, at: int, private: bool
) -> None:
    # Of another server's channel nothing tells that it has another id.
    changes = {"channel_id": 777, **changes} if changes.get("guild_id", GUILD) != GUILD else changes
    house = House(order(member_id=ADA, **changes))
    await make(house, verb, house.press(by, at))
    (request,) = house.stored
    assert (request.private, request.is_ephemeral) == (private, private)
    assert ephemeral(house) == [private]
    assert (request.member_id, request.guild_id, request.channel_id) == (by, GUILD, at)


@pytest.mark.parametrize("verb", DERIVED)
@pytest.mark.parametrize("spoiler", [True, False])
async def test_what_is_made_of_a_spoiler_is_one(verb: str, spoiler: bool) -> None:
    house = House(order(spoiler=spoiler))
    await make(house, verb, house.press(BEN))
    assert house.stored[0].spoiler is spoiler
    # And in direct messages it is nobody else's.
    house = House(order(spoiler=spoiler))
    await make(house, verb, house.press(ADA, guild_id=None))
    (request,) = house.stored
    assert (request.spoiler, request.private, request.is_ephemeral) == (spoiler, True, False)


async def test_upscale_is_made_of_that_picture() -> None:
    house = House(order(seed=7, negative_prompt="fog", style="anime", count=3), width=320, height=256)
    house.pictures.pop(min(house.pictures))
    await enlarge(house, house.press(BEN))
    (request,) = house.stored
    assert request.params == {PRESSED: True}
    assert (request.operation, request.model, request.inputs, request.count) == (
        "upscale", "upscale-fast", (18,), 1,
    )  # fmt: skip
    assert request.prompt == house.order.prompt


@pytest.mark.parametrize("action", VERBS)
@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"private": True}, {}),
        ({"guild_id": 5}, {}),
        ({"channel_id": STAFF}, {}),
        ({}, {"guild_id": 5, "guild": None}),
        ({"guild_id": None}, {"guild_id": None}),
    ],
)
async def test_what_a_member_may_not_see_is_not_there_for_any_verb(
    action: str, changes: dict[str, Any], where: dict[str, Any]
) -> None:
    house = House(order(**changes))
    await verb(house, action, house.press(BEN, permissions=discord.Permissions.all(), **where))
    assert NOT_THERE in house.words()
    assert (house.stored, ephemeral(house)) == ([], [True])
    assert set(house.names()) <= {"find"}


@pytest.mark.parametrize("action", VERBS)
async def test_what_is_gone_is_not_there_for_any_verb(action: str) -> None:
    house = House()
    pressed = house.press(ADA)
    house.pictures, house.order = {}, order(id=9)
    await do(action, pressed, 1, 17)
    assert NOT_THERE in house.words()
    assert house.stored == []


async def verb(house: House, action: str, by: Interaction) -> None:
    if action == "submit":
        await edit(house, by)
    else:
        await do(action, by, house.order.id, min(house.pictures))


async def do(action: str, by: Interaction, order_id: int, picture_id: int) -> None:
    if action == "submit":
        await submit_edit(by, order_id)
    elif action == "choose":
        await opened(by, picture_id)
    elif action in list(Step):
        await PRESSES[action](by, Verb("upscale", picture_id, "upscale-fast"))
    elif action in ORDER_ACTIONS:
        await OrderButton(Action(action), order_id).callback(by)
    else:
        await PictureButton(Action(action), picture_id).callback(by)


async def opened(by: Interaction, picture_id: int) -> None:
    select = PictureSelect([])
    select.item = SimpleNamespace(values=[str(picture_id)])  # type: ignore[assignment] # as much of one as is read
    await select.callback(by)


CONTROL = (Action.CANCEL, Action.DROP, Action.DELETE, Action.ERASE)


@pytest.mark.parametrize("action", CONTROL)
async def test_only_its_member_and_who_manages_messages_there_have_control(action: Action) -> None:
    for by, at, of in (
        (BEN, PAINTINGS, order()),
        (BEN, CORNER, order()),
        (CLEO, CORNER, order(channel_id=CORNER)),
    ):
        house = House(of)
        await press(house, action, house.press(by, at))
        assert NOT_THEIRS in house.words()
        assert set(house.names()) <= {"find"}
    for by, at, of in (
        (ADA, CORNER, order()),
        (BEN, CORNER, order(channel_id=CORNER)),
        (BEN, PAINTINGS, order(channel_id=CORNER)),
    ):
        house = House(of)
        await press(house, action, house.press(by, at))
        assert NOT_THEIRS not in house.words()
        assert "broke" not in house.words()
        assert house.said


async def test_cancel_ends_what_is_left_of_the_order_and_says_nothing() -> None:
    house = House()
    await press(house, Action.CANCEL, house.press())
    assert house.done == [("cancel", 1)]
    assert house.said == [("defer", {})]
    ended = {"outcome": "cancelled", "code": ""}
    assert house.registry.get_sample_value("tigerbrush_jobs_ended_total", ended) == 1
    house = House()
    house.faults["cancel"] = LostJob("it has ended")
    await press(house, Action.CANCEL, house.press())
    # What is shown of it then, its card tells.
    assert (house.done[-1], house.said) == (("load", 1), [("defer", {})])


@pytest.mark.parametrize("verb", [*DERIVED, "opens edit"])
async def test_a_button_that_starts_an_order_is_a_command(verb: str) -> None:
    async def tried(
        may: bool | None, by: int, at: int = PAINTINGS, of: Order | None = None, **more: Any
    ) -> str:
        house = House(of)
        house.may = may
        pressed = house.press(by, at, **more)
        await (press(house, Action.EDIT, pressed) if verb == "opens edit" else make(house, verb, pressed))
        assert ("may use", "imagine") in house.done or more
        is_done = bool(house.stored) or house.said[0][0] == "modal"
        return "" if is_done else house.words()

    assert await tried(True, BEN) == ""
    assert "You may not use `/imagine` in this channel" in await tried(False, ADA)
    assert "Discord does not say at the moment" in await tried(None, BEN)
    assert "Discord does not say at the moment" in await tried(None, ADA, CORNER)
    assert await tried(None, ADA) == ""
    assert "You may not use commands in this channel" in await tried(True, ADA, permissions=NO_COMMANDS)
    assert await tried(True, ADA, guild_id=None, permissions=NO_COMMANDS) == ""


@pytest.mark.parametrize(("may", "allowed"), [(True, True), (None, True), (False, False)])
async def test_a_page_is_a_command_too(may: bool | None, allowed: bool) -> None:
    house = House()
    house.may = may
    if allowed:
        await require_gallery(house.press(BEN))
    else:
        with pytest.raises(InvalidRequest, match="You may not use `/gallery`"):
            await require_gallery(house.press(BEN))
    assert house.done == [("may use", "gallery")]
    with pytest.raises(InvalidRequest, match="may not use commands"):
        await require_gallery(house.press(BEN, permissions=NO_COMMANDS))


@pytest.mark.parametrize("action", [Action.VARY, Action.LINK, *Step])
async def test_what_takes_the_full_size_is_refused_when_that_has_expired(action: str) -> None:
    house = House(expired_at=NOW)
    await verb(house, action, house.press())
    assert "has expired; only its small version" in house.words()
    assert house.stored == []


async def test_a_link_is_for_whoever_pressed_and_says_until_when() -> None:
    house = House()
    await press(house, Action.LINK, house.press(BEN))
    assert "https://b.example/full/17" in house.words()
    assert ":f>" in house.words()
    assert ephemeral(house) == [True]
    house = House()
    house.url = None
    await press(house, Action.LINK, house.press(BEN))
    assert "still on its way" in house.words()


async def test_a_favourite_is_marked_and_unmarked_for_the_member_who_pressed() -> None:
    house = House()
    await press(house, Action.FAVOURITE, house.press(BEN))
    assert house.done == [("find", BEN), ("among", BEN), ("add", BEN, 17)]
    assert "Among your favourites now" in house.words()
    assert ephemeral(house) == [True]
    house = House()
    house.marked = {17}
    await press(house, Action.FAVOURITE, house.press(BEN))
    assert house.done[1:] == [("among", BEN), ("remove", BEN, 17)]
    assert "No longer among" in house.words()
    house = House()
    house.faults["add"] = LostJob("it was deleted")
    await press(house, Action.FAVOURITE, house.press(BEN))
    assert NOT_THERE in house.words()


def on_message(*, is_ephemeral: bool) -> Any:
    flags = discord.MessageFlags._from_value(64 if is_ephemeral else 0)
    return SimpleNamespace(id=600, channel=SimpleNamespace(id=PAINTINGS), flags=flags)


async def test_deleting_is_asked_about_beside_the_message_or_in_the_place_of_one_that_only_they_see() -> None:
    house = House()
    await press(house, Action.DELETE, house.press(message=on_message(is_ephemeral=False)))
    # It is known by that where the reply is.
    assert house.done[1:] == [("found", 1, 600, PAINTINGS)]
    ((name, how),) = house.said
    assert (name, how["ephemeral"]) == ("message", True)
    for word in ("Delete this picture for good?", "picture:erase:17", "picture:keep:17"):
        assert word in house.words()
    house = House()
    await press(house, Action.DELETE, house.press(message=on_message(is_ephemeral=True)))
    ((name, how),) = house.said
    assert (name, how["attachments"], house.names()) == ("edit", [], ["find"])
    for word in ("picture:erase:17", "picture:restore:17"):
        assert word in house.words()


async def test_of_several_it_is_said_which_one() -> None:
    house = House(order(count=3))
    house.pictures.pop(17)
    await press(house, Action.DELETE, house.press())
    assert "Delete picture 2 of 3 for good?" in house.words()
    assert "picture:erase:18" in house.words()


async def test_what_is_deleted_is_said_and_what_another_deleted_before_too() -> None:
    house = House()
    await press(house, Action.ERASE, house.press())
    assert house.done[1:] == [("erase", 17)]
    assert "Deleted." in house.words()
    assert "cannot be taken back" in house.words()
    assert house.said[0][0] == "edit"
    house = House()
    house.faults["erase"] = LostJob("deleted")
    await press(house, Action.ERASE, house.press())
    assert NOT_THERE in house.words()


async def test_kept_is_said_and_nothing_done() -> None:
    house = House()
    await press(house, Action.KEEP, house.press())
    assert (house.done, house.said[0][0]) == ([], "edit")
    assert "Kept" in house.words()


@pytest.mark.parametrize("action", ["choose", "more", "open", "restore"])
@pytest.mark.parametrize("spoiler", [True, False])
async def test_a_picture_that_is_opened_is_that_one_and_covered_where_it_is_a_spoiler(
    action: str, spoiler: bool
) -> None:
    house = House(order(count=3, spoiler=spoiler))
    house.pictures.pop(17)
    await verb(house, action, house.press(ADA if action == "restore" else BEN))
    (first, thought), (last, shown) = house.said
    assert (first, last) == ("defer", "original")
    assert thought == ({} if action == "restore" else {"ephemeral": True, "thinking": True})
    assert [file.fp.read() for file in shown["attachments"]] == [b"preview 18"]
    assert "https://b.example/full/18" in house.words()
    assert f"'spoiler': {spoiler}" in house.words()


@pytest.mark.parametrize("chosen", ["", "x", "٣", "1" * 19])
async def test_what_is_no_number_opens_nothing(chosen: str) -> None:
    house = House()
    select = PictureSelect([])
    select.item = SimpleNamespace(values=[chosen])  # type: ignore[assignment] # as much of one as is read
    await select.callback(house.press())
    assert NOT_THERE in house.words()


async def test_an_order_is_answered_with_its_place_and_that_is_recorded() -> None:
    house = House()
    await press(house, Action.AGAIN, house.press(BEN))
    ((name, how),) = house.said
    assert (name, how["ephemeral"]) == ("message", False)
    ((what, order_id, recorded),) = [one for one in house.done if one[0] == "first shown"]
    over_seconds = recorded.pop("over_seconds")
    assert (what, order_id, recorded) == (
        "first shown",
        2,
        {
            "message_id": 700,
            "place": -3,
            "pause": None,
            "hold_seconds": HOURGLASS_SECONDS,
            "is_ephemeral": False,
        },
    )
    assert over_seconds is not None
    accepted = house.registry.get_sample_value("tigerbrush_jobs_accepted_total", {"kind": "imagine"})
    assert accepted == 1


async def test_one_that_came_again_is_not_answered_twice() -> None:
    house = House()
    house.faults["replay"] = LostJob("")
    await press(house, Action.AGAIN, house.press(BEN))
    assert (house.said, "first shown" in house.names()) == ([], False)


async def test_without_an_estimate_it_is_answered_all_the_same() -> None:
    house = House()
    house.faults["estimate"] = ConnectionError()
    await press(house, Action.AGAIN, house.press(BEN))
    (recorded,) = (one[2] for one in house.done if one[0] == "first shown")
    assert recorded["place"] is None
    assert "order:cancel:2" in house.words()


@pytest.mark.parametrize("error", [ConnectionError(), refusal(503, 0), RuntimeError("ours")])
async def test_what_is_stored_is_never_said_to_have_failed(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House()
    pressed = house.press(BEN)

    async def fails(**_how: Any) -> None:
        raise error

    monkeypatch.setattr(pressed.response, "send_message", fails)
    await press(house, Action.AGAIN, pressed)
    assert len(house.stored) == 1
    assert (house.said, "first shown" in house.names()) == ([], False)


@pytest.mark.parametrize(
    ("changes", "read", "said"),
    [
        ({}, "original", "🤖 Made by AI · Stable Image Core · Tigerbrush"),
        ({"expired_at": NOW}, "preview", "This is what the small version says"),
        ({"bytes": HELD_BYTES_MAX + 1}, "preview", "It has no note of its own."),
    ],
)
async def test_what_the_file_says_is_read_in_it(changes: dict[str, Any], read: str, said: str) -> None:
    house = House(**changes)
    house.file = b"\x89PNG\r\n\x1a\n\0\0\0\0IHDR\0\0\0\0"
    house.file = png_with(house.file, mark_of(house.order).xmp)
    await press(house, Action.ORIGIN, house.press(BEN))
    assert said in house.words()
    assert ("original" in house.names()) is (read == "original")
    assert house.services.held_bytes.held == 0


async def test_where_too_much_is_read_already_nothing_more_is() -> None:
    house = House(bytes=1)
    with house.services.held_bytes.room_for(HELD_BYTES_MAX):
        await press(house, Action.ORIGIN, house.press(BEN))
    assert "Many pictures are being read" in house.words()
    assert "original" not in house.names()


async def test_postgres_being_away_is_said() -> None:
    house = House()
    house.faults["create"] = ConnectionError()
    await press(house, Action.AGAIN, house.press(BEN))
    assert "The queue does not answer" in house.words()
    assert ephemeral(house) == [True]


def test_what_is_asked_for_in_direct_messages_is_private() -> None:
    house = House()

    def asked(**where: Any) -> bool:
        pressed = house.press(BEN, **where)
        return request_of(pressed, prompt="a fox", model="core", params={"seed": None}).private

    assert asked(guild_id=None)
    assert not asked()


@pytest.mark.parametrize(
    ("kind", "guild_id", "private", "is_said"),
    [
        (discord.InteractionType.component, GUILD, False, True),
        (discord.InteractionType.modal_submit, GUILD, False, True),
        # Discord itself says who used a command; and what one alone sees is nobody else's.
        (discord.InteractionType.application_command, GUILD, False, False),
        (discord.InteractionType.component, GUILD, True, False),
        (discord.InteractionType.component, None, False, False),
    ],
)
def test_what_no_command_asked_for_says_for_whom_it_is(
    kind: discord.InteractionType, guild_id: int | None, private: bool, is_said: bool
) -> None:
    pressed = House().press(BEN, guild_id=guild_id, type=kind)
    # Made again from what a button had made.
    params = {"seed": None, "width": 1, PRESSED: True}
    request = request_of(pressed, prompt="x", model="core", params=params, private=private)
    assert request.params == ({"width": 1, PRESSED: True} if is_said else {"width": 1})


LOOKS = {
    "order:cancel:17": ("🚫", "Cancel"),
    "order:drop:17": ("🚫", "Cancel"),
    "order:again:17": ("🔁", "Again"),
    "order:edit:17": ("✏️", "Edit"),
    "order:prompt:17": ("📜", "Whole prompt"),
    "order:reopen:17": ("✏️", "Open it again"),
    "picture:vary:17": ("🎲", "Vary"),
    "picture:more:17": ("🧰", "More"),
    "picture:open:17": ("↗️", "Open"),
    "picture:settings:17": ("📝", "Settings"),
    "picture:origin:17": ("🔏", "Origin"),
    "picture:link:17": ("📋", "Link"),
    "picture:favourite:17": ("⭐", "Favourite"),
    "picture:report:17": ("🚩", "Report"),
    "picture:delete:17": ("🗑️", "Delete"),
    "picture:erase:17": ("🗑️", "Delete it for good"),
    "picture:restore:17": ("↩️", "Keep it"),
    "picture:keep:17": ("↩️", "Keep it"),
}
"""Of messages that were posted long ago, too: a custom id that changes is a button that does nothing any more."""


def test_buttons_of_old_messages_are_read_and_look_as_they_did() -> None:
    made: list[Any] = [
        (OrderButton if action in ORDER_ACTIONS else PictureButton)(action, 17) for action in Action
    ]
    looks = {one.item.custom_id: (str(one.item.emoji), one.item.label) for one in made}
    assert looks == LOOKS
    danger = [one.item.custom_id for one in made if one.item.style is discord.ButtonStyle.danger]
    assert danger == ["picture:erase:17"]
    said: Any = OrderButton(Action.AGAIN, 17, lambda text: f"<{text}>")
    assert said.item.label == "<Again>"


async def test_the_whole_prompt_is_shown_as_it_is_to_who_may_see_it() -> None:
    house = House(order(prompt="*" * 1000 + " at the end"))
    await press(house, Action.PROMPT, house.press(BEN))
    assert r"\*" * 1000 + " at the end" in house.words().replace("\\\\", "\\")
    assert ephemeral(house) == [True]
