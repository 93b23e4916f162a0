"""The local Discord's REST API as a bot meets it: what it takes, refuses, limits and answers."""

import io
import logging
from typing import Any

import pytest
from PIL import Image

from sandbox.discord import Exchange
from tests.integration.sandbox.conftest import (
    COMPONENTS_V2,
    PAINT,
    Bot,
    Clock,
    GatewayClient,
    Json,
    Person,
)

MESSAGES = "/messages"


def picture(width: int = 8, height: int = 4) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (width, height)).save(content, "PNG")
    return content.getvalue()


def command(**fields: Any) -> Json:
    return {"name": "draw", "description": "Draws", **fields}


def option(name: str = "prompt", **fields: Any) -> Json:
    return {"type": 3, "name": name, "description": "What", **fields}


@pytest.mark.parametrize("authorization", ["Bot wrong", "Bearer sandbox-bot-token", "sandbox-bot-token", "x"])
async def test_a_wrong_token_is_refused(bot: Bot, authorization: str) -> None:
    assert (await bot.call("GET", "/users/@me", authorization=authorization)).refusal == (401, 0)


async def test_what_is_not_implemented_says_so_and_is_logged(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    for method, path in (("GET", "/voice/regions"), ("DELETE", "/users/@me"), ("PATCH", bot.paintings)):
        answer = await bot.call(method, path)
        assert answer.refusal == (501, 0)
        assert answer.body["message"] in caplog.text


@pytest.mark.parametrize(
    "path", ["/users/@me", "/applications/@me", "/oauth2/applications/@me", "/gateway/bot", "/gateway"]
)
async def test_it_tells_of_itself(bot: Bot, path: str) -> None:
    assert (await bot.call("GET", path)).status == 200


async def test_it_tells_of_users_the_server_and_channels(bot: Bot, ada: Person) -> None:
    answers = [
        await bot.call("GET", path) for path in (f"/users/{ada.id}", f"/guilds/{bot.guild_id}", bot.paintings)
    ]
    names = [answer.body.get("global_name") or answer.body["name"] for answer in answers]
    assert names == ["Ada", "The Easel", "paintings"]
    assert (await bot.call("GET", "/users/1")).refusal == (404, 10013)
    assert (await bot.call("GET", "/guilds/1")).refusal == (404, 10004)
    assert (await bot.call("GET", "/channels/1")).refusal == (404, 10003)


async def test_a_bulk_overwrite_keeps_the_ids_of_names_that_stay(bot: Bot, ada: Person) -> None:
    first = await bot.call("PUT", bot.commands, [PAINT, command()])
    assert first.status == 200
    await ada.told("COMMANDS_UPDATE")
    second = await bot.call("PUT", bot.commands, [command(name="erase"), command(description="Anew")])
    before = {one["name"]: one["id"] for one in first.body}
    after = {one["name"]: one["id"] for one in second.body}
    assert after["draw"] == before["draw"]
    assert after["erase"] not in before.values()
    listed = (await bot.call("GET", bot.commands)).body
    assert [(one["name"], one["description"]) for one in listed] == [("erase", "Draws"), ("draw", "Anew")]


async def test_commands_are_made_changed_and_deleted_one_by_one(bot: Bot) -> None:
    fields = {"name_localizations": {"de": "male"}, "default_member_permissions": 8}
    made = await bot.call("POST", bot.commands, command(**fields))
    assert (made.status, made.body["default_member_permissions"]) == (201, "8")
    again = await bot.call("POST", bot.commands, command(description="Anew"))
    assert (again.status, again.body["id"]) == (200, made.body["id"])
    path = f"{bot.commands}/{made.body['id']}"
    assert (await bot.call("PATCH", path, {"name": "sketch"})).status == 200
    kept = (await bot.call("GET", path)).body
    assert (kept["name"], kept["description"]) == ("sketch", "Anew")
    assert (await bot.call("DELETE", path)).status == 204
    assert (await bot.call("DELETE", path)).refusal == (404, 10063)


async def test_commands_on_messages_have_names_and_a_limit_of_their_own(bot: Bot, ada: Person) -> None:
    on_messages = [{"type": 3, "name": f"Change {n}"} for n in range(15)]
    paint = {**on_messages[0], "name": "paint"}
    assert (await bot.call("PUT", bot.commands, [PAINT, paint, *on_messages[1:]])).status == 200
    assert (await bot.call("POST", bot.commands, on_messages[0])).refusal == (400, 30032)
    assert (await bot.call("PUT", bot.commands, [paint, *on_messages])).refusal == (400, 30032)
    assert (await bot.call("PUT", bot.commands, [paint, paint])).refusal == (400, 50035)
    assert (await bot.call("POST", bot.commands, {**paint, "nsfw": True})).status == 200
    listed = (await ada.call("GET", ada.paintings + "/commands")).body
    assert [(one["type"], one["description"]) for one in listed[:2]] == [(1, PAINT["description"]), (3, "")]


async def test_commands_of_the_server_stand_beside_the_global_ones(bot: Bot) -> None:
    in_guild = f"/applications/{bot.application_id}/guilds/{bot.guild_id}/commands"
    await bot.call("PUT", bot.commands, [command()])
    (own,) = (await bot.call("PUT", in_guild, [command(description="Here")])).body
    assert own["guild_id"] == bot.guild_id
    await bot.call("PUT", bot.commands, [])
    assert [one["id"] for one in (await bot.call("GET", in_guild)).body] == [own["id"]]
    assert (await bot.call("GET", bot.commands)).body == []
    elsewhere = f"/applications/{bot.application_id}/guilds/1/commands"
    assert (await bot.call("GET", elsewhere)).refusal == (403, 50001)
    assert (await bot.call("GET", "/applications/1/commands")).refusal == (404, 10002)


@pytest.mark.parametrize(
    ("commands", "path", "code"),
    [
        ([command(name="Draw")], "0/name", "APPLICATION_COMMAND_INVALID_NAME"),
        ([command(name="a b")], "0/name", "APPLICATION_COMMAND_INVALID_NAME"),
        ([command(), command(name="x" * 33)], "1/name", "BASE_TYPE_BAD_LENGTH"),
        ([command(description="x" * 101)], "0/description", "BASE_TYPE_BAD_LENGTH"),
        ([{"name": "draw"}], "0/description", "BASE_TYPE_REQUIRED"),
        ([command(), command()], "1", "APPLICATION_COMMANDS_DUPLICATE_NAME"),
        (
            [command(options=[option(description="x" * 101)])],
            "0/options/0/description",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            [command(options=[option(), option()])],
            "0/options/1/name",
            "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED",
        ),
        (
            [command(options=[option(), option("size", required=True)])],
            "0/options/1",
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
        ([command(permission="0")], "0/permission", "UNKNOWN_FIELD"),
        (
            [command(default_member_permissions="all")],
            "0/default_member_permissions",
            "NUMBER_TYPE_COERCE",
        ),
        ({}, "", "LIST_TYPE_CONVERT"),
    ],
)
async def test_bad_commands_are_refused_where_they_are_wrong(
    bot: Bot, commands: Any, path: str, code: str
) -> None:
    await bot.call("PUT", bot.commands, [PAINT])
    answer = await bot.call("PUT", bot.commands, commands)
    assert answer.problem(*path.split("/") if path else ()) == code
    assert [one["name"] for one in (await bot.call("GET", bot.commands)).body] == ["paint"]


async def test_a_command_cannot_take_anothers_name(bot: Bot) -> None:
    _, other = (await bot.call("PUT", bot.commands, [PAINT, command()])).body
    answer = await bot.call("PATCH", f"{bot.commands}/{other['id']}", {"name": "paint"})
    assert answer.problem() == "APPLICATION_COMMANDS_DUPLICATE_NAME"
    assert (await bot.call("PATCH", f"{bot.commands}/{other['id']}", [])).refusal[0] == 400


async def test_there_is_room_for_a_hundred_commands(bot: Bot) -> None:
    many = [command(name=f"draw{number}") for number in range(101)]
    assert (await bot.call("PUT", bot.commands, many)).refusal == (400, 30032)
    assert (await bot.call("PUT", bot.commands, many[:100])).status == 200
    assert (await bot.call("POST", bot.commands, many[100])).refusal == (400, 30032)


TEXT = {"type": 10, "content": "A fox"}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"contnet": "x"}, "contnet"),
        ({"content": "x" * 2001}, "content"),
        ({"content": "x", "flags": COMPONENTS_V2, "components": [TEXT]}, "content"),
        ({"components": [TEXT]}, "components/0/type"),
        ({"content": "x", "flags": "many"}, "flags"),
        ({"content": "x", "nonce": "n" * 26}, "nonce"),
        ({"content": "x", "message_reference": {"message_id": "1"}}, "message_reference"),
        ({"content": "x", "message_reference": "1"}, "message_reference"),
        ({"content": "x", "attachments": [{"id": "0"}]}, "attachments/0/id"),
        ({"embeds": [{"image": {"url": "attachment://fox.png"}}]}, "embeds/0/image/url"),
    ],
)
async def test_a_bad_message_is_refused_where_it_is_wrong(bot: Bot, body: Json, where: str) -> None:
    (await bot.call("POST", bot.paintings + MESSAGES, body)).problem(*where.split("/"))
    assert (await bot.call("GET", bot.paintings + MESSAGES)).body == []


