"""Components of messages, one limit after the other."""

from itertools import count
from typing import Any

import pytest

from sandbox.discord.rules.components import MessageComponents
from sandbox.discord.rules.form import Form, Node
from sandbox.discord.rules.media import MediaContext
from tests.unit.sandbox.discord.refusals import wrong

Component = dict[str, Any]

URL = "https://example.com/"
TEXT = {"type": 10, "content": "x"}
DUPLICATE = "COMPONENT_CUSTOM_ID_DUPLICATED"
ROW = "components.0.components"
_names = count()


def read(node: Node, *, v2: bool) -> list[Component]:
    context = MediaContext({"a.png": "7"}, lambda: "9")
    return MessageComponents(context, v2=v2).read(node)


def refusals(*components: Any, v2: bool = False) -> list[str]:
    return wrong(lambda node: read(node, v2=v2), {"components": list(components)})


def row(*components: Component) -> Component:
    return {"type": 1, "components": list(components)}


def button(**fields: Any) -> Component:
    return {"type": 2, "style": 1, "label": "x", "custom_id": f"button-{next(_names)}", **fields}


def link(**fields: Any) -> Component:
    return {"type": 2, "style": 5, "label": "x", "url": URL, **fields}


def select(options: int = 1, **fields: Any) -> Component:
    offered = [{"label": "x", "value": str(n)} for n in range(options)]
    return {"type": 3, "custom_id": f"select-{next(_names)}", "options": offered, **fields}


def gallery(*items: Component) -> Component:
    return {"type": 12, "items": list(items)}


def item(url: str = URL, **fields: Any) -> Component:
    return {"media": {"url": url}, **fields}


