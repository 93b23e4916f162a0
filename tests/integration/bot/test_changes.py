"""The panel of a picture and its verbs, as members press them."""

from dataclasses import replace
from typing import Any

import pytest

from bot.controls.buttons import Action
from bot.controls.verbs import Step, Verb
from core.operations import CHANGES
from core.orders import PRESSED, Picture, Upload
from core.rules import Allowance
from db.uploads import Uploads
from sandbox.discord.interactions import COMMAND, COMPONENT, MODAL_SUBMIT
from sandbox.discord.rules.permissions import Permission as P
from sandbox.discord.state import Attachment, Message, MessageFlag, Overwrite
from tests.lives import finish, worker
from tests.places import NOT_THERE, STAFF, Place, command

DEAR = "upscale-creative"
FILE = {
    "id": "77", "filename": "fox.png", "size": 1000, "url": "http://127.0.0.1/fox.png",
    "proxy_url": "http://127.0.0.1/fox.png", "content_type": "image/png", "width": 1024, "height": 1024,
}  # fmt: skip


async def verb(place: Place, one: Verb, by: str, at: str = "paintings", step: Step = Step.VERB) -> str:
    data = {"custom_id": one.custom_id(step), "component_type": 2}
    return await place.act(COMPONENT, data, by, at, style=2, label="x")


async def submitted(
    place: Place, one: Verb, by: str, at: str = "paintings", *, reference: bool = False, **typed: str
) -> str:
    """As after a restart of the bot: no process knows of the form."""
    place.bot.opener = await place.bot.interact(
        COMMAND, command("queue"), channel=place.channel(at), member_id=by
    )
    filled: list[dict[str, Any]] = [
        {"type": 4, "custom_id": name, "value": value} for name, value in typed.items()
    ]
    if reference:
        filled.append({"type": 19, "custom_id": "reference", "values": ["77"]})
    data: dict[str, Any] = {
        "custom_id": one.custom_id(Step.FORM),
        "components": [{"type": 18, "component": component} for component in filled],
        "resolved": {"attachments": {"77": FILE}} if reference else {},
    }
    return await place.act(MODAL_SUBMIT, data, by, at)


async def orders(place: Place) -> int:
    count: int = await place.bot.pool.fetchval("select count(*) from orders")
    return count


async def handed_in(place: Place, by: str) -> Upload:
    url = f"{place.bot.server.api_base}/fox.png"
    return await Uploads(place.bot.pool).add(int(by), url=url, width=1024, height=1024, size=1000)


def last_message(place: Place, at: str = "paintings") -> Message:
    """The bot's newest."""
    channel = place.channel(at).id
    return max(place.world.messages[channel].values(), key=lambda one: int(one.id))


async def press_in(place: Place, message: Message, custom_id: str, by: str) -> str:
    """A button of a message that is there; all that the bot says because of it."""
    bot, before = place.bot, len(place.bot.exchanges)
    came = bot.client.wait_for("interaction", timeout=10)
    data = {"custom_id": custom_id, "component_type": 2}
    bot.server.interactions.begin(
        COMPONENT, by, place.world.channels[message.channel_id], data, locale="en-US", message=message
    )
    await came
    await bot.settle()
    return str([call.request for call in bot.exchanges[before:]])


