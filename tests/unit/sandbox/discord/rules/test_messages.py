"""The body of a message: its limits, its files, and what Components V2 rules out."""

from itertools import count
from typing import Any

import pytest

from sandbox.discord.errors import DiscordError
from sandbox.discord.rules.attachments import Upload
from sandbox.discord.rules.messages import Parts, read_parts
from sandbox.discord.state import Attachment, MessageFlag
from tests.unit.sandbox.discord.refusals import refused

V2 = MessageFlag.COMPONENTS_V2
TEXT = {"type": 10, "content": "x"}
GALLERY = {"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}
LEGACY = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
TAKEN_OFF = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"


def file(id_: str, filename: str = "a.png", description: str | None = None) -> Attachment:
    return Attachment(id_, filename, "image/png", 1, description=description)


def uploads(*filenames: str) -> dict[int, Upload]:
    return {n: Upload(file(f"10{n}", name), b"x") for n, name in enumerate(filenames)}


def parts_of(body: dict[str, Any], files: dict[int, Upload] | None = None, old: Parts | None = None) -> Parts:
    ids = count(1000)
    return read_parts(body, files or {}, lambda: str(next(ids)), old=old)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"content": "x" * 2000}, []),
        ({"content": "x" * 2001}, ["content: BASE_TYPE_MAX_LENGTH"]),
        ({"content": ""}, ["50006"]),
        ({"content": " \n"}, ["50006"]),
        ({}, ["50006"]),
        ({"content": "x", "colour": 1}, ["colour: UNKNOWN_FIELD"]),
        ({"poll": {"question": {"text": "x"}}}, ["0"]),
        ({"components": [TEXT], "flags": V2}, []),
        ({"components": [TEXT]}, ["components.0.type: UNION_TYPE_CHOICES"]),
        ({"components": [TEXT], "flags": V2, "content": "x"}, [f"content: {LEGACY}"]),
        ({"components": [TEXT], "flags": V2, "embeds": [{"title": "x"}]}, [f"embeds: {LEGACY}"]),
        ({"components": [TEXT], "flags": V2, "content": None, "embeds": []}, []),
        ({"components": [GALLERY], "flags": V2}, [f"components.0.items.0.media.url: {TAKEN_OFF}"]),
    ],
)
def test_a_new_message(body: dict[str, Any], expected: list[str]) -> None:
    assert refused(lambda: parts_of(body)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"components": [TEXT], "flags": V2}, [f"content: {LEGACY}", f"embeds: {LEGACY}"]),
        ({"components": [TEXT], "flags": V2, "content": None, "embeds": []}, []),
        ({"content": ""}, []),
        ({"content": "", "embeds": []}, ["50006"]),
    ],
)
def test_an_edit_goes_by_what_was_there(body: dict[str, Any], expected: list[str]) -> None:
    old = Parts(content="x", embeds=({"type": "rich", "title": "x"},))
    assert refused(lambda: parts_of(body, old=old)) == expected


def test_what_an_edit_does_not_name_stays() -> None:
    old = Parts("x", embeds=({"type": "rich", "title": "x"},), attachments=(file("5"),))
    edited = parts_of({"content": "y"}, old=old)
    assert edited == Parts("y", old.embeds, old.components, old.attachments)


def test_components_v2_cannot_be_taken_off_again() -> None:
    old = Parts(components=({**TEXT, "id": 1},), flags=V2)
    assert parts_of({"flags": 0}, old=old).is_v2
    assert refused(lambda: parts_of({"flags": 0, "content": "x"}, old=old)) == [f"content: {LEGACY}"]


def test_a_bot_cannot_set_every_flag() -> None:
    asked = MessageFlag.LOADING | MessageFlag.EPHEMERAL | MessageFlag.SUPPRESS_EMBEDS
    new = parts_of({"content": "x", "flags": asked})
    assert new.flags == MessageFlag.EPHEMERAL | MessageFlag.SUPPRESS_EMBEDS
    # An edit sets or clears the embeds' flag alone.
    edited = parts_of({"flags": 0}, old=new)
    assert edited.flags == MessageFlag.EPHEMERAL


@pytest.mark.parametrize(
    ("new", "entries", "expected"),
    [
        (10, None, []),
        (11, None, ["attachments: BASE_TYPE_MAX_LENGTH"]),
        (1, [{"id": 0, "description": "x" * 1024}], []),
        (1, [{"id": "0", "description": "x" * 1025}], ["attachments.0.description: BASE_TYPE_MAX_LENGTH"]),
        (1, [{"id": 1}], ["attachments.0.id: ATTACHMENT_NOT_FOUND"]),
        (1, [{"id": "²"}], ["attachments.0.id: ATTACHMENT_NOT_FOUND"]),
        (1, [{"filename": "a.png"}], ["attachments.0.id: BASE_TYPE_REQUIRED"]),
        (1, [{"id": 0, "desc": "x"}], ["attachments.0.desc: UNKNOWN_FIELD"]),
    ],
)
def test_files_and_what_is_told_of_them(
    new: int, entries: list[dict[str, Any]] | None, expected: list[str]
) -> None:
    body = {"content": "x"} if entries is None else {"content": "x", "attachments": entries}
    assert refused(lambda: parts_of(body, uploads(*(f"{n}.png" for n in range(new))))) == expected


def test_a_listed_file_gets_its_alt_text_and_a_clean_name() -> None:
    entry = {"id": 0, "filename": "my fox!.png", "description": "A fox"}
    parts = parts_of({"attachments": [entry]}, uploads("a.png", "b.png"))
    assert [(one.filename, one.description) for one in parts.attachments] == [
        ("my_fox_.png", "A fox"),
        ("b.png", None),
    ]


def test_an_edit_keeps_the_files_it_lists_and_no_others() -> None:
    old = Parts("x", attachments=(file("5", "a.png", "alt"), file("6", "b.png")))
    assert [one.id for one in parts_of({}, uploads("c.png"), old).attachments] == ["5", "6", "100"]
    kept = parts_of({"attachments": [{"id": 5}]}, old=old).attachments
    assert kept == (file("5", "a.png", "alt"),)
    assert parts_of({"attachments": []}, old=old).attachments == ()


def test_eleven_old_and_new_files_are_too_many() -> None:
    old = Parts("x", attachments=tuple(file(str(n), f"{n}.png") for n in range(10)))
    assert refused(lambda: parts_of({}, uploads("c.png"), old)) == ["attachments: BASE_TYPE_MAX_LENGTH"]


def test_media_name_a_file_of_the_message_by_its_id() -> None:
    new = parts_of({"components": [GALLERY], "flags": V2}, uploads("a.png"))
    (gallery,) = new.components
    assert gallery["items"][0]["media"] == {"id": "1000", "attachment_id": "100"}
    taken_off = [f"attachments: {TAKEN_OFF}"]
    assert refused(lambda: parts_of({"attachments": []}, old=new)) == taken_off
    other = {"components": [TEXT], "attachments": []}
    assert refused(lambda: parts_of(other, old=new)) == []


def test_what_the_sandbox_cannot_do_it_says() -> None:
    with pytest.raises(DiscordError) as refusal:
        parts_of({"sticker_ids": ["1"]})
    assert refusal.value.status == 501
