"""What only stands in a modal, inside a label: uploads, radio buttons, and boxes to tick."""

from collections.abc import Callable

from sandbox.discord.rules.buttons import CUSTOM_ID_LENGTH_MAX
from sandbox.discord.rules.form import Node, without_none
from sandbox.discord.wire import Json

VALUES_MAX = 10
OPTION_LENGTH_MAX = 100

FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 19, 21, 22, 23


def _file_upload(node: Node) -> Json:
    node.only("type", "id", "custom_id", "min_values", "max_values", "required")
    return {**_named(node), **_bounds(node, default_max=1)}


def _radio_group(node: Node) -> Json:
    node.only("type", "id", "custom_id", "options", "required")
    options = _options(node, minimum=2)
    if sum(option.get("default", False) for option in options) > 1:
        node.error("BASE_TYPE_CHOICES", "Only one can be the default.", "options")
    return {**_named(node), "required": node.boolean("required", default=True), "options": options}


def _checkbox_group(node: Node) -> Json:
    node.only("type", "id", "custom_id", "options", "min_values", "max_values", "required")
    options = _options(node, minimum=1)
    bounds = _bounds(node, default_max=len(options) or 1)
    if bounds["max_values"] > len(options) > 0:
        node.error("BASE_TYPE_BAD_LENGTH", f"There are only {len(options)} options.", "max_values")
    return {**_named(node), **bounds, "options": options}


def _checkbox(node: Node) -> Json:
    node.only("type", "id", "custom_id", "default")
    return {**_named(node), "default": node.boolean("default")}


def _named(node: Node) -> Json:
    custom_id = node.text("custom_id", minimum=1, maximum=CUSTOM_ID_LENGTH_MAX, required=True, strip=False)
    return {"custom_id": custom_id}


def _bounds(node: Node, *, default_max: int) -> Json:
    minimum = node.integer("min_values", minimum=0, maximum=VALUES_MAX, default=1) or 0
    maximum = node.integer("max_values", minimum=1, maximum=VALUES_MAX, default=default_max) or 1
    if minimum > maximum:
        node.error("SELECT_COMPONENT_MIN_VALUES", "min_values is larger than max_values", "min_values")
    required = node.boolean("required", default=True)
    return {"min_values": minimum, "max_values": maximum, "required": required}


def _options(node: Node, *, minimum: int) -> list[Json]:
    nodes = node.items("options", minimum=minimum, maximum=VALUES_MAX, required=True)
    options = [_option(item) for item in nodes]
    values = [option.get("value") for option in options]
    for index, value in enumerate(values):
        if value in values[:index]:
            nodes[index].error("SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "It is already used", "value")
    return options


def _option(node: Node) -> Json:
    node.only("label", "value", "description", "default")
    return without_none(
        {
            "label": node.text("label", minimum=1, maximum=OPTION_LENGTH_MAX, required=True),
            "value": node.text("value", minimum=1, maximum=OPTION_LENGTH_MAX, required=True, strip=False),
            "description": node.text("description", maximum=OPTION_LENGTH_MAX),
            "default": True if node.boolean("default") else None,
        }
    )


READERS: dict[int, Callable[[Node], Json]] = {
    FILE_UPLOAD: _file_upload,
    RADIO_GROUP: _radio_group,
    CHECKBOX_GROUP: _checkbox_group,
    CHECKBOX: _checkbox,
}
