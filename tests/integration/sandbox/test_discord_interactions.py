"""Interactions on the local Discord: commands, presses, modals, autocomplete, and how long each lives."""

import asyncio
from asyncio import Task
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.discord import interactions
from tests.integration.sandbox.conftest import (
    CHOICES,
    COMPONENTS_V2,
    DEFERRED_MESSAGE,
    DEFERRED_UPDATE,
    EPHEMERAL,
    LOADING,
    MESSAGE,
    MODAL,
    PAINT,
    UPDATE,
    Answer,
    Bot,
    Clock,
    Dial,
    GatewayClient,
    Json,
    Person,
)
from tests.member import File

ORIGINAL = "/messages/@original"

BUTTONS: Json = {
    "type": 1,
    "components": [
        {"type": 2, "style": 1, "label": "Again", "custom_id": "again"},
        {"type": 2, "style": 1, "label": "Never", "custom_id": "never", "disabled": True},
        {"type": 2, "style": 5, "label": "Web", "url": "https://example.com"},
    ],
}
SELECT: Json = {
    "type": 3,
    "custom_id": "size",
    "max_values": 2,
    "options": [{"label": str(number), "value": str(number)} for number in range(3)],
}
WINDOW: Json = {
    "custom_id": "settings",
    "title": "Settings",
    "components": [
        {
            "type": 1,
            "components": [
                {
                    "type": 4,
                    "custom_id": "seed",
                    "style": 1,
                    "label": "Seed",
                    "min_length": 1,
                    "max_length": 3,
                }
            ],
        },
        {"type": 18, "label": "Size", "component": SELECT},
    ],
}


def filled(seed: str = "7", sizes: tuple[str, ...] = ("1",)) -> Json:
    """The modal as a member submits it."""
    return {
        "custom_id": "settings",
        "components": [
            {"type": 1, "components": [{"type": 4, "custom_id": "seed", "value": seed}]},
            {"type": 18, "component": {"type": 3, "custom_id": "size", "values": list(sizes)}},
        ],
    }


async def replied(bot: Bot, interaction: Json, **data: Any) -> Json:
    answer = await bot.respond(interaction, MESSAGE, data)
    assert answer.status == 200, answer.body
    message: Json = answer.body["resource"]["message"]
    return message


