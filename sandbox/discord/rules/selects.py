"""Select menus of strings, users, roles and channels, in messages and in modals."""

from collections.abc import Callable

from sandbox.discord.rules.buttons import CUSTOM_ID_LENGTH_MAX, read_emoji
from sandbox.discord.rules.form import Node, without_none
from sandbox.discord.wire import Json

OPTIONS_MAX = 25
PLACEHOLDER_LENGTH_MAX = 150
OPTION_LENGTH_MAX = 100

STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = 3, 5, 6, 7, 8

ENTITIES = {
    USER_SELECT: ("user",),
    ROLE_SELECT: ("role",),
    MENTIONABLE_SELECT: ("user", "role"),
    CHANNEL_SELECT: ("channel",),
}
"""What can be chosen there, by the names that default values have for it."""

CHANNEL_TYPES = (0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16)

_COMMON = ("type", "id", "custom_id", "placeholder", "min_values", "max_values", "disabled", "required")


def _string_select(node: Node) -> Json:
    node.only(*_COMMON, "options")
    options = [_option(item) for item in node.items("options", minimum=1, maximum=OPTIONS_MAX, required=True)]
    values = [option.get("value") for option in options]
    for index, value in enumerate(values):
        if value in values[:index]:
            node.error(
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                "The specified option value is already used",
                "options",
                index,
                "value",
            )
    select = _common(node)
    if select["max_values"] > len(options) > 0:
        node.error("BASE_TYPE_BAD_LENGTH", f"There are only {len(options)} options.", "max_values")
    _check_defaults(node, "options", sum(option.get("default", False) for option in options), select)
    return {**select, "options": options}


def _entity_select(node: Node) -> Json:
    kind = node.fields["type"]
    more = ["channel_types"] if kind == CHANNEL_SELECT else []
    node.only(*_COMMON, "default_values", *more)
    select = _common(node)
    defaults = [_default(item, ENTITIES[kind]) for item in node.items("default_values", maximum=OPTIONS_MAX)]
    if defaults:
        select["default_values"] = defaults
        _check_defaults(node, "default_values", len(defaults), select)
        if len({one["id"] for one in defaults}) < len(defaults):
            node.error(
                "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value", "default_values"
            )
    types = node.fields.get("channel_types")
    if kind == CHANNEL_SELECT and types:
        if not isinstance(types, list) or not all(one in CHANNEL_TYPES for one in types):
            node.error("BASE_TYPE_CHOICES", f"Value must be one of {CHANNEL_TYPES}.", "channel_types")
        select["channel_types"] = types
    return select


def _default(node: Node, kinds: tuple[str, ...]) -> Json:
    node.only("id", "type")
    id_ = node.text("id", minimum=1, maximum=20, required=True)
    if not (id_ or "0").isdecimal():
        node.error("NUMBER_TYPE_COERCE", f'Value "{id_}" is not snowflake.', "id")
    return {"id": id_, "type": node.choice("type", kinds)}


def _check_defaults(node: Node, where: str, count: int, select: Json) -> None:
    """None at all is always right."""
    low, high = select.get("min_values", 0), select.get("max_values", 1)
    if count and not low <= count <= high:
        node.error("BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.", where)


def _common(node: Node) -> Json:
    minimum = node.integer("min_values", minimum=0, maximum=OPTIONS_MAX, default=1)
    maximum = node.integer("max_values", minimum=1, maximum=OPTIONS_MAX, default=1)
    if minimum is not None and maximum is not None and minimum > maximum:
        node.error("SELECT_COMPONENT_MIN_VALUES", "min_values is larger than max_values", "min_values")
    return without_none(
        {
            "custom_id": node.text(
                "custom_id", minimum=1, maximum=CUSTOM_ID_LENGTH_MAX, required=True, strip=False
            ),
            "placeholder": node.text("placeholder", maximum=PLACEHOLDER_LENGTH_MAX),
            "min_values": minimum,
            "max_values": maximum,
            "disabled": True if node.boolean("disabled") else None,
            "required": node.boolean("required", default=True) if node.has("required") else None,
        }
    )


def _option(node: Node) -> Json:
    node.only("label", "value", "description", "emoji", "default")
    return without_none(
        {
            "label": node.text("label", minimum=1, maximum=OPTION_LENGTH_MAX, required=True),
            "value": node.text("value", minimum=1, maximum=OPTION_LENGTH_MAX, required=True, strip=False),
            "description": node.text("description", maximum=OPTION_LENGTH_MAX),
            "emoji": read_emoji(node),
            "default": True if node.boolean("default") else None,
        }
    )


READERS: dict[int, Callable[[Node], Json]] = {
    STRING_SELECT: _string_select,
    USER_SELECT: _entity_select,
    ROLE_SELECT: _entity_select,
    MENTIONABLE_SELECT: _entity_select,
    CHANNEL_SELECT: _entity_select,
}