async def test_more_opens_the_panel_for_whoever_presses_and_for_nobody_else(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    said = await place.press(Action.MORE, picture, place.ben, "paintings")
    assert f"verb:cut-out:remove-background:{picture.id}:" in said
    assert last_message(place).flags & MessageFlag.EPHEMERAL
    hidden = await place.paint(place.ada, "paintings", "a hidden fox", private=True)
    assert NOT_THERE in await place.press(Action.MORE, hidden, place.ben, "paintings")


@pytest.mark.parametrize(("private", "at"), [(False, "paintings"), (True, "paintings"), (False, "attic")])
async def test_what_needs_no_form_is_ordered_at_once(place: Place, private: bool, at: str) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox", private=private, spoiler=True)
    await verb(place, Verb("cut-out", picture.id), place.ada, at)
    order = await place.newest()
    assert (order.operation, order.model, order.inputs) == ("cut-out", "remove-background", (picture.id,))
    assert (order.prompt, order.spoiler, order.private) == ("a fox", True, private or at == "attic")


async def test_what_an_upload_is_in_is_known_at_any_remove(place: Place) -> None:
    painted = await place.paint(place.ada, "paintings", "a fox")
    handed = await handed_in(place, place.ada)
    source: Picture | Upload
    for source, is_from_upload in ((painted, False), (handed, True)):
        for _ in range(3):
            await verb(place, Verb("cut-out", source.id), place.ada)
            order = await place.newest()
            assert order.is_from_upload is is_from_upload
            (claimed,) = await worker(place.bot.pool).claim(1)
            source = await finish(place.bot.pool, claimed)


async def test_a_form_is_asked_for_and_its_submission_needs_nothing_of_it(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    one = Verb("replace", picture.id, "search-and-replace")
    before = await orders(place)
    assert "'custom_id': 'target'" in await verb(place, one, place.ben)
    assert await orders(place) == before
    await submitted(place, one, place.ben, target="the fox", prompt="a badger", seed="7")
    order = await place.newest()
    assert (order.member_id, order.prompt) == (int(place.ben), "a badger")
    assert order.params == {"target": "the fox", "seed": 7, PRESSED: True}


async def test_what_is_refused_carries_what_was_typed_and_opens_again_with_it(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    before = await orders(place)
    one = Verb("replace", picture.id, "search-and-replace")
    said = await submitted(place, one, place.ada, target="x" * 201, prompt="a badger in the fog")
    assert "it may have 200" in said
    again = await press_in(place, last_message(place), one.custom_id(Step.REOPEN), place.ada)
    assert "'value': 'a badger in the fog'" in again
    said = await submitted(place, Verb("extend", picture.id, "outpaint"), place.ada, left="9999")
    assert "9999" in said
    assert await orders(place) == before


@pytest.mark.parametrize(
    ("operation", "model", "typed"),
    [
        ("relight", "replace-background-and-relight", {"light": "left"}),
        ("transfer", "style-transfer", {"strength": "0.5"}),
        ("extend", "outpaint", {"left": "64"}),
    ],
)
async def test_what_needs_no_words_is_found_by_those_of_its_picture_and_sends_none(
    place: Place, operation: str, model: str, typed: dict[str, str]
) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    one, reference = Verb(operation, picture.id, model), operation != "extend"
    await submitted(place, one, place.ada, reference=reference, prompt="", **typed)
    order = await place.newest()
    assert order.operation == operation
    assert (order.prompt, order.said) == ("a fox", "")
    assert [id_ < 0 for id_ in order.inputs] == [False, True][: len(order.inputs)]
    assert len(order.inputs) == 1 + reference
    await submitted(place, one, place.ada, reference=reference, prompt="a beach", **typed)
    assert (await place.newest()).said == "a beach"


async def test_fields_are_shown_chosen_and_ordered(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    one, before = Verb("erase", picture.id, "erase"), await orders(place)
    assert "Choose where" in await verb(place, one, place.ada)
    values = ["3", "1"]
    data: dict[str, Any] = {"custom_id": one.custom_id(Step.FIELDS), "component_type": 3, "values": values}
    options = [{"label": str(n), "value": str(n)} for n in range(1, 10)]
    said = await place.act(COMPONENT, data, place.ada, "paintings", options=options, max_values=9)
    chosen = replace(one, given={"fields": "1-3"})
    assert chosen.custom_id(Step.VERB) in said
    assert await orders(place) == before
    await verb(place, chosen, place.ada)
    order = await place.newest()
    assert (order.operation, order.params) == ("erase", {"fields": [1, 3], PRESSED: True})
    nothing = replace(one, given={"fields": "0"})
    assert "nine fields" in await verb(place, nothing, place.ada)


async def test_what_is_dear_is_asked_once_more_and_ordered_once(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    before = await orders(place)
    one = Verb("upscale", picture.id, DEAR)
    await place.bot.client.services.rules.servers.edit_house(
        1, {}, lambda house: house.but(each_member=Allowance(credits_per_month=150))
    )
    asked = await verb(place, one, place.ada)
    assert "60 credits" in asked
    assert "You have 147 of 150 credits left this month." in asked
    assert await orders(place) == before
    question = last_message(place)
    for _ in range(2):
        said = await press_in(place, question, one.custom_id(Step.SURE), place.ada)
    assert await orders(place) == before + 1
    assert "ordered already" in said
    # Another question is another order.
    await verb(place, one, place.ada)
    await press_in(place, last_message(place), one.custom_id(Step.SURE), place.ada)
    assert await orders(place) == before + 2


async def test_a_dear_command_is_asked_once_more_with_what_was_typed(place: Place) -> None:
    bot, world = place.bot, place.world
    options = [
        {"name": "image", "type": 11, "value": "77"},
        {"name": "prompt", "type": 3, "value": "a fox in the fog"},
        {"name": "seed", "type": 4, "value": 7},
        {"name": "model", "type": 3, "value": DEAR},
        {"name": "private", "type": 5, "value": True},
    ]
    data = {
        "id": "5",
        "name": "change",
        "type": 1,
        "options": [{"name": "upscale", "type": 1, "options": options}],
        "resolved": {"attachments": {"77": FILE}},
    }
    before = await orders(place)
    assert "60 credits" in await place.act(COMMAND, data, place.ada, "paintings")
    assert await orders(place) == before
    upload = await bot.pool.fetchval("select min(id) from uploads")
    sure = Verb("upscale", upload, DEAR, {"private": "1"}).custom_id(Step.SURE)
    question = last_message(place)
    assert sure in str(question.components)
    for _ in range(2):
        await press_in(place, question, sure, place.ada)
    order = await place.newest()
    assert await orders(place) == before + 1
    assert (order.prompt, order.params, order.private) == ("a fox in the fog", {"seed": 7}, True)
    assert (order.inputs, world.channels[str(order.channel_id)].name) == ((upload,), "paintings")


async def test_an_upload_is_for_whoever_handed_it_in(place: Place) -> None:
    upload = await handed_in(place, place.ada)
    before = await orders(place)
    assert NOT_THERE in await verb(place, Verb("cut-out", upload.id), place.ben)
    panel = await verb(place, Verb("", upload.id), place.ada)
    assert f"verb:cut-out:remove-background:{upload.id}:" in panel
    for absent in ("favourite", "picture:link", "picture:delete"):
        assert absent not in panel
    assert await orders(place) == before
    await verb(place, Verb("cut-out", upload.id), place.ada)
    assert (await place.newest()).inputs == (upload.id,)


@pytest.mark.parametrize(
    ("operation", "model"),
    [("nothing", ""), ("imagine", ""), ("cut-out", "erase"), ("erase", "core"), ("vary", "core")],
)
async def test_what_is_forged_is_answered_in_words_and_stores_nothing(
    place: Place, operation: str, model: str
) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    before = await orders(place)
    for step in (Step.VERB, Step.SURE, Step.FILL, Step.REOPEN):
        assert "not on offer any more" in await verb(
            place, Verb(operation, picture.id, model), place.ada, step=step
        )
    assert NOT_THERE in await verb(place, Verb("cut-out", 10**18 - 1), place.ada)
    assert NOT_THERE in await verb(place, Verb("cut-out", -(10**18) + 1), place.ada)
    assert await orders(place) == before


async def test_a_parent_is_told_of_and_opened_and_one_that_is_not_to_be_seen_is_not(place: Place) -> None:
    parent = await place.paint(place.ada, "doomed", "a red fox")
    await verb(place, Verb("extend", parent.id, "outpaint", {"left": "64"}), place.ada)
    order = await place.newest()
    (job,) = await worker(place.bot.pool).claim(1)
    assert job.order.id == order.id
    child = await finish(place.bot.pool, job)
    said = await place.press(Action.MORE, child, place.ben, "paintings")
    assert f"picture:open:{parent.id}" in said
    assert "From “a red fox”, extended to the left" in said
    # Nobody but its member and the staff sees the channel from now on.
    everyone = Overwrite(place.world.guild.id, 0, deny=P.VIEW_CHANNEL)
    await place.changed("doomed", everyone, Overwrite(STAFF, 0, allow=P.VIEW_CHANNEL))
    await says_that_it_is_gone(place, child, parent, place.ben)
    assert NOT_THERE in await place.press(Action.OPEN, parent, place.ben, "paintings")
    opened = await place.press(Action.MORE, child, place.ada, "paintings")
    assert f"picture:open:{parent.id}" in opened
    assert "a red fox" in await place.press(Action.OPEN, parent, place.ada, "paintings")
    await place.press(Action.ERASE, parent, place.ada, "paintings")
    await says_that_it_is_gone(place, child, parent, place.ada)


async def says_that_it_is_gone(place: Place, child: Picture, parent: Picture, by: str) -> None:
    said = await place.press(Action.MORE, child, by, "paintings")
    assert "is not here any more" in said
    assert f"picture:open:{parent.id}" not in said


async def test_a_hidden_picture_is_not_there_for_any_verb(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "a hidden fox", private=True)
    before = await orders(place)
    for operation in CHANGES:
        for model in operation.models:
            one = Verb(operation.name, picture.id, model)
            for step in (Step.VERB, Step.SURE, Step.FILL, Step.REOPEN):
                assert NOT_THERE in await verb(place, one, place.ben, step=step)
        assert NOT_THERE in await submitted(place, Verb(operation.name, picture.id), place.ben, prompt="x")
    assert await orders(place) == before


async def use_on(place: Place, message: Message, by: str, name: str = "Change this picture") -> str:
    return await place.act(
        COMMAND, {"id": "6", "name": name, "type": 3, "target_id": message.id}, by, "paintings"
    )


def posted(place: Place, author: str, *files: Attachment) -> Message:
    channel = place.channel("paintings")
    message = Message(
        place.world.snowflakes.next(), channel.id, author, "2026-01-01T00:00:00+00:00", attachments=[*files]
    )
    place.world.put_message(message)
    return message


async def test_what_others_posted_can_be_changed_by_way_of_its_menu(place: Place) -> None:
    files = [Attachment(str(n), f"{n}.png", "image/png", 1000, 1024, 1024) for n in (1, 2)]
    panel = await use_on(place, posted(place, place.cleo, files[0]), place.ada)
    upload = await place.bot.pool.fetchval("select max(member_id) from uploads where id = -1")
    assert upload == int(place.ada)
    assert "verb:cut-out:remove-background:-1:" in panel
    assert "favourite" not in panel
    await verb(place, Verb("cut-out", -1), place.ada)
    assert (await place.newest()).inputs == (-1,)
    assert "Which one?" in await use_on(place, posted(place, place.cleo, *files), place.ada)
    text = Attachment("3", "notes.txt", "text/plain", 10)
    for message in (posted(place, place.cleo), posted(place, place.cleo, text)):
        assert "no picture in this message" in await use_on(place, message, place.ada)
    preview = posted(place, place.cleo)
    preview.embeds.append({"type": "rich", "image": {"url": "https://example.com/fox.png"}})
    assert "Save it" in await use_on(place, preview, place.ada)
    asked = await use_on(place, posted(place, place.cleo, files[0]), place.ada, "In the style of this")
    assert "'custom_id': 'shape'" in asked


async def test_of_the_bots_own_message_it_is_the_picture_itself(place: Place) -> None:
    picture = await place.paint(place.ada, "paintings", "a fox")
    message = posted(place, place.world.bot_id)
    await place.bot.pool.execute(
        "update replies set message_id = $1 where order_id = $2", int(message.id), picture.order.id
    )
    assert f"verb:cut-out:remove-background:{picture.id}:" in await use_on(place, message, place.ben)
    assert await place.bot.pool.fetchval("select count(*) from uploads") == 0
