"""Modals: what a bot may open, and what a member may send back."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from sandbox.discord.rules import choices, selects
from sandbox.discord.rules.buttons import CUSTOM_ID_LENGTH_MAX
from sandbox.discord.rules.components import ACTION_ROW, TEXT_DISPLAY, TEXT_LENGTH_MAX, read_id
from sandbox.discord.rules.form import Form, Node, without_none
from sandbox.discord.rules.tree import number, walk
from sandbox.discord.wire import Json

TITLE_LENGTH_MAX = 45
ROWS_MAX = 5
LABEL_LENGTH_MAX = 45
DESCRIPTION_LENGTH_MAX = 100
PLACEHOLDER_LENGTH_MAX = 100
VALUE_LENGTH_MAX = 4000

TEXT_INPUT, LABEL = 4, 18
_LABELLED = {**selects.READERS, **choices.READERS}
_WITH_ONE_VALUE = (TEXT_INPUT, choices.RADIO_GROUP, choices.CHECKBOX)


def read_modal(body: object) -> Json:
    """`{custom_id, title, components}` of a bot's modal. Raises 50035."""
    form = Form()
    node = Node(body, form)
    node.only("custom_id", "title", "components")
    rows = node.items("components", minimum=1, maximum=ROWS_MAX, required=True)
    modal: Json = {
        "custom_id": node.text(
            "custom_id", minimum=1, maximum=CUSTOM_ID_LENGTH_MAX, required=True, strip=False
        ),
        "title": node.text("title", minimum=1, maximum=TITLE_LENGTH_MAX, required=True),
        "components": [_row(row) for row in rows],
    }
    custom_ids = [field["custom_id"] for field in fields_of(modal)]
    if len(custom_ids) > len(set(custom_ids)):
        node.error("COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated", "components")
    form.refuse_if_wrong()
    number(modal["components"])
    return modal


def fields_of(modal: Json) -> Iterator[Json]:
    """What the member fills in."""
    return (component for component in walk(modal["components"]) if component.get("custom_id"))


def read_submission(
    modal: Json, data: Json, *, files: Mapping[str, str] = MappingProxyType({})
) -> list[Json]:
    """The components as the bot gets them back. Raises 50035 for what Discord's own client would not send.

    `files` are the ids of the attachments by those that the client gave them.
    """
    form = Form()
    node = Node(data, form)
    node.only("custom_id", "components")
    sent = {field["custom_id"]: field for field in walk(data.get("components", [])) if field.get("custom_id")}
    for field in fields_of(modal):
        _check_field(field, sent.get(field["custom_id"], {}), node, files)
    form.refuse_if_wrong()
    return [_submitted(row, sent, files) for row in modal["components"]]


def _row(node: Node) -> Json:
    kind = node.choice("type", (ACTION_ROW, TEXT_DISPLAY, LABEL))
    if kind == TEXT_DISPLAY:
        node.only("type", "id", "content")
        content = node.text("content", minimum=1, maximum=TEXT_LENGTH_MAX, required=True, strip=False)
        return {"type": kind, **read_id(node), "content": content}
    if kind == LABEL:
        node.only("type", "id", "label", "description", "component")
        return without_none(
            {
                "type": kind,
                **read_id(node),
                "label": node.text("label", minimum=1, maximum=LABEL_LENGTH_MAX, required=True),
                "description": node.text("description", maximum=DESCRIPTION_LENGTH_MAX),
                "component": _field(node.child("component"), labelled=True),
            }
        )
    if kind is None:
        return {"type": 0}
    node.only("type", "id", "components")
    inner = node.items("components", minimum=1, maximum=1, required=True)
    return {"type": kind, **read_id(node), "components": [_field(item, labelled=False) for item in inner]}


def _field(node: Node, *, labelled: bool) -> Json:
    kind = node.choice("type", (TEXT_INPUT, *_LABELLED) if labelled else (TEXT_INPUT,))
    if kind in _LABELLED:
        if node.fields.get("disabled"):
            node.error("MODAL_COMPONENT_DISABLED", "Nothing in a modal can be disabled", "disabled")
        return {"type": kind, **read_id(node), **_LABELLED[kind](node)}
    if kind is None:
        return {"type": 0}
    return _text_input(node, labelled=labelled)


