"""What the gateway brings, as far as it can be read.

discord.py ends the whole client by whatever one of its parsers raises, and drops a press without a word where
a part of its message has another shape. Discord adds and changes fields as it likes, and any member can repeat
an event that breaks the parser. So an event that cannot be read is a line of the log, and an interaction is
reduced to what is needed to answer it.
"""

import logging
from functools import partial
from typing import Any, TypeAlias

import discord
from discord.state import ConnectionState

from core.errors import reason
from ops.logs import about_typed

log = logging.getLogger(__name__)

State: TypeAlias = "ConnectionState[Any]"
Payload: TypeAlias = dict[str, Any]

_TYPED = {"value", "values", "custom_id"}
_DIRECT_MESSAGE, _TEXT_CHANNEL = 1, 0
_COMPONENT = 3
_ATTACHMENT_BYTES_MAX = 10 * 1024 * 1024


def guard(state: State) -> None:
    """What discord.py has for each type of event is called with what it can read, and may fail."""
    for kind, parse in state.parsers.items():
        state.parsers[kind] = partial(_parse, state, kind, parse)


def _parse(state: State, kind: str, parse: Any, data: Any) -> None:
    # The handlers that discord.py begins here inherit what is not to be logged.
    with about_typed(*_typed_in(data.get("data") if isinstance(data, dict) else None)):
        try:
            parse(_readable(state, data) if kind == "INTERACTION_CREATE" else data)
        except Exception as error:  # noqa: BLE001 - the outermost frame of an event: the bot outlives what is in it
            log.error("an event could not be read: %s %s: %s", kind, _id(data), _told(error, data))


def _typed_in(data: Any) -> set[str]:
    """The texts of options and fields, wherever they are, and custom ids, which may be of any text as well."""
    found: set[str] = set()
    pending = [(data, False)]
    while pending:
        part, is_typed = pending.pop()
        if isinstance(part, dict):
            pending += [(value, key in _TYPED) for key, value in part.items()]
        elif isinstance(part, list):
            pending += [(value, is_typed) for value in part]
        elif isinstance(part, str) and is_typed:
            found.add(part)
    return found


def _readable(state: State, data: Payload) -> Payload:
    """The interaction as it came, or with less in it."""
    for attempt, shape in enumerate((_whole, _with_plain_message, _bare)):
        try:
            payload = shape(data)
            interaction = discord.Interaction[Any](data=payload, state=state)  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001 - discord.py says in no way what it cannot read
            log.debug("an interaction is read by less of it: %s", _told(error, data))
            continue
        if _is_whole(interaction, payload):
            if attempt:
                log.warning("an interaction of another shape is read by what is known of it: %s", _id(data))
            return payload
    return data


def _is_whole(interaction: "discord.Interaction[Any]", payload: Payload) -> bool:
    """discord.py leaves out what lacks a field."""
    message = interaction.message
    return (
        (payload.get("type") != _COMPONENT or (message is not None and isinstance(message.flags.value, int)))
        and (interaction.channel is not None or "channel_id" not in payload)
        and isinstance(interaction.user, (discord.User, discord.Member))
        and isinstance(interaction.locale.value, str)
    )


def _whole(data: Payload) -> Payload:
    """Options that are nothing are none, and a message has the control by which it was pressed."""
    inner, message = data.get("data"), data.get("message")
    if not isinstance(inner, dict):
        return data
    whole = {**data, "data": {key: value for key, value in inner.items() if value is not None}}
    if data.get("type") == _COMPONENT and isinstance(message, dict):
        whole["message"] = {**message, "components": _controls(inner)}
    return whole


def _with_plain_message(data: Payload) -> Payload:
    """All that a press needs of its message is whether others see it; what was pressed is in the press."""
    if data.get("type") != _COMPONENT:
        return {key: value for key, value in data.items() if key != "message"}
    message = data.get("message")
    known = message if isinstance(message, dict) else {}
    flags = known.get("flags")
    return {
        **data,
        "message": {
            "id": known.get("id") or data["id"],
            "channel_id": data.get("channel_id"),
            "type": 0,
            "content": "",
            "flags": flags if isinstance(flags, int) else 0,
            "components": _controls(data["data"]),
        },
    }


def _controls(press: Payload) -> list[Payload]:
    """discord.py passes over a press whose control it does not find on the message."""
    control = {
        "type": press["component_type"],
        "custom_id": press["custom_id"],
        "style": 2,
        "label": "?",
        "options": [],
    }
    return [{"type": 1, "components": [control]}]


def _bare(data: Payload) -> Payload:
    """Who did what, where, and how to answer."""
    plain = _with_plain_message(data)
    guild_id = data.get("guild_id")
    kept = ("id", "type", "token", "application_id", "data", "channel_id", "message", "context")
    bare: Payload = {key: plain[key] for key in kept if plain.get(key) is not None}
    locale, size = data.get("locale"), data.get("attachment_size_limit")
    bare |= {
        "version": 1,
        "locale": locale if isinstance(locale, str) else "en-US",
        "attachment_size_limit": size if isinstance(size, int) else _ATTACHMENT_BYTES_MAX,
        "app_permissions": _number(data.get("app_permissions")),
        "channel": {
            "id": data["channel_id"],
            "type": _TEXT_CHANNEL if guild_id else _DIRECT_MESSAGE,
            "name": "",
            "position": 0,
            "recipients": [],
        },
    }
    if not guild_id:
        return {**bare, "user": _user(data.get("user") or data["member"]["user"])}
    member = data["member"]
    permissions = _number(member.get("permissions"))
    return {
        **bare,
        "guild_id": guild_id,
        "member": {"user": _user(member["user"]), "roles": [], "flags": 0, "permissions": permissions},
    }


def _user(user: Payload) -> Payload:
    names = {key: str(user.get(key) or "?") for key in ("username", "global_name")}
    return {"id": user["id"], **names, "discriminator": "0", "avatar": None}


def _number(value: object) -> str:
    """Permissions that nobody can read are none."""
    return value if isinstance(value, str) and value.isascii() and value.isdigit() else "0"


def _id(data: Any) -> str:
    found = str(data.get("id")) if isinstance(data, dict) else ""
    return found[:20] if found.isascii() and found.isdigit() else "without an id"


def _told(error: Exception, data: Any) -> str:
    """Without the token by which one may answer in the bot's name."""
    text = f"{type(error).__name__}: {reason(error)}"
    token = data.get("token") if isinstance(data, dict) else None
    return repr((text.replace(token, "…") if isinstance(token, str) and token else text)[:200])