def container(*components: Component, **fields: Any) -> Component:
    return {"type": 17, "components": list(components), **fields}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (button(label="x" * 80), []),
        (button(label="x" * 81), ["label: BASE_TYPE_MAX_LENGTH"]),
        (button(custom_id="x" * 100), []),
        (button(custom_id="x" * 101), ["custom_id: BASE_TYPE_BAD_LENGTH"]),
        (button(custom_id=None), ["custom_id: BASE_TYPE_REQUIRED"]),
        (button(label=None), ["label: BASE_TYPE_REQUIRED"]),
        (button(label=None, emoji={"name": "🎨"}), []),
        (button(emoji={"name": "x"}), ["emoji.name: BUTTON_COMPONENT_INVALID_EMOJI"]),
        (button(emoji={"id": 5, "name": "x"}), []),
        (button(url=URL), ["url: BUTTON_COMPONENT_CUSTOM_ID_AND_URL"]),
        (button(style=6), ["style: BASE_TYPE_CHOICES"]),
        (button(style=0), ["style: BASE_TYPE_CHOICES"]),
        (button(type=9), ["type: UNION_TYPE_CHOICES"]),
        (button(type=[]), ["type: UNION_TYPE_CHOICES"]),
        (button(customid="x"), ["customid: UNKNOWN_FIELD"]),
        (link(url=URL.ljust(512, "x")), []),
        (link(url=URL.ljust(513, "x")), ["url: BASE_TYPE_BAD_LENGTH"]),
        (link(url=None), ["url: BASE_TYPE_REQUIRED"]),
        (link(url="ftp://example.com"), ["url: URL_TYPE_INVALID_URL"]),
        (link(url="http://minio:9000/picture.png"), ["url: URL_TYPE_INVALID_URL"]),
        (link(custom_id="x"), ["custom_id: BUTTON_COMPONENT_CUSTOM_ID_AND_URL"]),
    ],
)
def test_a_button(one: Component, expected: list[str]) -> None:
    assert refusals(row(one)) == [f"{ROW}.0.{what}" for what in expected]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (select(25), []),
        (select(26), ["options: BASE_TYPE_BAD_LENGTH"]),
        (select(0), ["options: BASE_TYPE_BAD_LENGTH"]),
        (select(options=2, max_values=2), []),
        (select(options=2, max_values=3), ["max_values: BASE_TYPE_BAD_LENGTH"]),
        (select(options=2, min_values=2), ["min_values: SELECT_COMPONENT_MIN_VALUES"]),
        (select(placeholder="x" * 150), []),
        (select(placeholder="x" * 151), ["placeholder: BASE_TYPE_MAX_LENGTH"]),
        (select() | {"options": [{"label": "x" * 100, "value": "x" * 100}]}, []),
        (
            select() | {"options": [{"label": "x" * 101, "value": "x" * 101}]},
            ["options.0.label: BASE_TYPE_BAD_LENGTH", "options.0.value: BASE_TYPE_BAD_LENGTH"],
        ),
        (
            select() | {"options": [{"label": "x", "value": "x"}, {"label": "y", "value": "x"}]},
            ["options.1.value: SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"],
        ),
        ({"type": 5, "custom_id": "x", "max_values": 25}, []),
        ({"type": 8, "custom_id": "x", "max_values": 26}, ["max_values: NUMBER_TYPE_MAX"]),
        ({"type": 6, "custom_id": "x", "options": []}, ["options: UNKNOWN_FIELD"]),
    ],
)
def test_a_select(one: Component, expected: list[str]) -> None:
    assert refusals(row(one)) == [f"{ROW}.0.{what}" for what in expected]


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ([row(button())] * 0, []),
        ([row(button()) for _ in range(5)], []),
        ([row(button()) for _ in range(6)], ["components: BASE_TYPE_MAX_LENGTH"]),
        ([row(*(button() for _ in range(5)))], []),
        ([row(*(button() for _ in range(6)))], [f"{ROW}: BASE_TYPE_BAD_LENGTH"]),
        ([row()], [f"{ROW}: BASE_TYPE_BAD_LENGTH"]),
        ([row(button(), select())], [f"{ROW}: BASE_TYPE_BAD_LENGTH"]),
        ([row(button(custom_id="x")), row(button(custom_id="x"))], [f"components: {DUPLICATE}"]),
        ([row(link(), link())], []),
        ([row(button(id=3), button(id=3))], ["components: COMPONENT_ID_DUPLICATED"]),
        ([row(button(id=[1]))], [f"{ROW}.0.id: NUMBER_TYPE_COERCE"]),
        ([button()], ["components.0.type: UNION_TYPE_CHOICES"]),
        (["x"], ["components.0.type: UNION_TYPE_CHOICES"]),
    ],
)
def test_rows(components: list[Any], expected: list[str]) -> None:
    assert refusals(*components) == expected


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        # Everything counts, also what holds others.
        ([container(*[TEXT] * 39)], []),
        ([container(*[TEXT] * 40)], ["components: COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"]),
        ([{"type": 10, "content": "x" * 4000}], []),
        (
            [{"type": 10, "content": "x" * 4000}, TEXT],
            ["components: COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"],
        ),
        ([{"type": 10, "content": ""}], ["components.0.content: BASE_TYPE_REQUIRED"]),
        ([gallery(*[item()] * 10)], []),
        ([gallery(*[item()] * 11)], ["components.0.items: BASE_TYPE_BAD_LENGTH"]),
        ([gallery()], ["components.0.items: BASE_TYPE_BAD_LENGTH"]),
        ([gallery(item(description="x" * 1024))], []),
        (
            [gallery(item(description="x" * 1025))],
            ["components.0.items.0.description: BASE_TYPE_BAD_LENGTH"],
        ),
        ([gallery({"description": "x"})], ["components.0.items.0.media: BASE_TYPE_REQUIRED"]),
        ([gallery(item("ftp://x"))], ["components.0.items.0.media.url: URL_TYPE_INVALID_SCHEME"]),
        ([{"type": 13, "file": {"url": "attachment://a.png"}}], []),
        (
            [{"type": 13, "file": {"url": URL}}],
            ["components.0.file.url: UNFURLED_MEDIA_ITEM_ATTACHMENT_REQUIRED"],
        ),
        ([{"type": 13}], ["components.0.file: BASE_TYPE_REQUIRED"]),
        ([{"type": 9, "components": [TEXT] * 3, "accessory": button()}], []),
        ([{"type": 9, "components": [TEXT], "accessory": {"type": 11, "media": {"url": URL}}}], []),
        ([{"type": 9, "components": [TEXT] * 4, "accessory": link()}], [f"{ROW}: BASE_TYPE_BAD_LENGTH"]),
        ([{"type": 9, "components": [TEXT]}], ["components.0.accessory: BASE_TYPE_REQUIRED"]),
        ([{"type": 11, "media": {"url": URL}}], ["components.0.type: UNION_TYPE_CHOICES"]),
        ([container(TEXT, accent_color=0xFFFFFF)], []),
        ([container(TEXT, accent_color=0x1000000)], ["components.0.accent_color: NUMBER_TYPE_MAX"]),
        ([container(container(TEXT))], [f"{ROW}.0.type: UNION_TYPE_CHOICES"]),
        ([container()], [f"{ROW}: BASE_TYPE_BAD_LENGTH"]),
        ([{"type": 14, "spacing": 3}], ["components.0.spacing: BASE_TYPE_CHOICES"]),
        (
            [
                row(button(custom_id="x")),
                {"type": 9, "components": [TEXT], "accessory": button(custom_id="x")},
            ],
            [f"components: {DUPLICATE}"],
        ),
        # The five rows are a limit of messages without the flag.
        ([row(button()) for _ in range(6)], []),
    ],
)
def test_components_v2(components: list[Any], expected: list[str]) -> None:
    assert refusals(*components, v2=True) == expected