@pytest.mark.parametrize("body", [{}, {"content": " "}, {"content": None, "embeds": []}])
async def test_an_empty_message_is_refused(bot: Bot, body: Json) -> None:
    path = bot.paintings + MESSAGES
    assert (await bot.call("POST", path, body)).refusal == (400, 50006)
    message = await bot.say()
    assert (await bot.call("PATCH", f"{path}/{message['id']}", {"content": ""})).refusal == (400, 50006)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"{", "application/json"),
        (b"\xff", "application/json"),
        (b"[]", "application/json"),
        (b"--x--\r\n", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="payload_json"\r\n\r\n\xff\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
)
async def test_what_is_no_object_is_refused(bot: Bot, content: bytes, content_type: str) -> None:
    answer = await bot.raw("POST", bot.paintings + MESSAGES, content, content_type)
    assert answer.status == 400
    assert answer.body["code"] in (50109, 50035)


async def test_a_message_with_all_parts_is_answered_as_it_is_stored(bot: Bot) -> None:
    link = {"type": 2, "style": 5, "label": "Full size", "url": "https://example.com/fox"}
    body = {
        "embeds": [{"title": "A fox", "image": {"url": "attachment://fox.png"}}],
        "components": [{"type": 1, "components": [link]}],
        "attachments": [{"id": "0", "description": "A fox in the snow"}],
    }
    message = await bot.say(body, files={"fox.png": picture(), "notes.txt": b"seed 7"})
    image = message["embeds"][0]["image"]
    assert (image["width"], image["height"]) == (8, 4)
    assert (await bot.fetch(image["url"])).body == picture()
    # What an embed shows is not listed a second time.
    assert [attachment["filename"] for attachment in message["attachments"]] == ["notes.txt"]
    assert (await bot.call("GET", f"{bot.paintings}{MESSAGES}/{message['id']}")).body == message


