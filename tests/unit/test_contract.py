"""The contract lets right exchanges pass and names what is wrong with others."""

from typing import Any

import pytest

from sandbox.discord.exchange import Exchange
from tests.contract import DiscordContract
from tests.specs import DISCORD, spec

CREATED = {"id": "9", "type": 1, "last_message_id": None, "flags": 0, "recipients": []}
REFUSED = {"code": 50035, "message": "Invalid Form Body"}
WRONG_FIELD = {"_errors": [{"code": "BASE_TYPE_REQUIRED", "message": "This field is required"}]}
BOT: dict[str, Any] = {
    "id": "7",
    "username": "tiger",
    "avatar": None,
    "discriminator": "4242",
    "public_flags": 0,
    "flags": 0,
    "global_name": None,
    "primary_guild": None,
    "bot": True,
}


@pytest.fixture(scope="module")
def contract() -> DiscordContract:
    return DiscordContract(spec(DISCORD))


def exchange(line: str, request: Any = None, status: int = 204, answer: Any = None, **query: str) -> Exchange:
    method, path = line.split()
    return Exchange(method, path, query, request, status, answer, arrived_at=0)


def posted(**request: Any) -> Exchange:
    """Refused, so that only the request is at stake."""
    return exchange("POST /channels/1/messages", request, 400, REFUSED)


def button(**fields: Any) -> dict[str, Any]:
    return {"type": 1, "components": [{"type": 2, "style": 1, "label": "x", "custom_id": "x", **fields}]}


RIGHT = [
    exchange("PUT /channels/1/messages/2/reactions/🎨/@me"),
    exchange("GET /users/7", None, 200, BOT),
    exchange("PATCH /webhooks/1/token/messages/@original", {"content": None}, 400, REFUSED),
    exchange("DELETE /webhooks/1/token/messages/@original"),
    exchange("POST /users/@me/channels", {"recipient_id": "3"}, 200, CREATED),
    exchange("POST /users/@me/channels", {"recipient_id": 3}, 200, CREATED),
    exchange("POST /interactions/1/token/callback", {"type": 5, "data": {"flags": 64}}, with_response="1"),
    exchange(
        "POST /interactions/1/token/callback",
        {"type": 4, "data": {"attachments": [{"id": 0, "filename": "a.png"}]}},
    ),
    exchange("GET /channels/1/messages", None, 200, [], limit="100", before="5"),
    exchange(
        "GET /guilds/1/scheduled-events/2/users/counts",
        None,
        404,
        {"code": 10070, "message": "Unknown Event"},
        guild_scheduled_event_exception_ids="3,4",
    ),
    exchange("GET /users/3", None, 404, {"code": 10013, "message": "Unknown User"}),
    exchange("GET /users/3", None, 429, {"code": 0, "message": "x", "retry_after": 0.5, "global": False}),
    exchange("GET /users/3", None, 400, {**REFUSED, "errors": {"embeds": {"0": {"url": WRONG_FIELD}}}}),
    exchange("GET /users/3", None, 400, {**REFUSED, "errors": WRONG_FIELD}),
    exchange("POST /guilds/1/stickers", {"name": "fox", "tags": "fox"}, 400, REFUSED),
    exchange("POST /channels/1/messages", None, 404, {"code": 10003, "message": "Unknown Channel"}),
    posted(content="x"),
    posted(content=None, embeds=[], components=[button(), {"type": 10, "content": "x"}]),
    posted(attachments=[{"id": 0, "filename": "a.png"}, {"id": "1"}]),
]


@pytest.mark.parametrize("right", RIGHT, ids=lambda one: f"{one.method} {one.path}")
def test_what_is_right_passes(contract: DiscordContract, right: Exchange) -> None:
    assert contract.check(right) == []