def test_misspelt_fields_are_found_wherever_they_stand() -> None:
    odd: Component = {"odd": 1}
    offered = [{"label": "x", "value": "x", **odd}]
    components = [
        container(TEXT | odd, **odd),
        gallery(item(**odd), {"media": {"url": URL, **odd}}) | odd,
        {"type": 13, "file": {"url": "attachment://a.png", **odd}, **odd},
        {"type": 9, "components": [TEXT], "accessory": {"type": 11, "media": {"url": URL}, **odd}, **odd},
        {"type": 14, **odd},
        row(button(emoji={"name": "🎨", **odd}, **odd)) | odd,
        row(select(**odd) | {"options": offered}),
    ]
    expected = [
        *("0", "0.components.0", "1", "1.items.0", "1.items.1.media", "2", "2.file", "3", "3.accessory", "4"),
        *("5", "5.components.0", "5.components.0.emoji", "6.components.0", "6.components.0.options.0"),
    ]
    named = sorted(f"components.{where}.odd: UNKNOWN_FIELD" for where in expected)
    assert refusals(*components, v2=True) == named


def test_ids_are_given_in_order_around_those_that_were_asked_for() -> None:
    form = Form()
    components = read(Node({"components": [container(TEXT, {**TEXT, "id": 2}, {"type": 14})]}, form), v2=True)
    form.refuse_if_wrong()
    assert components == [
        {
            "type": 17,
            "id": 1,
            "accent_color": None,
            "spoiler": False,
            "components": [
                {"type": 10, "id": 3, "content": "x"},
                {"type": 10, "id": 2, "content": "x"},
                {"type": 14, "id": 4, "spacing": 1, "divider": True},
            ],
        }
    ]


def entity_select(kind: int, *defaults: Component, **fields: Any) -> Component:
    return {"type": kind, "custom_id": "who", "default_values": list(defaults), **fields}


@pytest.mark.parametrize(
    ("select", "refused"),
    [
        (entity_select(5, {"id": "1", "type": "user"}), []),
        (entity_select(7, {"id": "1", "type": "user"}, {"id": "2", "type": "role"}, max_values=2), []),
        (entity_select(8, {"id": "1", "type": "channel"}, channel_types=[0, 11]), []),
        (entity_select(6, {"id": "1", "type": "user"}), ["default_values.0.type: BASE_TYPE_CHOICES"]),
        (entity_select(6, {"id": "x", "type": "role"}), ["default_values.0.id: NUMBER_TYPE_COERCE"]),
        (
            entity_select(6, {"id": "1", "type": "role"}, {"id": "2", "type": "role"}),
            ["default_values: BASE_TYPE_BAD_LENGTH"],
        ),
        (
            entity_select(6, *[{"id": "1", "type": "role"}] * 2, max_values=2),
            ["default_values: SET_TYPE_ALREADY_CONTAINS_VALUE"],
        ),
        (entity_select(8, channel_types=[99]), ["channel_types: BASE_TYPE_CHOICES"]),
        (entity_select(5, channel_types=[0]), ["channel_types: UNKNOWN_FIELD"]),
    ],
)
def test_what_is_chosen_beforehand_is_of_the_kind_and_not_too_much(
    select: Component, refused: list[str]
) -> None:
    assert refusals(row(select)) == [f"{ROW}.0.{one}" for one in refused]