async def test_an_edit_keeps_the_attachments_that_it_names_and_all_without_a_list(bot: Bot) -> None:
    message = await bot.say(files={"a.txt": b"a", "b.txt": b"b"})
    path = f"{bot.paintings}{MESSAGES}/{message['id']}"
    first, second = message["attachments"]
    untouched = (await bot.call("PATCH", path, {"content": "Anew"})).body
    assert untouched["attachments"] == [first, second]
    assert untouched["edited_timestamp"] is not None
    more = {"attachments": [{"id": second["id"]}, {"id": 0, "filename": "c.txt"}]}
    edited = (await bot.call("PATCH", path, more, files={"new.txt": b"c"})).body
    assert [one["filename"] for one in edited["attachments"]] == ["b.txt", "c.txt"]
    assert (await bot.fetch(edited["attachments"][1]["url"])).body == b"c"
    assert (await bot.fetch(first["url"])).status == 404
    assert (await bot.call("PATCH", path, {"attachments": [{"id": first["id"]}]})).refusal == (400, 50035)


async def test_a_file_that_is_too_large_is_refused(bot: Bot) -> None:
    files = {"fox.bin": bytes(10 * 1024 * 1024 + 1)}
    answer = await bot.call("POST", bot.paintings + MESSAGES, {}, files=files)
    assert answer.refusal == (413, 40005)