@pytest.fixture
async def pressed(bot: Bot, gateway: GatewayClient, ada: Person, interaction: Json) -> Json:
    """Ada's press of a button on the bot's reply."""
    message = await replied(bot, interaction, content="A fox", components=[BUTTONS])
    assert (await ada.press(message, "again")).status == 200
    press = await gateway.event("INTERACTION_CREATE")
    assert press["message"]["id"] == message["id"]
    return press


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience for the first answer is short."""
    monkeypatch.setattr(interactions, "FIRST_ANSWER_SECONDS", 0.05)


async def test_the_bot_is_told_all_of_a_command(bot: Bot, ada: Person, interaction: Json) -> None:
    (command,) = (await bot.call("GET", bot.commands)).body
    given = [{"type": 3, "name": "prompt", "value": "a fox"}]
    assert interaction["data"] == {"id": command["id"], "name": "paint", "type": 1, "options": given}
    assert (interaction["type"], interaction["context"], interaction["version"]) == (2, 0, 1)
    assert interaction["application_id"] == bot.application_id
    assert (interaction["guild_id"], interaction["channel"]["name"]) == (bot.guild_id, "paintings")
    assert interaction["member"]["user"]["id"] == ada.id
    assert "user" not in interaction
    assert interaction["attachment_size_limit"] == 10 * 1024 * 1024
    for permissions in (interaction["app_permissions"], interaction["member"]["permissions"]):
        assert int(permissions) & 1 << 11
    assert (await ada.told("INTERACTION_CREATE"))["id"] == interaction["id"]


async def test_in_direct_messages_there_is_a_user_and_no_server(
    bot: Bot, gateway: GatewayClient, ben: Person
) -> None:
    await bot.call("PUT", bot.commands, [PAINT])
    assert (await ben.use(channel="dm", prompt="a fox")).status == 200
    told = await gateway.event("INTERACTION_CREATE")
    assert (told["context"], told["user"]["id"], told["channel"]["type"]) == (1, ben.id, 1)
    assert not told.keys() & {"guild_id", "member", "guild"}
    assert (await bot.respond(told, MESSAGE, {"content": "A fox"})).status == 200
    assert [message["content"] for message in await ben.history("dm")] == ["A fox"]


@pytest.mark.parametrize(
    ("options", "where", "code"),
    [
        ([], "options/prompt", "BASE_TYPE_REQUIRED"),
        ([("prompt", 3, "x" * 21)], "options/0/value", "BASE_TYPE_BAD_LENGTH"),
        ([("prompt", 3, 7)], "options/0/value", "APPLICATION_COMMAND_OPTIONS_VALUE_INVALID"),
        ([("prompt", 3, "x"), ("steps", 4, 51)], "options/1/value", "NUMBER_TYPE_MAX"),
        ([("prompt", 3, "x"), ("steps", 4, 0)], "options/1/value", "NUMBER_TYPE_MIN"),
        ([("prompt", 3, "x"), ("style", 3, "oil")], "options/1/value", "BASE_TYPE_CHOICES"),
        ([("prompt", 3, "x"), ("size", 3, "x")], "options/1/name", "APPLICATION_COMMAND_OPTIONS_UNKNOWN"),
    ],
)
async def test_options_are_checked_before_the_bot_hears_of_them(
    bot: Bot,
    gateway: GatewayClient,
    ada: Person,
    options: list[tuple[str, int, Any]],
    where: str,
    code: str,
) -> None:
    await bot.call("PUT", bot.commands, [PAINT])
    given = [{"name": name, "type": kind, "value": value} for name, kind, value in options]
    answer = await ada.interact(2, {"name": "paint", "options": given})
    assert answer.problem(*where.split("/")) == code
    right = [("prompt", 3, "x"), ("steps", 4, 50), ("style", 3, "ink"), ("mood", 3, "any")]
    given = [{"name": name, "type": kind, "value": value} for name, kind, value in right]
    answer = await ada.interact(2, {"name": "paint", "options": given})
    told = await gateway.event("INTERACTION_CREATE")
    assert (told["id"], told["data"]["options"]) == (answer.body["id"], given)


@pytest.mark.parametrize(
    ("kind", "data"),
    [(1, {}), (6, {}), ([], {}), (2, None), (2, []), (3, {}), (3, {"custom_id": "again"}), (5, {})],
)
async def test_what_no_client_sends_is_refused(bot: Bot, ada: Person, kind: Any, data: Any) -> None:
    message = await bot.say({"flags": COMPONENTS_V2, "components": [{"type": 10, "content": "A fox"}]})
    answer = await ada.interact(kind, data, message_id=message["id"])
    assert answer.refusal == (400, 50035)


async def test_a_command_on_a_message(bot: Bot, gateway: GatewayClient, ada: Person, ben: Person) -> None:
    await bot.call("PUT", bot.commands, [{"type": 3, "name": "Change this picture"}])
    target = await ben.say("Look", File("fox.txt", b"fox"))
    asked = {"type": 3, "name": "Change this picture", "target_id": target["id"]}
    assert (await ada.interact(2, asked)).status == 200
    told = await gateway.event("INTERACTION_CREATE")
    assert told["data"]["target_id"] == target["id"]
    assert told["data"]["resolved"]["messages"][target["id"]] == target
    reply = await replied(bot, told, content="Psst", flags=EPHEMERAL)
    metadata = reply["interaction_metadata"]
    assert (reply["type"], metadata["command_type"], metadata["target_message_id"]) == (23, 3, target["id"])
    # There is no menu at what only its member sees, and no such command to type.
    for wrong in ({"target_id": reply["id"]}, {"target_id": "1"}, {"type": 1}):
        assert (await ada.interact(2, {**asked, **wrong})).status == 404


async def test_links_to_files_are_made_anew_when_a_message_is_read(
    bot: Bot, ben: Person, clock: Clock
) -> None:
    (file,) = (await ben.say("Look", File("fox.txt", b"fox")))["attachments"]
    clock.ahead_seconds += 24 * 3600
    (again,) = (await ben.history())[0]["attachments"]
    assert [(await bot.fetch(one["url"])).status for one in (file, again)] == [404, 200]


async def test_an_unknown_command_is_refused(ada: Person) -> None:
    assert (await ada.use("erase")).refusal == (404, 10063)


async def test_a_reply_shows_who_used_what(bot: Bot, ada: Person, ben: Person, interaction: Json) -> None:
    message = await replied(bot, interaction, content="A fox")
    assert message["type"] == 20
    told = await ben.told("MESSAGE_CREATE", id=message["id"])
    metadata = told["interaction_metadata"]
    assert (metadata["id"], metadata["user"]["id"], metadata["name"]) == (interaction["id"], ada.id, "paint")
    assert (await ada.told("INTERACTION_SUCCESS"))["id"] == interaction["id"]
    edited = await bot.follow_up(interaction, "PATCH", ORIGINAL, {"content": "Two foxes"})
    assert edited.body["id"] == message["id"]
    assert (await ben.told("MESSAGE_UPDATE", id=message["id"]))["content"] == "Two foxes"
    # As an ordinary message of its own, the bot may edit it with its own token, too.
    path = f"{bot.paintings}/messages/{message['id']}"
    assert (await bot.call("PATCH", path, {"content": "Three"})).status == 200
    assert (await bot.follow_up(interaction, "GET", ORIGINAL)).body["content"] == "Three"


async def test_without_being_asked_for_the_callback_is_answered_with_nothing(
    bot: Bot, interaction: Json
) -> None:
    path = f"/interactions/{interaction['id']}/{interaction['token']}/callback"
    answer = await bot.call("POST", path, {"type": MESSAGE, "data": {"content": "x"}})
    assert (answer.status, answer.body) == (204, b"")


@pytest.mark.parametrize(("waited_seconds", "status"), [(2.0, 200), (3.1, 404)])
async def test_the_first_answer_has_three_seconds(
    bot: Bot, interaction: Json, clock: Clock, waited_seconds: float, status: int
) -> None:
    clock.ahead_seconds += waited_seconds
    answer = await bot.respond(interaction, MESSAGE, {"content": "x"})
    assert answer.status == status
    if status == 404:
        assert answer.refusal == (404, 10062)
        assert (await bot.follow_up(interaction, "POST", "", {"content": "x"})).refusal == (404, 10015)


async def test_a_member_is_told_that_the_bot_did_not_answer(
    quick: None, bot: Bot, ada: Person, interaction: Json
) -> None:
    failure = await ada.told("INTERACTION_FAILURE")
    assert (failure["id"], failure["nonce"]) == (interaction["id"], "n")
    assert "3 seconds" in failure["reason"]
    assert (await bot.respond(interaction, MESSAGE, {"content": "x"})).refusal == (404, 10062)


async def test_a_member_is_told_at_once_that_the_bot_is_offline(bot: Bot, ada: Person) -> None:
    await bot.call("PUT", bot.commands, [PAINT])
    answer = await ada.use(prompt="a fox")
    assert (await ada.told("INTERACTION_FAILURE"))["id"] == answer.body["id"]
    focused = {"name": "mood", "type": 3, "value": "", "focused": True}
    assert (await ada.interact(4, {"name": "paint", "options": [focused]})).status == 504


async def test_a_command_used_while_the_bot_reconnects_waits_for_its_resume(
    bot: Bot, gateway: GatewayClient, dial: Dial, ada: Person
) -> None:
    await bot.call("PUT", bot.commands, [PAINT])
    await bot.fault("disconnect")
    await gateway.closed()
    asked = await ada.use(prompt="a fox")
    again = await dial()
    await again.resume(gateway.session_id, gateway.sequence)
    told = await again.event("INTERACTION_CREATE")
    assert told["id"] == asked.body["id"]
    assert (await bot.respond(told, MESSAGE, {"content": "A fox"})).status == 200


async def test_there_is_one_first_answer(bot: Bot, interaction: Json) -> None:
    unknown = [{**interaction, "id": "1"}, {**interaction, "token": "x"}]
    for one in unknown:
        assert (await bot.respond(one, MESSAGE, {"content": "x"})).refusal == (404, 10062)
    # What was refused was no answer.
    assert (await bot.respond(interaction, MESSAGE, {})).refusal == (400, 50006)
    await replied(bot, interaction, content="x")
    assert (await bot.respond(interaction, DEFERRED_MESSAGE)).refusal == (400, 40060)


@pytest.mark.parametrize(
    ("kind", "data", "where"),
    [
        (DEFERRED_UPDATE, None, "type"),
        (UPDATE, {"content": "x"}, "type"),
        (CHOICES, {"choices": []}, "type"),
        (99, {}, "type"),
        ([], {}, "type"),
        (MESSAGE, [], "data"),
        (MESSAGE, {"content": "x" * 2001}, "data/content"),
        (MESSAGE, {"embeds": [{"titel": "x"}]}, "data/embeds/0/titel"),
        (MODAL, {**WINDOW, "title": "x" * 46}, "data/title"),
        (MODAL, {**WINDOW, "components": WINDOW["components"][:1] * 6}, "data/components"),
        (MODAL, {**WINDOW, "components": WINDOW["components"][:1] * 2}, "data/components"),
    ],
)
async def test_a_wrong_first_answer_is_refused_where_it_is_wrong(
    bot: Bot, interaction: Json, kind: Any, data: Any, where: str
) -> None:
    (await bot.respond(interaction, kind, data)).problem(*where.split("/"))
    await replied(bot, interaction, content="Right")


async def test_a_token_lives_for_fifteen_minutes(bot: Bot, interaction: Json, clock: Clock) -> None:
    message = await replied(bot, interaction, content="x")
    clock.ahead_seconds += 14 * 60
    assert (await bot.follow_up(interaction, "PATCH", ORIGINAL, {"content": "y"})).status == 200
    clock.ahead_seconds += 61
    assert (await bot.follow_up(interaction, "PATCH", ORIGINAL, {"content": "z"})).refusal == (401, 50027)
    assert (await bot.follow_up(interaction, "POST", "", {"content": "z"})).refusal == (401, 50027)
    path = f"{bot.paintings}/messages/{message['id']}"
    assert (await bot.call("PATCH", path, {"content": "z"})).status == 200


async def test_tokens_expire_on_demand_and_unknown_ones_are_no_webhook(bot: Bot, interaction: Json) -> None:
    unknown = {**interaction, "token": "x"}
    assert (await bot.follow_up(unknown, "POST", "", {"content": "x"})).refusal == (404, 10015)
    # Before the first answer there is nothing to follow up on.
    assert (await bot.follow_up(interaction, "POST", "", {"content": "x"})).refusal == (404, 10015)
    await replied(bot, interaction, content="x")
    await bot.fault("expire_tokens")
    assert (await bot.follow_up(interaction, "GET", ORIGINAL)).refusal == (401, 50027)


async def test_an_answer_that_thinks_is_filled_by_the_first_follow_up(
    bot: Bot, ada: Person, interaction: Json
) -> None:
    deferred = await bot.respond(interaction, DEFERRED_MESSAGE)
    told = deferred.body["interaction"]
    assert (told["response_message_loading"], told["response_message_ephemeral"]) == (True, False)
    thinking = await ada.told("MESSAGE_CREATE")
    assert (thinking["id"], thinking["flags"]) == (told["response_message_id"], LOADING)
    filled = await bot.follow_up(interaction, "POST", "", {"content": "A fox"})
    assert (filled.body["id"], filled.body["flags"]) == (thinking["id"], 0)
    second = await bot.follow_up(interaction, "POST", "", {"content": "Another"})
    assert [message["id"] for message in await ada.history()] == [thinking["id"], second.body["id"]]


async def test_an_answer_that_thinks_is_filled_by_an_edit(bot: Bot, ada: Person, interaction: Json) -> None:
    await bot.respond(interaction, DEFERRED_MESSAGE, {"flags": EPHEMERAL})
    body = {"flags": COMPONENTS_V2, "components": [{"type": 10, "content": "A fox"}]}
    edited = await bot.follow_up(interaction, "PATCH", ORIGINAL, body)
    assert edited.body["flags"] == EPHEMERAL | COMPONENTS_V2
    assert edited.body["edited_timestamp"] is None
    # The flag cannot be taken off again.
    answer = await bot.follow_up(interaction, "PATCH", ORIGINAL, {"flags": 0, "content": "x"})
    assert answer.problem("content").startswith("MESSAGE_CANNOT_USE_LEGACY_FIELDS")


@pytest.mark.parametrize("deferred", [False, True])
async def test_an_ephemeral_answer_is_seen_by_its_member_alone(
    bot: Bot, gateway: GatewayClient, ada: Person, ben: Person, interaction: Json, deferred: bool
) -> None:
    data = {"flags": EPHEMERAL} if deferred else {"flags": EPHEMERAL, "content": "Psst"}
    await bot.respond(interaction, DEFERRED_MESSAGE if deferred else MESSAGE, data)
    if deferred:
        await bot.follow_up(interaction, "POST", "", {"content": "Psst"})
    (message,) = await ada.history()
    assert (message["content"], message["flags"]) == ("Psst", EPHEMERAL)
    path = f"/channels/{message['channel_id']}/messages/{message['id']}"
    for method, body in (("GET", None), ("PATCH", {"content": "x"}), ("DELETE", None)):
        assert (await bot.call(method, path, body)).refusal == (404, 10008)
    assert (await bot.call("PUT", path + "/reactions/🦊/@me")).refusal == (404, 10008)
    reply = {"content": "x", "message_reference": {"message_id": message["id"]}}
    assert (await bot.call("POST", bot.paintings + "/messages", reply)).problem("message_reference")
    assert (await bot.call("GET", bot.paintings + "/messages")).body == []
    assert (await bot.call("GET", bot.paintings)).body["last_message_id"] is None
    assert (await ben.call("DELETE", path)).refusal == (404, 10008)
    said = await ben.say()
    await ben.told("MESSAGE_CREATE", id=said["id"])
    assert [one["id"] for kind, one in ben.events if kind.startswith("MESSAGE")] == [said["id"]]
    # Nor is the bot told of it as of a message in the channel.
    assert (await gateway.event("MESSAGE_CREATE"))["id"] == said["id"]
    assert "MESSAGE_UPDATE" not in gateway.kinds
    assert (await bot.follow_up(interaction, "DELETE", ORIGINAL)).status == 204
    await ada.told("MESSAGE_DELETE", id=message["id"])


async def test_a_dismissed_answer_is_gone_for_its_member_and_stays_for_the_bot(
    bot: Bot, ada: Person, interaction: Json
) -> None:
    message = await replied(bot, interaction, content="Psst", flags=EPHEMERAL)
    path = f"{ada.paintings}/messages/{message['id']}"
    assert (await ada.call("DELETE", path)).status == 204
    await ada.told("MESSAGE_DELETE", id=message["id"])
    assert await ada.history() == []
    edited = await bot.follow_up(interaction, "PATCH", ORIGINAL, {"content": "Still here"})
    assert edited.body["content"] == "Still here"
    await ada.say()
    assert "MESSAGE_UPDATE" not in [kind for kind, _ in ada.events]


async def test_follow_ups_are_edited_and_deleted_by_their_own_token_alone(
    bot: Bot, gateway: GatewayClient, ada: Person, interaction: Json
) -> None:
    await replied(bot, interaction, content="First")
    secret = await bot.follow_up(interaction, "POST", "", {"content": "Psst", "flags": EPHEMERAL})
    path = f"/messages/{secret.body['id']}"
    assert (await bot.follow_up(interaction, "PATCH", path, {"content": "Pst"})).body["content"] == "Pst"
    await ada.use(prompt="an owl")
    other = await gateway.event("INTERACTION_CREATE")
    await replied(bot, other, content="Another")
    assert (await bot.follow_up(other, "PATCH", path, {"content": "x"})).refusal == (404, 10008)
    assert (await bot.follow_up(interaction, "DELETE", path)).status == 204
    assert (await bot.follow_up(interaction, "GET", path)).refusal == (404, 10008)
    assert (await bot.follow_up(interaction, "DELETE", ORIGINAL)).status == 204
    assert (await bot.follow_up(interaction, "PATCH", ORIGINAL, {"content": "x"})).refusal == (404, 10008)


async def test_what_stands_in_the_channel_no_webhook_may_touch(bot: Bot, interaction: Json) -> None:
    await replied(bot, interaction, content="x")
    other = await bot.say()
    path = f"/messages/{other['id']}"
    assert (await bot.follow_up(interaction, "PATCH", path, {"content": "x"})).refusal == (404, 10008)


async def test_files_come_with_a_first_answer(bot: Bot, interaction: Json) -> None:
    data = {"attachments": [{"id": 0, "description": "Notes"}]}
    answer = await bot.respond(interaction, MESSAGE, data, files={"a.txt": b"seed 7"})
    (attachment,) = answer.body["resource"]["message"]["attachments"]
    assert attachment["description"] == "Notes"
    assert (await bot.fetch(attachment["url"])).body == b"seed 7"


async def test_a_press_updates_its_message(bot: Bot, ben: Person, pressed: Json) -> None:
    assert pressed["data"] == {"component_type": 2, "custom_id": "again", "id": 2}
    answer = await bot.respond(pressed, UPDATE, {"content": "Two foxes", "components": []})
    message = answer.body["resource"]["message"]
    assert (message["id"], message["components"]) == (pressed["message"]["id"], [])
    assert (await ben.told("MESSAGE_UPDATE"))["content"] == "Two foxes"


async def test_a_press_may_be_acknowledged_and_its_message_updated_later(bot: Bot, pressed: Json) -> None:
    answer = await bot.respond(pressed, DEFERRED_UPDATE)
    assert answer.body["interaction"]["response_message_id"] == pressed["message"]["id"]
    edited = await bot.follow_up(pressed, "PATCH", ORIGINAL, {"content": "Later"})
    assert edited.body["id"] == pressed["message"]["id"]
    new = await bot.follow_up(pressed, "POST", "", {"content": "New"})
    assert new.body["id"] != pressed["message"]["id"]


@pytest.mark.parametrize("custom_id", ["never", "gone", None])
async def test_only_what_is_there_and_enabled_can_be_pressed(
    bot: Bot, ada: Person, interaction: Json, custom_id: str
) -> None:
    message = await replied(bot, interaction, content="x", components=[BUTTONS])
    assert (await ada.press(message, custom_id)).refusal == (400, 50035)
    assert (await ada.press({"id": "1"}, "again")).refusal == (404, 10008)


async def test_choices_of_a_select_menu_are_checked(
    bot: Bot, gateway: GatewayClient, ada: Person, interaction: Json
) -> None:
    row = {"type": 1, "components": [SELECT]}
    message = await replied(bot, interaction, content="x", components=[row])
    wrong: list[Any] = [[], ["0", "1", "2"], ["9"], ["1", "1"], "1", [1], None]
    for values in wrong:
        assert (await ada.press(message, "size", component_type=3, values=values)).refusal == (400, 50035)
    assert (await ada.press(message, "size", component_type=3, values=["2", "0"])).status == 200
    told = await gateway.event("INTERACTION_CREATE")
    assert (told["data"]["component_type"], told["data"]["values"]) == (3, ["2", "0"])


async def test_a_modal_is_opened_and_submitted_once(
    bot: Bot, gateway: GatewayClient, ada: Person, ben: Person, pressed: Json
) -> None:
    assert (await bot.respond(pressed, MODAL, WINDOW)).status == 200
    opened = await ada.told("INTERACTION_MODAL_CREATE", id=pressed["id"])
    assert (opened["title"], opened["custom_id"]) == ("Settings", "settings")
    assert (await ben.interact(5, filled())).refusal == (400, 50035)
    assert (await ada.interact(5, filled(), channel="dm")).refusal == (400, 50035)
    answer = await ada.interact(5, filled(seed="1234"))
    assert answer.problem("components", "seed") == "BASE_TYPE_BAD_LENGTH"
    answer = await ada.interact(5, filled(sizes=()))
    assert answer.problem("components", "size") == "BASE_TYPE_BAD_LENGTH"
    assert (await ada.interact(5, filled())).status == 200
    told = await gateway.event("INTERACTION_CREATE")
    assert (told["type"], told["message"]["id"]) == (5, pressed["message"]["id"])
    row, label = told["data"]["components"]
    assert row["components"][0]["value"] == "7"
    assert label["component"]["values"] == ["1"]
    message = await replied(bot, told, content="Set")
    opened_by = message["interaction_metadata"]["triggering_interaction_metadata"]
    assert opened_by["id"] == pressed["id"]
    assert (await ada.interact(5, filled())).refusal == (400, 50035)


@pytest.fixture
async def typing(bot: Bot, gateway: GatewayClient, ada: Person) -> AsyncIterator[tuple[Json, Task[Answer]]]:
    """What the bot is told of Ada, who types a mood, and what she will be answered."""
    await bot.call("PUT", bot.commands, [PAINT])
    focused = {"name": "mood", "type": 3, "value": "sa", "focused": True}
    answered = asyncio.create_task(ada.interact(4, {"name": "paint", "options": [focused]}))
    told = await gateway.event("INTERACTION_CREATE")
    assert told["data"]["options"] == [focused]
    yield told, answered
    await answered


PROPOSED = [{"name": "Sad", "value": "sad"}, {"name": "Sage", "value": "sage"}]


async def test_choices_are_proposed_while_a_member_types(
    bot: Bot, ada: Person, typing: tuple[Json, Task[Answer]]
) -> None:
    told, answered = typing
    assert (await bot.respond(told, MESSAGE, {"content": "x"})).problem("type") == "BASE_TYPE_CHOICES"
    assert (await bot.respond(told, CHOICES, {"choices": PROPOSED})).status == 200
    answer = await answered
    assert (answer.status, answer.body) == (200, {"id": told["id"], "choices": PROPOSED})
    assert not [kind for kind, _ in ada.events if kind.startswith("INTERACTION")]


@pytest.mark.parametrize(
    "choices",
    [[{"name": "x", "value": "x"}] * 26, [{"name": "", "value": "x"}], [{"name": "x"}], ["x"], "x", None],
)
async def test_wrong_choices_are_refused(bot: Bot, typing: tuple[Json, Task[Answer]], choices: Any) -> None:
    told, answered = typing
    assert (await bot.respond(told, CHOICES, {"choices": choices})).problem("data", "choices")
    assert (await bot.respond(told, CHOICES, {"choices": PROPOSED})).status == 200
    assert (await answered).body["choices"] == PROPOSED


async def test_typing_comes_to_nothing_where_the_bot_is_slow(
    quick: None, bot: Bot, typing: tuple[Json, Task[Answer]]
) -> None:
    told, answered = typing
    assert (await answered).status == 504
    assert (await bot.respond(told, CHOICES, {"choices": PROPOSED})).refusal == (404, 10062)


async def test_an_interaction_is_told_of_again_on_demand(
    bot: Bot, gateway: GatewayClient, interaction: Json
) -> None:
    await replied(bot, interaction, content="x")
    assert (await bot.fault("replay_interaction", id=interaction["id"])).status == 204
    again = await gateway.event("INTERACTION_CREATE")
    assert (again["id"], again["token"]) == (interaction["id"], interaction["token"])
    assert (await bot.respond(again, MESSAGE, {"content": "x"})).refusal == (400, 40060)
