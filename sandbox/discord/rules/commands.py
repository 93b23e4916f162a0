"""Application commands as a bot registers them."""

import re

from sandbox.discord.rules.form import Node, without_none
from sandbox.discord.wire import Json

COMMANDS_MAX = {1: 100, 3: 15}
"""Of each type, for all servers and for each alone."""

OPTIONS_MAX = 25
CHOICES_MAX = 25
NAME_LENGTH_MAX = 32
DESCRIPTION_LENGTH_MAX = 100
CHOICE_LENGTH_MAX = 100
STRING_LENGTH_MAX = 6000
TOTAL_LENGTH_MAX = 8000

CHAT_INPUT, MESSAGE = 1, 3
SUBCOMMAND, SUBCOMMAND_GROUP = 1, 2
STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = (
    3, 4, 5, 6, 7, 8, 9, 10, 11,
)  # fmt: skip

LOCALES = frozenset(
    "id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th "
    "zh-CN ja zh-TW ko".split()
)

NESTED = (SUBCOMMAND, SUBCOMMAND_GROUP)
OPTION_TYPES = (STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT)

_NAME = re.compile(r"[-_'\w]{1,32}")


def read_command(node: Node) -> Json:
    """The command without what Discord adds to it (ids and version)."""
    node.only("type", "name", "name_localizations", "description", "description_localizations", "options",
              "default_member_permissions", "dm_permission", "default_permission", "contexts",
              "integration_types", "nsfw", "id", "handler")  # fmt: skip
    # Commands on a user are not part of the sandbox; a bot that registers one is told so at once.
    kind = node.choice("type", (CHAT_INPUT, MESSAGE), required=False) or CHAT_INPUT
    command: Json = {
        "type": kind,
        **(_named(node) if kind == CHAT_INPUT else _entry_of_a_menu(node)),
        "default_member_permissions": _permissions(node),
        "dm_permission": node.boolean("dm_permission", default=True),
        "contexts": _numbers(node, "contexts", (0, 1, 2)),
        "integration_types": _numbers(node, "integration_types", (0, 1)) or [0],
        "nsfw": node.boolean("nsfw"),
    }
    options = _options(node, (*NESTED, *OPTION_TYPES)) if kind == CHAT_INPUT else []
    if _length({**command, "options": options}) > TOTAL_LENGTH_MAX:
        node.error(
            "APPLICATION_COMMAND_TOO_LARGE",
            f"Command exceeds maximum size ({TOTAL_LENGTH_MAX})",
        )
    return {**command, **({"options": options} if options else {})}


def key_of(command: Json) -> tuple[int, str]:
    """What no two commands of one place share."""
    return command["type"], command["name"]


def _named(node: Node) -> Json:
    name = node.text("name", minimum=1, maximum=NAME_LENGTH_MAX, required=True)
    if name and (not _NAME.fullmatch(name) or name != name.lower()):
        node.error("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid", "name")
    return without_none(
        {
            "name": name,
            "name_localizations": _localizations(node, "name_localizations", NAME_LENGTH_MAX),
            "description": node.text("description", minimum=1, maximum=DESCRIPTION_LENGTH_MAX, required=True),
            "description_localizations": _localizations(
                node, "description_localizations", DESCRIPTION_LENGTH_MAX
            ),
        }
    )


def _entry_of_a_menu(node: Node) -> Json:
    """Its name may have capitals and spaces, and is all there is to read."""
    for key in ("description", "options"):
        if node.fields.get(key):
            node.error("APPLICATION_COMMAND_FIELD_FORBIDDEN", f"A command on a message has no {key}", key)
    return without_none(
        {
            "name": node.text("name", minimum=1, maximum=NAME_LENGTH_MAX, required=True),
            "name_localizations": _localizations(node, "name_localizations", NAME_LENGTH_MAX),
            "description": "",
        }
    )


def _permissions(node: Node) -> str | None:
    """Discord takes numbers and strings, and answers with strings."""
    key = "default_member_permissions"
    if not node.has(key):
        return None
    permissions = str(node.fields[key])
    if not permissions.isdecimal():
        node.error("NUMBER_TYPE_COERCE", f'Value "{permissions}" is not int.', key)
    return permissions


