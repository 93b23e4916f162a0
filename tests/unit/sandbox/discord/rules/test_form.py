from collections.abc import Callable

import pytest

from sandbox.discord.errors import DiscordError
from sandbox.discord.rules.form import Form, Node
from tests.unit.sandbox.discord.refusals import wrong


def test_all_that_is_wrong_is_told_in_discords_nested_shape() -> None:
    form = Form()
    body = Node({"embeds": [{}, {"title": 5}]}, form)
    body.text("content", maximum=5, required=True)
    body.items("embeds", maximum=2)[1].text("title", maximum=5)
    with pytest.raises(DiscordError) as refusal:
        form.refuse_if_wrong()
    assert (refusal.value.status, refusal.value.code) == (400, 50035)
    assert refusal.value.body()["errors"] == {
        "content": {"_errors": [{"code": "BASE_TYPE_REQUIRED", "message": "This field is required"}]},
        "embeds": {
            "1": {
                "title": {
                    "_errors": [
                        {"code": "STRING_TYPE_CONVERT", "message": 'Could not interpret "5" as string.'}
                    ]
                }
            }
        },
    }


@pytest.mark.parametrize(
    ("value", "read", "expected"),
    [
        ("abc", lambda node: node.text("x", minimum=1, maximum=3), []),
        ("abcd", lambda node: node.text("x", minimum=1, maximum=3), ["x: BASE_TYPE_BAD_LENGTH"]),
        ("abcd", lambda node: node.text("x", maximum=3), ["x: BASE_TYPE_MAX_LENGTH"]),
        (" abc ", lambda node: node.text("x", maximum=3), []),
        (" abc ", lambda node: node.text("x", maximum=3, strip=False), ["x: BASE_TYPE_MAX_LENGTH"]),
        (" ", lambda node: node.text("x", minimum=1, maximum=3, required=True), ["x: BASE_TYPE_REQUIRED"]),
        (None, lambda node: node.text("x", maximum=3), []),
        (None, lambda node: node.text("x", maximum=3, required=True), ["x: BASE_TYPE_REQUIRED"]),
        (1, lambda node: node.integer("x", minimum=1, maximum=3), []),
        (0, lambda node: node.integer("x", minimum=1, maximum=3), ["x: NUMBER_TYPE_MIN"]),
        (4, lambda node: node.integer("x", minimum=1, maximum=3), ["x: NUMBER_TYPE_MAX"]),
        (True, lambda node: node.integer("x", minimum=1, maximum=3), ["x: NUMBER_TYPE_COERCE"]),
        ("1", lambda node: node.integer("x", minimum=1, maximum=3), ["x: NUMBER_TYPE_COERCE"]),
        (1, lambda node: node.boolean("x"), ["x: BOOLEAN_TYPE_CONVERT"]),
        (1, lambda node: node.choice("x", (1, 2)), []),
        (True, lambda node: node.choice("x", (1, 2)), ["x: BASE_TYPE_CHOICES"]),
        (None, lambda node: node.choice("x", (1, 2)), ["x: BASE_TYPE_REQUIRED"]),
        (None, lambda node: node.choice("x", (1, 2), required=False), []),
        ([], lambda node: node.choice("x", (1, 2)), ["x: BASE_TYPE_CHOICES"]),
        ([1, 2], lambda node: node.items("x", maximum=2), []),
        ([1, 2, 3], lambda node: node.items("x", maximum=2), ["x: BASE_TYPE_MAX_LENGTH"]),
        ({}, lambda node: node.items("x", maximum=2), ["x: LIST_TYPE_CONVERT"]),
    ],
)
def test_a_field_is_read_or_refused(
    value: object, read: Callable[[Node], object], expected: list[str]
) -> None:
    assert wrong(read, {"x": value}) == expected


def test_a_field_that_discord_would_lose_in_silence_is_refused() -> None:
    assert wrong(lambda node: node.only("content"), {"contnet": "x"}) == ["contnet: UNKNOWN_FIELD"]
    assert wrong(lambda node: node.only("content"), ["content"]) == [": DICT_TYPE_CONVERT"]
