"""A member's own settings, in effect at once, and everything of theirs as a file."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from core.rules import Allowance, Defaults, ServerRules, Wishes
from core.settings import DatabaseSettings
from db.bucket.client import Bucket
from db.pool import Pool
from sandbox.discord.interactions import COMMAND, COMPONENT
from sandbox.discord.state import Interaction, Message
from tests.connected import EMOJI, Connected, connected
from tests.integration.bot.test_copies import share
from tests.lives import waiting

ME = {"id": "5", "name": "me", "type": 1}


@pytest.fixture
async def bot(database_url: str, pool: Pool, bucket: Bucket) -> AsyncIterator[Connected]:
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket) as one:
        yield one


def answer(bot: Connected, interaction: Interaction) -> Message:
    message = bot.server.world.message(interaction.channel_id, interaction.original_id or "")
    assert message is not None
    assert message.visible_to == bot.member_id
    return message


def controls(components: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in components:
        found += [one] if "custom_id" in one else controls(one.get("components", []))
    return found


class Panel:
    def __init__(self, bot: Connected, message: Message) -> None:
        self.bot = bot
        self.message = message

    def control(self, custom_id: str) -> dict[str, Any]:
        return next(
            one for one in controls(self.message.components) if one["custom_id"].startswith(custom_id)
        )

    def chosen(self, name: str) -> list[str]:
        return [one["value"] for one in self.control(f"me:{name}")["options"] if one.get("default")]

    async def press(self, custom_id: str, *values: str) -> Interaction:
        control = self.control(custom_id)
        data = {"custom_id": control["custom_id"], "component_type": control["type"]}
        data |= {"values": list(values)} if values else {}
        interaction = self.bot.server.interactions.begin(
            COMPONENT,
            self.bot.member_id,
            self.bot.channel(),
            data,
            locale="en-US",
            message=self.message,
            opener=None,
        )
        await self.bot.client.wait_for("interaction", timeout=10)
        await self.bot.settle()
        return interaction


async def panel(bot: Connected) -> Panel:
    return Panel(bot, answer(bot, await bot.interact(COMMAND, ME)))


async def wishes(bot: Connected) -> Wishes:
    return (await bot.client.services.rules.members.find(int(bot.member_id))).wishes


async def imagined(bot: Connected, **options: Any) -> Any:
    kinds = {str: 3, int: 4, bool: 5}
    given = [{"name": name, "type": kinds[type(value)], "value": value} for name, value in options.items()]
    given.append({"name": "prompt", "type": 3, "value": "a fox"})
    await bot.interact(COMMAND, {"id": "5", "name": "imagine", "type": 1, "options": given})
    return await bot.pool.fetchrow("select * from orders order by id desc limit 1")


async def test_what_is_chosen_is_in_effect_where_nothing_is_said(bot: Connected) -> None:
    one = await panel(bot)
    assert one.chosen("model") == one.chosen("language") == ["-"]
    for name, value in (("model", "ultra"), ("shape", "tall"), ("style", "anime"), ("count", "2")):
        await one.press(f"me:{name}", value)
        assert one.chosen(name) == [value]
    await one.press("me:private")
    order = await imagined(bot)
    assert (order["model"], order["count"], order["private"]) == ("ultra", 2, True)
    assert json.loads(order["params"]) == {"width": 864, "height": 1536, "style": "anime"}
    said = await imagined(bot, model="core", shape="square", count=1, private=False, style="origami")
    assert (said["model"], said["count"], said["private"]) == ("core", 1, False)
    assert json.loads(said["params"]) == {"width": 1024, "height": 1024, "style": "origami"}
    await one.press("me:model", "-")
    assert await wishes(bot) == Wishes(defaults=Defaults(shape="tall", style="anime", count=2), private=True)


async def test_my_language_is_that_of_what_i_alone_see(bot: Connected) -> None:
    one = await panel(bot)
    await one.press("me:language", "de")
    assert "Deine Einstellungen" in str(one.message.components)
    queue = await bot.interact(COMMAND, {"id": "5", "name": "queue", "type": 1})
    assert "Deine Warteschlange" in str(answer(bot, queue).components)
    assert (await imagined(bot, private=True))["locale"] == "de"
    await bot.react(1, {"id": None, "name": EMOJI})
    (sent,) = bot.server.world.messages[bot.channel(direct=True).id].values()
    assert "Hier ist dein Bild" in str(sent.components)


async def test_a_switch_that_is_pressed_twice_at_once_is_set_once(bot: Connected) -> None:
    one = await panel(bot)
    before = one.control("me:ping")
    await one.press("me:ping")
    assert (await wishes(bot)).ping
    one.message.components = [{"type": 1, "id": 1, "components": [before]}]
    await one.press("me:ping")
    assert (await wishes(bot)).ping


async def test_a_default_that_is_not_on_offer_is_said_and_passed_over(bot: Connected) -> None:
    members = bot.client.services.rules.members
    await members.edit(
        int(bot.member_id), lambda now: now.but(defaults=Defaults(model="gone", style="grand"))
    )
    one = await panel(bot)
    assert "Model: “gone” is not on offer here, and is passed over." in str(one.message.components)
    order = await imagined(bot)
    assert (order["model"], json.loads(order["params"]).get("style")) == ("core", None)
    allowance = Allowance(models=frozenset({"core"}))
    await bot.client.services.rules.servers.edit_house(1, {}, lambda house: house.but(each_member=allowance))
    # There is one model alone, and still a way to take the default back.
    await (await panel(bot)).press("me:model", "-")
    assert (await wishes(bot)).defaults == Defaults(style="grand")
    assert "me:model" not in str((await panel(bot)).message.components)


async def test_what_no_menu_has_is_refused(bot: Connected) -> None:
    one = await panel(bot)
    await one.press("me:count", "9")
    assert await wishes(bot) == Wishes()
    assert "not on offer any more" in str(
        list(bot.server.world.messages[bot.channel().id].values())[-1].components
    )


def file_of(bot: Connected, message: Message) -> tuple[str, bytes]:
    (file,) = message.attachments
    content = bot.server._store.get_file(file.id)
    assert content is not None
    return file.filename, content


async def test_everything_comes_as_a_file_once_in_a_while(bot: Connected) -> None:
    await bot.interact(COMMAND, {"id": "5", "name": "imagine", "type": 1, "options": [
        {"name": "prompt", "type": 3, "value": "ein Fuchs 🦊"}
    ]})  # fmt: skip
    one = await panel(bot)
    await one.press("me:ping")
    asked = await one.press("me:export")
    assert "in your direct messages" in str(answer(bot, asked).components)
    sent = list(bot.server.world.messages[bot.channel(direct=True).id].values())[-1]
    name, content = file_of(bot, sent)
    assert name == "tigerbrush.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        document = json.loads(archive.read("tigerbrush.json"))
        newest, _waiting, painted = document["orders"]
        assert newest["prompt"] == "ein Fuchs 🦊"
        (picture,) = painted["pictures"]
        assert picture["link"].startswith("http")
        assert sorted(archive.namelist()) == sorted(["tigerbrush.json", picture["file"]])
        assert archive.read(picture["file"])
    assert document["settings"]["ping"]
    again = await one.press("me:export")
    assert "You were sent it just now" in str(answer(bot, again).components)


async def test_where_direct_messages_are_closed_it_comes_as_the_answer(bot: Connected) -> None:
    for membership in bot.server.world.memberships(bot.member_id):
        membership.takes_direct_messages = False
    asked = await (await panel(bot)).press("me:export")
    assert file_of(bot, answer(bot, asked))[0] == "tigerbrush.zip"


@pytest.mark.parametrize(
    ("picture_bytes", "room", "name", "is_whole", "has_links"),
    [
        (1000, 20_000, "tigerbrush.zip", True, False),
        (1_000_000, 20_000, "tigerbrush.json", True, True),
        # The picture is the oldest.
        (1000, 5_000, "tigerbrush.json", False, False),
    ],
)
async def test_what_does_not_fit_is_left_out_and_said(
    bot: Connected, picture_bytes: int, room: int, name: str, is_whole: bool, has_links: bool
) -> None:
    member_id = int(bot.member_id)
    await bot.pool.execute("update pictures set bytes = $1", picture_bytes)
    for _ in range(18):
        await waiting(bot.pool, member_id=member_id)
    made = await bot.client.services.exports.make(member_id, bytes_max=256 * 1024 + room)
    assert (made.file.name, made.is_whole, made.has_links) == (name, is_whole, has_links)
    content = made.file.content
    assert len(content) < room
    if made.has_pictures:
        content = zipfile.ZipFile(io.BytesIO(content)).read("tigerbrush.json")
    found = [one["id"] for one in json.loads(content)["orders"]]
    # The newest are there.
    ids = await bot.pool.fetchval(
        "select array_agg(id order by id desc) from orders where member_id = $1", member_id
    )
    assert found == (ids if is_whole else ids[: len(found)])
    assert 0 < len(found) < 20 or is_whole


async def test_what_everybody_sees_is_in_the_server_s_language(bot: Connected) -> None:
    guild_id = bot.channel().guild_id
    assert guild_id is not None
    servers = bot.client.services.rules.servers
    rules = ServerRules(locale="de")
    await servers.edit(int(guild_id), 1, {}, lambda one: replace(one, is_allowed=True, rules=rules))
    await imagined(bot)
    await share(bot)
    card, _pressed, page = list(bot.server.world.messages[bot.channel().id].values())[-3:]
    assert "Abbrechen" in str(card.components)
    assert "Bilder von" in str(page.components)
    assert "own settings" in str((await panel(bot)).message.components)
