"""What a member fills in for a command's options, checked before the bot hears of it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from sandbox.discord.rules import commands
from sandbox.discord.rules.form import Form, Node
from sandbox.discord.wire import Json

_TYPES: dict[int, tuple[type, ...]] = {
    commands.STRING: (str,),
    commands.INTEGER: (int,),
    commands.NUMBER: (int, float),
    commands.BOOLEAN: (bool,),
    commands.USER: (str,),
    commands.CHANNEL: (str,),
}


def read_options(
    command: Json, data: Json, *, complete: bool, files: Mapping[str, str] = MappingProxyType({})
) -> list[Json]:
    """The options as the bot gets them. Raises 50035 for what Discord's own client would not send.

    `complete` is False for autocomplete, where required options may still be missing. `files` are the ids of
    the attachments by those that the client gave them.
    """
    form = Form()
    options = _level(command, Node(data, form), complete, files)
    form.refuse_if_wrong()
    return options


def flat(options: list[Json]) -> Iterator[Json]:
    """Those that have a value, whatever subcommand they stand in."""
    for option in options:
        if option["type"] in commands.NESTED:
            yield from flat(option.get("options", []))
        else:
            yield option


def path_of(options: list[Json]) -> Iterator[str]:
    """The names of the subcommand, and of the group that it is in."""
    for option in options:
        if option["type"] in commands.NESTED:
            yield option["name"]
            yield from path_of(option.get("options", []))


def _level(holder: Json, node: Node, complete: bool, files: Mapping[str, str]) -> list[Json]:
    known = {option["name"]: option for option in holder.get("options", [])}
    if any(option["type"] in commands.NESTED for option in known.values()):
        return _subcommand(known, node, complete, files)
    given: list[Json] = []
    for item in node.items("options", maximum=commands.OPTIONS_MAX):
        item.only("type", "name", "value", "focused")
        option = known.get(str(item.fields.get("name")))
        if option is None:
            item.error("APPLICATION_COMMAND_OPTIONS_UNKNOWN", "There is no such option", "name")
        elif item.fields.get("focused") and not complete:
            given.append({**_pair(option, item.fields.get("value")), "focused": True})
        else:
            given.append(_pair(option, _value(option, item, complete, files)))
    missing = known.keys() - {option["name"] for option in given}
    if complete:
        for name in sorted(name for name in missing if known[name]["required"]):
            node.error("BASE_TYPE_REQUIRED", "This field is required", "options", name)
    return given


def _subcommand(known: dict[str, Json], node: Node, complete: bool, files: Mapping[str, str]) -> list[Json]:
    """One of those that there are, and nothing beside it."""
    items = node.items("options", minimum=1, maximum=1, required=True)
    if len(items) != 1:
        return []
    (item,) = items
    item.only("type", "name", "options")
    option = known.get(str(item.fields.get("name")))
    if option is None:
        item.error("APPLICATION_COMMAND_OPTIONS_UNKNOWN", "There is no such option", "name")
        return []
    inner = _level(option, item, complete, files)
    return [{"type": option["type"], "name": option["name"], "options": inner}]


def _pair(option: Json, value: Any) -> Json:
    return {"type": option["type"], "name": option["name"], "value": value}


def _value(option: Json, item: Node, complete: bool, files: Mapping[str, str]) -> Any:
    value = item.fields.get("value")
    if not complete:
        return value
    if option["type"] == commands.ATTACHMENT:
        if str(value) not in files:
            item.error("APPLICATION_COMMAND_OPTIONS_VALUE_INVALID", "No file came with this id", "value")
        return files.get(str(value))
    _check(option, item, value)
    return value


def _check(option: Json, item: Node, value: Any) -> None:
    kind = option["type"]
    wanted = _TYPES.get(kind)
    is_bool = isinstance(value, bool)
    if wanted is None:
        item.error("BASE_TYPE_CHOICES", f"The sandbox has no options of type {kind}", "value")
    elif not isinstance(value, wanted) or (is_bool and kind != commands.BOOLEAN):
        item.error("APPLICATION_COMMAND_OPTIONS_VALUE_INVALID", f"Not a value of type {kind}", "value")
    elif "choices" in option and value not in [choice["value"] for choice in option["choices"]]:
        item.error("BASE_TYPE_CHOICES", "Not one of the choices", "value")
    elif isinstance(value, str):
        _check_length(option, item, value)
    elif isinstance(value, int | float) and not is_bool:
        _check_range(option, item, value)


def _check_length(option: Json, item: Node, value: str) -> None:
    minimum = option.get("min_length", 0 if not option["required"] else 1)
    maximum = option.get("max_length", commands.STRING_LENGTH_MAX)
    if option["type"] == commands.STRING and not minimum <= len(value) <= maximum:
        item.error("BASE_TYPE_BAD_LENGTH", f"Must be between {minimum} and {maximum} in length.", "value")


def _check_range(option: Json, item: Node, value: float) -> None:
    minimum = option.get("min_value", -(2**53))
    maximum = option.get("max_value", 2**53)
    if value < minimum:
        item.error("NUMBER_TYPE_MIN", f"Value should be greater than or equal to {minimum}.", "value")
    if value > maximum:
        item.error("NUMBER_TYPE_MAX", f"Value should be less than or equal to {maximum}.", "value")