async def test_a_nonce_that_is_enforced_makes_one_message(bot: Bot, clock: Clock) -> None:
    body = {"content": "Once", "nonce": "n1", "enforce_nonce": True}
    first = await bot.say(body)
    assert (await bot.say({**body, "content": "Twice"})) == first
    others = [await bot.say({**body, "nonce": "n2"}), await bot.say({**body, "enforce_nonce": False})]
    clock.ahead_seconds += 600
    others.append(await bot.say(body))
    assert len({message["id"] for message in [first, *others]}) == 4


async def test_pages_of_messages_come_newest_first(bot: Bot) -> None:
    ids = [(await bot.say({"content": str(number)}))["id"] for number in range(4)]
    page = await bot.call("GET", f"{bot.paintings}{MESSAGES}?limit=2&before={ids[3]}")
    assert [message["id"] for message in page.body] == [ids[2], ids[1]]
    for query in ("limit=0", "limit=101", "limit=x", "before=x"):
        assert (await bot.call("GET", f"{bot.paintings}{MESSAGES}?{query}")).refusal == (400, 50035)
    assert (await bot.call("DELETE", f"{bot.paintings}{MESSAGES}/{ids[0]}")).status == 204
    assert (await bot.call("GET", f"{bot.paintings}{MESSAGES}/{ids[0]}")).refusal == (404, 10008)


async def test_only_its_own_messages_may_be_edited(bot: Bot, ben: Person) -> None:
    path = f"{bot.paintings}{MESSAGES}/{(await ben.say())['id']}"
    assert (await bot.call("PATCH", path, {"content": "x"})).refusal == (403, 50005)
    assert (await bot.call("DELETE", path)).refusal == (403, 50013)
    await bot.fault("allow", channel=path.split("/")[2], permission="MANAGE_MESSAGES")
    assert (await bot.call("DELETE", path)).status == 204
    in_direct = f"{ben.direct}{MESSAGES}/{(await ben.say(channel='dm'))['id']}"
    assert (await bot.call("DELETE", in_direct)).refusal == (403, 50003)


@pytest.mark.parametrize(
    ("permission", "method", "path", "code"),
    [
        ("VIEW_CHANNEL", "GET", "", 50001),
        ("VIEW_CHANNEL", "POST", "/messages", 50001),
        ("VIEW_CHANNEL", "PATCH", "/messages/{own}", 50001),
        ("SEND_MESSAGES", "POST", "/messages", 50013),
        ("SEND_MESSAGES", "POST", "/typing", 50013),
        ("EMBED_LINKS", "POST", "/messages", 50013),
        ("READ_MESSAGE_HISTORY", "GET", "/messages/{own}", 50013),
        ("ADD_REACTIONS", "PUT", "/messages/{own}/reactions/🦊/@me", 50013),
        ("MANAGE_MESSAGES", "DELETE", "/messages/{other}", 50013),
    ],
)
async def test_what_the_bot_may_not_do_is_refused_until_it_may_again(
    bot: Bot, ben: Person, permission: str, method: str, path: str, code: int
) -> None:
    own, other = (await bot.say())["id"], (await ben.say())["id"]
    path = bot.paintings + path.format(own=own, other=other)
    bodies: dict[str, Json] = {"POST": {"embeds": [{"title": "A fox"}]}, "PATCH": {"content": "x"}}
    body = None if path.endswith("/typing") else bodies.get(method)
    order = {"channel": bot.paintings.split("/")[-1], "permission": permission}
    assert (await bot.fault("forbid", **order)).status == 204
    assert (await bot.call(method, path, body)).refusal == (403, code)
    assert (await bot.fault("allow", **order)).status == 204
    assert (await bot.call(method, path, body)).status in (200, 204)


async def test_files_need_a_permission_of_their_own(bot: Bot) -> None:
    channel = bot.paintings.split("/")[-1]
    await bot.fault("forbid", channel=channel, permission="ATTACH_FILES")
    await bot.say()
    answer = await bot.call("POST", bot.paintings + MESSAGES, {}, files={"a.txt": b"a"})
    assert answer.refusal == (403, 50013)


