from typing import Any

import pytest

from sandbox.discord.rules.embeds import read_embeds
from sandbox.discord.rules.form import Form, Node
from sandbox.discord.rules.media import MediaContext
from tests.unit.sandbox.discord.refusals import wrong

CONTEXT = MediaContext({"a.png": "7"}, lambda: "9")
FIELD = {"name": "n", "value": "v"}


@pytest.mark.parametrize(
    ("embed", "expected"),
    [
        ({"title": "x" * 256}, []),
        ({"title": "x" * 257}, ["title: BASE_TYPE_MAX_LENGTH"]),
        ({"description": "x" * 4096}, []),
        ({"description": "x" * 4097}, ["description: BASE_TYPE_MAX_LENGTH"]),
        ({"fields": [FIELD] * 25}, []),
        ({"fields": [FIELD] * 26}, ["fields: BASE_TYPE_MAX_LENGTH"]),
        ({"fields": [{"name": "x" * 256, "value": "x" * 1024}]}, []),
        ({"fields": [{"name": "x" * 257, "value": "x"}]}, ["fields.0.name: BASE_TYPE_BAD_LENGTH"]),
        ({"fields": [{"name": "x", "value": "x" * 1025}]}, ["fields.0.value: BASE_TYPE_BAD_LENGTH"]),
        ({"fields": [{"name": "x", "value": ""}]}, ["fields.0.value: BASE_TYPE_REQUIRED"]),
        ({"footer": {"text": "x" * 2048}}, []),
        ({"footer": {"text": "x" * 2049}}, ["footer.text: BASE_TYPE_BAD_LENGTH"]),
        ({"author": {"name": "x" * 256}}, []),
        ({"author": {"name": "x" * 257}}, ["author.name: BASE_TYPE_BAD_LENGTH"]),
        ({"title": "x", "color": 0xFFFFFF}, []),
        ({"title": "x", "color": 0x1000000}, ["color: NUMBER_TYPE_MAX"]),
        ({"title": "x", "url": "https://example.com/".ljust(2048, "x")}, []),
        ({"title": "x", "url": "https://example.com/".ljust(2049, "x")}, ["url: BASE_TYPE_MAX_LENGTH"]),
        ({"title": "x", "url": "example.com"}, ["url: URL_TYPE_INVALID_URL"]),
        ({"image": {"url": "attachment://a.png"}}, []),
        (
            {"image": {"url": "attachment://b.png"}},
            ["image.url: UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"],
        ),
        ({"title": "x", "colour": 5}, ["colour: UNKNOWN_FIELD"]),
        ({}, ["description: BASE_TYPE_REQUIRED"]),
    ],
)
def test_an_embed(embed: dict[str, Any], expected: list[str]) -> None:
    found = wrong(lambda node: read_embeds(node, CONTEXT), {"embeds": [embed]})
    assert found == [f"embeds.0.{what}" for what in expected]


def test_misspelt_fields_are_found_wherever_they_stand() -> None:
    odd = {"odd": 1}
    embed = {
        "footer": {"text": "x", **odd},
        "author": {"name": "x", **odd},
        "image": {"url": "https://example.com/", **odd},
        "fields": [FIELD | odd],
    }
    assert wrong(lambda node: read_embeds(node, CONTEXT), {"embeds": [embed]}) == [
        f"embeds.0.{where}.odd: UNKNOWN_FIELD" for where in ("author", "fields.0", "footer", "image")
    ]


# Each kind of text that counts, 5000 characters in all.
COUNTED: dict[str, Any] = {
    "title": "x" * 100,
    "description": "x" * 1876,
    "footer": {"text": "x" * 2000},
    "author": {"name": "x" * 200},
    "fields": [{"name": "x" * 100, "value": "x" * 724}],
}


@pytest.mark.parametrize(("more", "expected"), [(1000, []), (1001, ["embeds: MAX_EMBED_SIZE_EXCEEDED"])])
def test_all_embeds_together_have_6000_characters(more: int, expected: list[str]) -> None:
    embeds = [COUNTED, {"description": "x" * more}]
    assert wrong(lambda node: read_embeds(node, CONTEXT), {"embeds": embeds}) == expected


@pytest.mark.parametrize(("many", "expected"), [(10, []), (11, ["embeds: BASE_TYPE_MAX_LENGTH"])])
def test_a_message_has_10_embeds(many: int, expected: list[str]) -> None:
    assert wrong(lambda node: read_embeds(node, CONTEXT), {"embeds": [{"title": "x"}] * many}) == expected


def test_pictures_are_kept_by_what_they_refer_to() -> None:
    sent = {
        "image": {"url": "attachment://a.png"},
        "thumbnail": {"url": "https://example.com/"},
        "footer": {"text": "x", "icon_url": "attachment://a.png"},
    }
    assert read_embeds(Node({"embeds": [sent]}, Form()), CONTEXT) == [
        {
            "type": "rich",
            "image": {"id": "9", "attachment_id": "7"},
            "thumbnail": {"id": "9", "url": "https://example.com/"},
            "footer": {"text": "x", "icon": {"id": "9", "attachment_id": "7"}},
        }
    ]
