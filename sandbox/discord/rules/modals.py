"""Modals: what a bot may open, and what a member may send back."""

from collections.abc import Iterator

from sandbox.discord.rules import selects
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


def read_submission(modal: Json, data: Json) -> list[Json]:
    """The components as the bot gets them back. Raises 50035 for what Discord's own client would not send."""
    form = Form()
    node = Node(data, form)
    node.only("custom_id", "components")
    sent = {field["custom_id"]: field for field in walk(data.get("components", [])) if field.get("custom_id")}
    for field in fields_of(modal):
        _check_field(field, sent.get(field["custom_id"], {}), node)
    form.refuse_if_wrong()
    return [_submitted(row, sent) for row in modal["components"]]


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
    kind = node.choice("type", (TEXT_INPUT, *selects.READERS) if labelled else (TEXT_INPUT,))
    if kind in selects.READERS:
        return {"type": kind, **read_id(node), **selects.READERS[kind](node)}
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


def _check_field(field: Json, sent: Json, node: Node) -> None:
    where = ("components", field["custom_id"])
    if field["type"] in selects.READERS:
        values = sent.get("values", [])
        low = field["min_values"] if field.get("required", True) else 0
        if not low <= len(values) <= field["max_values"]:
            node.error("BASE_TYPE_BAD_LENGTH", "Not that many may be chosen.", *where)
        offered = [option["value"] for option in field.get("options", [])]
        if field["type"] == selects.STRING_SELECT and any(value not in offered for value in values):
            node.error("BASE_TYPE_CHOICES", "Not among the options.", *where)
        return
    value = sent.get("value", "")
    if value == "" and not field["required"]:
        return
    low = field.get("min_length", 1)
    high = field.get("max_length", VALUE_LENGTH_MAX)
    if not isinstance(value, str) or not low <= len(value) <= high:
        node.error("BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.", *where)


def _submitted(component: Json, sent: dict[str, Json]) -> Json:
    """Only what identifies a component and what was filled in goes back."""
    back: Json = {"type": component["type"], "id": component["id"]}
    if "components" in component:
        back["components"] = [_submitted(inner, sent) for inner in component["components"]]
    if "component" in component:
        back["component"] = _submitted(component["component"], sent)
    if "custom_id" in component:
        answer = sent.get(component["custom_id"], {})
        back["custom_id"] = component["custom_id"]
        if component["type"] == TEXT_INPUT:
            back["value"] = answer.get("value", "")
        else:
            back["values"] = answer.get("values", [])
    return back
