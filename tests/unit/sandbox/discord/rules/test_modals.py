from typing import Any

import pytest

from sandbox.discord.rules.modals import read_modal, read_submission
from tests.unit.sandbox.discord.refusals import refused

WRONG_LENGTH = "BASE_TYPE_BAD_LENGTH"
FILES = {"0": "4242", "1": "4243"}
OPTIONS = [{"label": "Oil", "value": "oil"}, {"label": "Ink", "value": "ink"}]


def modal(*rows: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"custom_id": "m", "title": "Paint", "components": list(rows), **fields}


def entry(custom_id: str = "prompt", **fields: Any) -> dict[str, Any]:
    """A text input in a row, as it was before there were labels."""
    field = {"type": 4, "custom_id": custom_id, "style": 1, "label": "Prompt", **fields}
    return {"type": 1, "components": [field]}


def label(component: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": 18, "label": "Style", "component": component, **fields}


def text(**fields: Any) -> dict[str, Any]:
    return {"type": 4, "custom_id": "prompt", "style": 2, **fields}


def select(**fields: Any) -> dict[str, Any]:
    return {"type": 3, "custom_id": "style", "options": OPTIONS, **fields}


def upload(**fields: Any) -> dict[str, Any]:
    return {"type": 19, "custom_id": "files", **fields}


def radio(**fields: Any) -> dict[str, Any]:
    return {"type": 21, "custom_id": "style", "options": OPTIONS, **fields}


def boxes(**fields: Any) -> dict[str, Any]:
    return {"type": 22, "custom_id": "style", "options": OPTIONS, **fields}


def box(**fields: Any) -> dict[str, Any]:
    return {"type": 23, "custom_id": "style", **fields}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (modal(entry(), title="x" * 45), []),
        (modal(entry(), title="x" * 46), ["title: BASE_TYPE_BAD_LENGTH"]),
        (modal(entry(), custom_id="x" * 100), []),
        (modal(entry(), custom_id="x" * 101), ["custom_id: BASE_TYPE_BAD_LENGTH"]),
        (modal(*(entry(str(n)) for n in range(5))), []),
        (modal(*(entry(str(n)) for n in range(6))), ["components: BASE_TYPE_BAD_LENGTH"]),
        (modal(), ["components: BASE_TYPE_BAD_LENGTH"]),
        (modal(entry(), entry()), ["components: COMPONENT_CUSTOM_ID_DUPLICATED"]),
        (modal({"type": 1, "components": [select()]}), ["components.0.components.0.type: BASE_TYPE_CHOICES"]),
        (modal({"type": 10, "content": "x"}), []),
        (modal(entry(), content="x"), ["content: UNKNOWN_FIELD"]),
        (modal({"type": 2}), ["components.0.type: BASE_TYPE_CHOICES"]),
    ],
)
def test_a_modal(sent: object, expected: list[str]) -> None:
    assert refused(lambda: read_modal(sent)) == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (text(), []),
        (text(value="x" * 4000), []),
        (text(value="x" * 4001), ["value: BASE_TYPE_BAD_LENGTH", "value: BASE_TYPE_MAX_LENGTH"]),
        (text(value="xx", max_length=1), ["value: BASE_TYPE_BAD_LENGTH"]),
        (text(max_length=4000), []),
        (text(max_length=4001), ["max_length: NUMBER_TYPE_MAX"]),
        (text(placeholder="x" * 100), []),
        (text(placeholder="x" * 101), ["placeholder: BASE_TYPE_MAX_LENGTH"]),
        (text(style=3), ["style: BASE_TYPE_CHOICES"]),
        (select(), []),
        (select(options=OPTIONS * 2), ["options.2.value: SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                                       "options.3.value: SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"]),
        (upload(), []),
        (upload(min_values=0, max_values=10), []),
        (upload(max_values=11), ["max_values: NUMBER_TYPE_MAX"]),
        (upload(min_values=2), ["min_values: SELECT_COMPONENT_MIN_VALUES"]),
        (upload(file_types=["png"]), ["file_types: UNKNOWN_FIELD"]),
        (radio(), []),
        (radio(options=OPTIONS[:1]), ["options: BASE_TYPE_BAD_LENGTH"]),
        (radio(options=[{"label": "x", "value": str(n)} for n in range(11)]),
         ["options: BASE_TYPE_BAD_LENGTH"]),
        (boxes(), []),
        (boxes(max_values=3), ["max_values: BASE_TYPE_BAD_LENGTH"]),
        (box(default=True), []),
        (box(required=True), ["required: UNKNOWN_FIELD"]),
        ({"type": 2, "style": 1, "label": "x", "custom_id": "x"}, ["type: BASE_TYPE_CHOICES"]),
    ],
)  # fmt: skip
def test_what_stands_in_a_label(field: dict[str, Any], expected: list[str]) -> None:
    found = refused(lambda: read_modal(modal(label(field))))
    assert found == [f"components.0.component.{what}" for what in expected]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (label(text(), label="x" * 45), []),
        (label(text(), label="x" * 46), ["components.0.label: BASE_TYPE_BAD_LENGTH"]),
        (label(text(), description="x" * 100), []),
        (label(text(), description="x" * 101), ["components.0.description: BASE_TYPE_MAX_LENGTH"]),
        (entry(label="x" * 45), []),
        (entry(label="x" * 46), ["components.0.components.0.label: BASE_TYPE_BAD_LENGTH"]),
        (entry(label=None), ["components.0.components.0.label: BASE_TYPE_REQUIRED"]),
    ],
)
def test_labels(row: dict[str, Any], expected: list[str]) -> None:
    assert refused(lambda: read_modal(modal(row))) == expected