def _localizations(node: Node, key: str, maximum: int) -> Json | None:
    if not node.has(key):
        return None
    inner = node.child(key)
    for locale in inner.fields.keys() - LOCALES:
        inner.error("ENUM_TYPE_COERCE", f'Value "{locale}" is not a valid enum value.', locale)
    return {locale: inner.text(locale, minimum=1, maximum=maximum) for locale in inner.fields}


def _numbers(node: Node, key: str, known: tuple[int, ...]) -> list[int] | None:
    if not node.has(key):
        return None
    values = [item.value for item in node.items(key, maximum=len(known))]
    for index, value in enumerate(values):
        if value not in known:
            node.error("BASE_TYPE_CHOICES", f"Value must be one of {known}.", key, index)
    return [value for value in values if isinstance(value, int)]


def _options(node: Node, kinds: tuple[int, ...]) -> list[Json]:
    nodes = node.items("options", maximum=OPTIONS_MAX)
    options = [_option(item, kinds) for item in nodes]
    if len({option["type"] in NESTED for option in options if option["type"] is not None}) > 1:
        node.error(
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
            "Sub-command and sub-command group option types are mutually exclusive to other types",
            "options",
        )
    names = [option.get("name") for option in options]
    for index, (item, option) in enumerate(zip(nodes, options, strict=True)):
        if option.get("name") in names[:index]:
            item.error("APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED", "Option name is already used", "name")
        if option.get("required") and any(not earlier.get("required") for earlier in options[:index]):
            item.error(
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
    return options


def _option(node: Node, kinds: tuple[int, ...]) -> Json:
    node.only("type", "name", "name_localizations", "description", "description_localizations", "required",
              "choices", "options", "channel_types", "min_value", "max_value", "min_length", "max_length",
              "autocomplete")  # fmt: skip
    kind = node.choice("type", kinds)
    if kind in NESTED:
        return {"type": kind, **_named(node), **_nested(node, kind)}
    choices = [_choice(item, kind) for item in node.items("choices", maximum=CHOICES_MAX)]
    autocomplete = node.boolean("autocomplete")
    if autocomplete and (choices or kind not in (STRING, INTEGER, NUMBER)):
        node.error("APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID", "Autocomplete is not possible here")
    extra = without_none(
        {
            "choices": choices or None,
            "autocomplete": True if autocomplete else None,
            "min_value": node.fields.get("min_value") if kind in (INTEGER, NUMBER) else None,
            "max_value": node.fields.get("max_value") if kind in (INTEGER, NUMBER) else None,
            "min_length": node.integer("min_length", minimum=0, maximum=STRING_LENGTH_MAX),
            "max_length": node.integer("max_length", minimum=1, maximum=STRING_LENGTH_MAX),
            "channel_types": node.fields.get("channel_types") or None,
        }
    )
    return {"type": kind, **_named(node), "required": node.boolean("required"), **extra}


def _nested(node: Node, kind: int) -> Json:
    """The options of a subcommand, or the subcommands of a group, of which there are some."""
    if kind == SUBCOMMAND:
        options = _options(node, OPTION_TYPES)
        return {"options": options} if options else {}
    options = _options(node, (SUBCOMMAND,))
    if not options:
        node.error("BASE_TYPE_REQUIRED", "This field is required", "options")
    return {"options": options}


def _choice(node: Node, kind: int | None) -> Json:
    node.only("name", "name_localizations", "value")
    value = node.fields.get("value")
    types = {STRING: str, INTEGER: int, NUMBER: int | float}
    right = kind in types and isinstance(value, types[kind]) and not isinstance(value, bool)
    if not right or (isinstance(value, str) and not 1 <= len(value) <= CHOICE_LENGTH_MAX):
        node.error("BASE_TYPE_BAD_LENGTH", "The value of a choice must be of its option's type", "value")
    return without_none(
        {
            "name": node.text("name", minimum=1, maximum=CHOICE_LENGTH_MAX, required=True),
            "name_localizations": _localizations(node, "name_localizations", CHOICE_LENGTH_MAX),
            "value": value,
        }
    )


def _length(named: Json) -> int:
    """Discord counts names, descriptions and the values of choices, at all levels."""
    own = (
        len(named.get("name") or "") + len(named.get("description") or "") + len(str(named.get("value", "")))
    )
    return own + sum(_length(one) for key in ("options", "choices") for one in named.get(key, []))