async def test_closed_direct_messages_take_nothing_from_the_bot(bot: Bot, ben: Person) -> None:
    opened = await bot.call("POST", "/users/@me/channels", {"recipient_id": ben.id})
    path = f"/channels/{opened.body['id']}/messages"
    assert path == ben.direct + MESSAGES
    await bot.fault("close_dms", member=ben.id)
    assert (await bot.call("POST", path, {"content": "x"})).refusal == (403, 50007)
    await bot.fault("open_dms", member=ben.id)
    assert (await bot.call("POST", path, {"content": "x"})).status == 200


async def test_reactions_are_counted_and_taken_back(bot: Bot, gateway: GatewayClient, ben: Person) -> None:
    message = await ben.say()
    path = f"{bot.paintings}{MESSAGES}/{message['id']}"
    assert (await bot.call("PUT", path + "/reactions/🦊/@me")).status == 204
    assert (await ben.call("PUT", path + "/reactions/🦊")).status == 204
    (reaction,) = (await bot.call("GET", path)).body["reactions"]
    assert (reaction["emoji"]["name"], reaction["count"], reaction["me"]) == ("🦊", 2, True)
    added = [await gateway.event("MESSAGE_REACTION_ADD") for _ in range(2)]
    assert [one["user_id"] for one in added] == [bot.application_id, ben.id]
    assert (await bot.call("DELETE", path + "/reactions/🦊/@me")).status == 204
    anothers = f"{path}/reactions/🦊/{ben.id}"
    assert (await bot.call("DELETE", anothers)).refusal == (403, 50013)
    await bot.fault("allow", channel=path.split("/")[2], permission="MANAGE_MESSAGES")
    assert (await bot.call("DELETE", anothers)).status == 204
    assert "reactions" not in (await bot.call("GET", path)).body
    assert (await gateway.event("MESSAGE_REACTION_REMOVE"))["user_id"] == bot.application_id


@pytest.mark.parametrize("emoji", ["fox", "fox:123", "é", "%20"])
async def test_what_is_no_emoji_is_unknown(bot: Bot, emoji: str) -> None:
    path = f"{bot.paintings}{MESSAGES}/{(await bot.say())['id']}/reactions/{emoji}/@me"
    assert (await bot.call("PUT", path)).refusal == (400, 10014)


async def test_a_message_bears_twenty_emojis(bot: Bot) -> None:
    path = f"{bot.paintings}{MESSAGES}/{(await bot.say())['id']}/reactions"
    for number in range(20):
        assert (await bot.call("PUT", f"{path}/{chr(0x1F600 + number)}/@me")).status == 204
    assert (await bot.call("PUT", f"{path}/🦊/@me")).refusal == (403, 30010)


async def test_every_answer_tells_of_its_limit_and_beyond_it_is_refused(bot: Bot, clock: Clock) -> None:
    clock.stop()
    path = bot.paintings + MESSAGES
    answers = [await bot.call("POST", path, {"content": "x"} if number else {}) for number in range(5)]
    assert [answer.status for answer in answers] == [400, 200, 200, 200, 200]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == list("43210")
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"5"}
    refused = await bot.call("POST", path, {"content": "x"}, patient=False)
    assert refused.status == 429
    assert 0 < refused.body["retry_after"] <= 5
    assert refused.body["global"] is False
    assert int(refused.headers["Retry-After"]) >= refused.body["retry_after"]
    assert "Via" in refused.headers
    assert refused.headers["X-RateLimit-Scope"] == "user"
    assert refused.headers["X-RateLimit-Bucket"] == answers[0].headers["X-RateLimit-Bucket"]
    elsewhere = await bot.call("POST", bot.channels["announcements"] + MESSAGES, {}, patient=False)
    assert elsewhere.headers["X-RateLimit-Remaining"] == "4"
    clock.ahead_seconds += refused.body["retry_after"]
    assert (await bot.call("POST", path, {"content": "x"}, patient=False)).status == 200