def test_misspelt_fields_are_found_wherever_they_stand() -> None:
    odd: dict[str, Any] = {"odd": 1}
    rows = [entry(**odd) | odd, label(select(), **odd), {"type": 10, "content": "x", **odd}]
    expected = [f"components.{where}.odd: UNKNOWN_FIELD" for where in ("0.components.0", "0", "1", "2")]
    assert refused(lambda: read_modal(modal(*rows))) == expected
    sent = {"custom_id": "m", "components": [], **odd}
    opened = read_modal(modal({"type": 10, "content": "x"}))
    assert refused(lambda: read_submission(opened, sent)) == ["odd: UNKNOWN_FIELD"]


def test_ids_that_were_asked_for_stay() -> None:
    read = read_modal(modal({"type": 10, "content": "x"}, label(select(id=1), id=7)))
    assert [(row["id"], row.get("component", {}).get("id")) for row in read["components"]] == [
        (2, None),
        (7, 1),
    ]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        (text(), "x", None),
        (text(), "", WRONG_LENGTH),
        (text(), None, WRONG_LENGTH),
        (text(min_length=2, max_length=3), "xx", None),
        (text(min_length=2, max_length=3), "x", WRONG_LENGTH),
        (text(min_length=2, max_length=3), "xxxx", WRONG_LENGTH),
        (text(required=False, min_length=2), "", None),
        (text(required=False, min_length=2), "x", WRONG_LENGTH),
        (select(), ["ink"], None),
        (select(), [], WRONG_LENGTH),
        (select(required=False), [], None),
        (select(), ["oil", "ink"], WRONG_LENGTH),
        (select(max_values=2), ["oil", "ink"], None),
        (select(), ["chalk"], "BASE_TYPE_CHOICES"),
        (select(), "ink", "LIST_TYPE_CONVERT"),
        (upload(), ["0"], None),
        (upload(), ["2"], "ATTACHMENT_NOT_FOUND"),
        (upload(), ["0", "1"], WRONG_LENGTH),
        (upload(max_values=2), ["0", "0"], WRONG_LENGTH),
        (upload(), [], WRONG_LENGTH),
        (upload(required=False), [], None),
        (radio(), "ink", None),
        (radio(), "chalk", "BASE_TYPE_CHOICES"),
        (radio(), None, "BASE_TYPE_REQUIRED"),
        (radio(required=False), None, None),
        (boxes(), ["oil", "ink"], None),
        (boxes(), [], WRONG_LENGTH),
        (box(), True, None),
        (box(), "yes", "BOOLEAN_TYPE_CONVERT"),
    ],
)
def test_what_a_member_may_submit(field: dict[str, Any], value: object, code: str | None) -> None:
    opened = read_modal(modal(label(field)))
    key, name = "value" if field["type"] in (4, 21, 23) else "values", field["custom_id"]
    filled_in = {"type": field["type"], "custom_id": name, key: value}
    sent = {"custom_id": "m", "components": [{"type": 18, "component": filled_in}]}
    expected = [f"components.{name}: {code}"] if code else []
    assert refused(lambda: read_submission(opened, sent, files=FILES)) == expected


def test_files_get_their_ids_and_what_was_left_alone_its_default() -> None:
    opened = read_modal(modal(label(upload()), label(radio(required=False)), label(box(custom_id="b"))))
    filled_in = {"type": 19, "custom_id": "files", "values": ["1"]}
    sent = {"custom_id": "m", "components": [{"type": 18, "component": filled_in}]}
    back = [row["component"] for row in read_submission(opened, sent, files=FILES)]
    assert [one.get("values", one.get("value")) for one in back] == [["4243"], None, False]


def test_the_bot_gets_back_what_identifies_a_component_and_what_was_filled_in() -> None:
    opened = read_modal(modal(entry(), label(select()), {"type": 10, "content": "x"}))
    sent = [
        {"type": 1, "components": [{"type": 4, "custom_id": "prompt", "value": "a fox"}]},
        {"type": 18, "component": {"type": 3, "custom_id": "style", "values": ["ink"]}},
    ]
    assert read_submission(opened, {"custom_id": "m", "components": sent}) == [
        {
            "type": 1,
            "id": 1,
            "components": [{"type": 4, "id": 2, "custom_id": "prompt", "value": "a fox"}],
        },
        {
            "type": 18,
            "id": 3,
            "component": {"type": 3, "id": 4, "custom_id": "style", "values": ["ink"]},
        },
        {"type": 10, "id": 5},
    ]