def _text_input(node: Node, *, labelled: bool) -> Json:
    node.only("type", "id", "custom_id", "style", "label", "min_length", "max_length", "required", "value",
              "placeholder")  # fmt: skip
    # Inside a label, the label is that of the label.
    own_label = node.text("label", minimum=1, maximum=LABEL_LENGTH_MAX, required=not labelled)
    field = {
        "type": TEXT_INPUT,
        **read_id(node),
        "custom_id": node.text(
            "custom_id", minimum=1, maximum=CUSTOM_ID_LENGTH_MAX, required=True, strip=False
        ),
        "style": node.choice("style", (1, 2)),
        "label": own_label,
        "min_length": node.integer("min_length", minimum=0, maximum=VALUE_LENGTH_MAX),
        "max_length": node.integer("max_length", minimum=1, maximum=VALUE_LENGTH_MAX),
        "required": node.boolean("required", default=True),
        "value": node.text("value", maximum=VALUE_LENGTH_MAX, strip=False),
        "placeholder": node.text("placeholder", maximum=PLACEHOLDER_LENGTH_MAX),
    }
    if len(field["value"] or "") > (field["max_length"] or VALUE_LENGTH_MAX):
        node.error("BASE_TYPE_BAD_LENGTH", "The value is longer than max_length.", "value")
    return without_none(field)


def _check_field(field: Json, sent: Json, node: Node, files: Mapping[str, str]) -> None:
    where = ("components", field["custom_id"])
    problem: tuple[str, str] | None
    if field["type"] not in _WITH_ONE_VALUE:
        problem = _wrong_values(field, sent.get("values", []), files)
    elif field["type"] == choices.RADIO_GROUP:
        problem = _wrong_choice(field, sent.get("value"))
    elif field["type"] == choices.CHECKBOX:
        is_right = isinstance(sent.get("value", False), bool)
        problem = None if is_right else ("BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
    else:
        problem = _wrong_text(field, sent.get("value", ""))
    if problem is not None:
        node.error(*problem, *where)


def _wrong_values(field: Json, values: Any, files: Mapping[str, str]) -> tuple[str, str] | None:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return "LIST_TYPE_CONVERT", "Must be a list of strings."
    low = field["min_values"] if field.get("required", True) else 0
    if not low <= len(set(values)) == len(values) <= field["max_values"]:
        return "BASE_TYPE_BAD_LENGTH", "Not that many may be chosen."
    if field["type"] == choices.FILE_UPLOAD and not set(values) <= files.keys():
        return "ATTACHMENT_NOT_FOUND", "No file came with this id."
    if "options" in field and not set(values) <= _offered(field):
        return "BASE_TYPE_CHOICES", "Not among the options."
    return None


def _wrong_choice(field: Json, value: Any) -> tuple[str, str] | None:
    if value is None:
        return ("BASE_TYPE_REQUIRED", "This field is required") if field["required"] else None
    is_offered = isinstance(value, str) and value in _offered(field)
    return None if is_offered else ("BASE_TYPE_CHOICES", "Not among the options.")


def _wrong_text(field: Json, value: Any) -> tuple[str, str] | None:
    if value == "" and not field["required"]:
        return None
    low = field.get("min_length", 1)
    high = field.get("max_length", VALUE_LENGTH_MAX)
    if not isinstance(value, str) or not low <= len(value) <= high:
        return "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length."
    return None


def _offered(field: Json) -> set[str]:
    return {option["value"] for option in field["options"]}


def _submitted(component: Json, sent: dict[str, Json], files: Mapping[str, str]) -> Json:
    """Only what identifies a component and what was filled in goes back."""
    back: Json = {"type": component["type"], "id": component["id"]}
    if "components" in component:
        back["components"] = [_submitted(inner, sent, files) for inner in component["components"]]
    if "component" in component:
        back["component"] = _submitted(component["component"], sent, files)
    if "custom_id" in component:
        answer = sent.get(component["custom_id"], {})
        back["custom_id"] = component["custom_id"]
        if component["type"] in _WITH_ONE_VALUE:
            back["value"] = answer.get("value", _UNFILLED[component["type"]])
        else:
            back["values"] = answer.get("values", [])
        if component["type"] == choices.FILE_UPLOAD:
            back["values"] = [files[value] for value in back["values"]]
    return back


_UNFILLED = {TEXT_INPUT: "", choices.RADIO_GROUP: None, choices.CHECKBOX: False}
