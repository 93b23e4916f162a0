from typing import Any

import pytest

from sandbox.discord.rules.form import Form, Node
from sandbox.discord.rules.mentions import AllowedMentions, Mentions, find_mentions, read_allowed_mentions
from sandbox.discord.seed import seed
from tests.unit.sandbox.discord.refusals import wrong

WORLD = seed(lambda: 1_767_225_600.0)
ADA, BEN = (user.id for user in list(WORLD.users.values())[:2])
ROLE = next(role.id for role in WORLD.guild.roles.values() if role.name == "Keepers")
TEXT = f"<@{ADA}> <@!{BEN}> <@&{ROLE}> <@1> @everyone"


def found(text: str, allowed: AllowedMentions, *, powerful: bool = True, direct: bool = False) -> Mentions:
    return find_mentions(
        [text],
        allowed,
        guild=None if direct else WORLD.guild,
        users=WORLD.users,
        may_mention_everyone=powerful,
    )


def allowed(value: dict[str, Any] | None) -> AllowedMentions:
    form = Form()
    read = read_allowed_mentions(Node({"allowed_mentions": value}, form))
    form.refuse_if_wrong()
    return read


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, Mentions([ADA, BEN], [ROLE], True)),
        ({}, Mentions([], [], False)),
        ({"parse": []}, Mentions([], [], False)),
        ({"parse": ["users"]}, Mentions([ADA, BEN], [], False)),
        ({"parse": ["roles", "everyone"]}, Mentions([], [ROLE], True)),
        # discord.py sends integers.
        ({"parse": ["roles"], "users": [int(BEN)]}, Mentions([BEN], [ROLE], False)),
        ({"users": [], "roles": [ROLE]}, Mentions([], [ROLE], False)),
    ],
)
def test_only_what_is_allowed_is_pinged(value: dict[str, Any] | None, expected: Mentions) -> None:
    assert found(TEXT, allowed(value)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"parse": ["users"], "users": [ADA]}, [": MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"]),
        ({"parse": ["user"]}, [".parse.0: BASE_TYPE_CHOICES"]),
        ({"users": [str(n) for n in range(100)]}, []),
        ({"users": [str(n) for n in range(101)]}, [".users: BASE_TYPE_MAX_LENGTH"]),
        ({"reply": True}, [".reply: UNKNOWN_FIELD"]),
    ],
)
def test_a_wrong_allowance_is_refused(value: dict[str, Any], expected: list[str]) -> None:
    body = {"allowed_mentions": value}
    assert wrong(read_allowed_mentions, body) == [f"allowed_mentions{what}" for what in expected]


def test_roles_and_everyone_want_the_permission_and_a_server() -> None:
    assert found(TEXT, AllowedMentions(), powerful=False) == Mentions([ADA, BEN], [], False)
    assert found(TEXT, AllowedMentions(), direct=True).role_ids == []


@pytest.mark.parametrize("text", [f"`{TEXT}`", f"```\n{TEXT}\n```", f"``{TEXT}``", "@everyones", "everyone"])
def test_code_and_other_words_ping_nobody(text: str) -> None:
    assert found(text, AllowedMentions()) == Mentions([], [], False)


def test_each_is_pinged_once() -> None:
    assert found(f"<@{ADA}> <@{ADA}>", AllowedMentions()).user_ids == [ADA]