async def test_all_calls_together_are_limited_but_not_those_of_interactions(
    bot: Bot, interaction: Json, clock: Clock
) -> None:
    clock.stop()
    clock.ahead_seconds += 2
    paths = [f"/guilds/{number}" for number in range(50)]
    assert {(await bot.call("GET", path, patient=False)).status for path in paths} == {404}
    refused = await bot.call("GET", "/users/@me", patient=False)
    assert (refused.status, refused.body["global"]) == (429, True)
    assert refused.headers["X-RateLimit-Global"] == "true"
    assert refused.headers["X-RateLimit-Scope"] == "global"
    assert (await bot.respond(interaction, 4, {"content": "x"})).status == 200


async def test_calls_fail_as_ordered(bot: Bot) -> None:
    await bot.fault("rest", status=500, times=2, path="/users/@me")
    await bot.fault("rest", status=429, times=1, path="/users/@me", retry_after=0.5)
    assert (await bot.call("GET", "/gateway")).status == 200
    answers = [await bot.call("GET", "/users/@me", patient=False) for _ in range(4)]
    assert [answer.status for answer in answers] == [500, 500, 429, 200]
    assert answers[2].body["retry_after"] == 0.5
    assert "Via" in answers[2].headers
    assert answers[2].headers["X-RateLimit-Scope"] == "shared"


async def test_what_stands_before_discord_answers_as_ordered(bot: Bot) -> None:
    await bot.fault("rest", status=429, body="text", via=False, retry_after=2.5)
    await bot.fault("rest", status=429, via=False, retry_after=3)
    await bot.fault("rest", status=403, body="html")
    text, json, page = [await bot.call("GET", "/users/@me", patient=False) for _ in range(3)]
    assert (text.status, text.body, text.headers["Retry-After"]) == (429, b"error code: 1015", "3")
    assert (json.status, json.body["retry_after"], json.headers["Retry-After"]) == (429, 3, "3")
    assert not {"Via", "X-RateLimit-Scope"} & (text.headers.keys() | json.headers.keys())
    assert page.status == 403
    assert page.body.startswith(b"<!DOCTYPE html>")


async def test_a_chosen_call_is_refused_by_discords_code_until_it_is_healed(bot: Bot) -> None:
    messages = bot.paintings + MESSAGES
    await bot.fault("rest", status=400, code=50083, times=None, method="POST", path=messages)
    for _ in range(3):
        assert (await bot.call("POST", messages, {"content": "x"})).refusal == (400, 50083)
    assert (await bot.call("GET", messages)).status == 200
    await bot.fault("heal_rest")
    assert (await bot.call("POST", messages, {"content": "x"})).status == 200


@pytest.mark.parametrize(("body", "seen"), [("json", {}), ("list", []), ("empty", b""), ("html", None)])
async def test_a_call_is_carried_out_and_answered_by_what_nobody_expects(
    bot: Bot, ada: Person, body: str, seen: object
) -> None:
    await bot.fault("rest", status=200, applied=True, body=body, path=MESSAGES)
    answer = await bot.call("POST", bot.paintings + MESSAGES, {"content": "A fox"})
    assert answer.status == 200
    assert seen is None or answer.body == seen
    assert [message["content"] for message in await ada.history()] == ["A fox"]


@pytest.mark.parametrize(
    "order",
    [
        {"kind": "earthquake"},
        {"kind": "rest"},
        {"kind": "rest", "status": 200},
        {"kind": "rest", "status": 403, "body": "poem"},
        {"kind": "forbid", "channel": "1", "permission": "VIEW_CHANNEL"},
        {"kind": "replay_interaction", "id": "1"},
        {},
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(bot: Bot, order: Json) -> None:
    answer = await bot.fault(order.pop("kind", ""), **order)
    assert answer.refusal == (400, 50035)


async def test_each_call_of_the_bot_is_handed_to_whoever_listens(bot: Bot, exchanges: list[Exchange]) -> None:
    await bot.say({"content": "x"}, files={"a.txt": b"a"})
    (exchange,) = exchanges
    assert (exchange.method, exchange.path) == ("POST", bot.paintings + MESSAGES)
    assert (exchange.request, exchange.status) == ({"content": "x"}, 200)
    assert (exchange.answer or {})["content"] == "x"