WRONG = [
    # Paths, methods and parameters
    (exchange("GET /nowhere"), "the document has no such path"),
    (exchange("GET /users/@me/nowhere"), "the document has no such path"),
    (exchange("PUT /users/3"), "the document has no PUT for /users/{user_id}"),
    # As an id it would be refused; as what it is, it may not be deleted.
    (exchange("DELETE /users/@me"), "the document has no DELETE for /users/@me"),
    (exchange("GET /users/ada", None, 200, BOT), "path user_id: 'ada' does not match"),
    (
        exchange("GET /channels/1/messages", None, 200, [], limit="101"),
        "query limit: 101 is greater than the maximum of 100",
    ),
    (exchange("GET /channels/1/messages", None, 200, [], limit="x"), "query limit: 'x' is not of type"),
    (exchange("GET /channels/1/messages", None, 200, [], page="2"), "query page: the document has no such"),
    (
        exchange("POST /interactions/1/token/callback", {"type": 1}, with_response="yes"),
        "query with_response: 'yes' is not of type",
    ),
    (exchange("GET /guilds/1/members/search", None, 200, []), "query query: is required"),
    # Requests
    (exchange("PUT /channels/1/messages/2/reactions/x/@me", {}), "request: the document has no body here"),
    (exchange("PUT /applications/1/commands", None, 200, []), "request: the document wants a body here"),
    (posted(content="x" * 4001), "request /content: 'xxxxxxx"),
    (posted(content=1), 'request /content: 1 is not of types "null", "string"'),
    (posted(embeds=[{}] * 11), "request /embeds: [{}, {}, {}, {}, {}, {}, ...] has more than 10 items"),
    (posted(embeds=[{"timestamp": "soon"}]), """request /embeds/0/timestamp: 'soon' is not a "date-time\""""),
    (posted(components=[button(label="x" * 81)]), "request /components/0/components/0/label: 'xxx"),
    (posted(components=[button(style=9)]), "style: 9 is none of 1, 2, 3, 4, 5, 6"),
    (posted(components=[button(type=10)]), "request /components/0/components/0/type: 10 is none of 2, 8"),
    (posted(components=["x"]), "request /components/0: 'x' is none of object"),
    (posted(components=[{"type": 12, "items": []}]), "request /components/0/items: [] has less than 1 item"),
    (posted(allowed_mentions=[]), "request /allowed_mentions: [] is none of null, object"),
    (posted(attachments=[{"id": True}]), "request /attachments/0/id: True is not of type"),
    (posted(sticker_ids=[5]), "request /sticker_ids/0: 5 is not of type"),
    (exchange("POST /users/@me/channels", {"recipient_id": 3.5}, 200, CREATED), "request /recipient_id: 3.5"),
    (exchange("POST /interactions/1/token/callback", {"type": 2}), "request /type: 2 is none of 8, 4, 5"),
    (
        exchange("POST /interactions/1/token/callback", {"type": 4, "data": {"content": "x" * 2001}}),
        "request /data/content: 'xxx",
    ),
    (exchange("POST /guilds/1/stickers", {"name": "fox"}, 400, REFUSED), 'request: "tags" is a required'),
    # Answers
    (exchange("GET /users/3", None, 302, BOT), "answer: the document lists no status 302"),
    (exchange("GET /users/3", None, 500, REFUSED), "answer: the document lists no status 500"),
    (exchange("GET /users/3", None, 200), "answer 200: None is not of type"),
    (exchange("GET /users/3", None, 200, {**BOT, "id": 3}), "answer 200 /id: 3 is not of type"),
    (exchange("GET /users/3", None, 404, {"message": "x"}), 'answer 404: "code" is a required property'),
    (exchange("GET /users/3", None, 400, {**REFUSED, "code": "x"}), "answer 400 /code: 'x' is not of type"),
    (
        exchange("GET /users/3", None, 400, {**REFUSED, "errors": {"content": ["is required"]}}),
        "answer 400 /errors/content: ['is required'] is none of object",
    ),
    (exchange("GET /users/3", None, 429, REFUSED), 'answer 429: "global" is a required property'),
    (exchange("DELETE /channels/1/messages/2", None, 204, {}), "answer 204: the document has no JSON here"),
]


@pytest.mark.parametrize(("wrong", "why"), WRONG, ids=[why[:60] for _, why in WRONG])
def test_what_is_wrong_is_named(contract: DiscordContract, wrong: Exchange, why: str) -> None:
    problems = contract.check(wrong)
    named = [problem for problem in problems if problem.startswith(f"{wrong.method} {wrong.path}: ")]
    assert problems == named
    assert any(why in problem for problem in problems), problems
    # One mistake must not bring a page of alternatives with it.
    assert len(problems) <= 2
    assert all(len(problem) < 250 for problem in problems), problems


def test_all_that_is_wrong_is_told_at_once(contract: DiscordContract) -> None:
    wrong = exchange("POST /channels/x/messages", {"tts": 1, "content": 2}, 400, {"code": "x", "message": ""})
    wheres = [problem.split(": ")[1] for problem in contract.check(wrong)]
    assert sorted(wheres) == ["answer 400 /code", "path channel_id", "request /content", "request /tts"]


def test_it_changes_nothing_of_what_it_looks_at(contract: DiscordContract) -> None:
    request = {"attachments": [{"id": 0}], "recipient_id": 3, "data": {"attachments": [{"id": 1}]}}
    contract.check(exchange("POST /channels/1/messages", request))
    assert request == {"attachments": [{"id": 0}], "recipient_id": 3, "data": {"attachments": [{"id": 1}]}}
