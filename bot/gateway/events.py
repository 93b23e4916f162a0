"""Events of any shape. discord.py ends the whole client by what one of its parsers raises, and drops a press in
silence where a part of its message has another shape. So an event that cannot be read is a line of the log, and an
interaction is reduced to what is needed to answer it.
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
    """Wraps discord.py's parser of each type of event."""
    for kind, parse in state.parsers.items():
        state.parsers[kind] = partial(_parse, state, kind, parse)


def _parse(state: State, kind: str, parse: Any, data: Any) -> None:
    # The handlers that discord.py starts here inherit what is not to be logged.
    with about_typed(*_typed_in(data.get("data") if isinstance(data, dict) else None)):
        try:
            parse(_readable(state, data) if kind == "INTERACTION_CREATE" else data)
        except Exception as error:  # noqa: BLE001 - the outermost frame of an event: the bot outlives what is in it
            log.error("an event could not be read: %s %s: %s", kind, _id(data), _told(error, data))


def _typed_in(data: Any) -> set[str]:
    """The texts of options and fields, and custom ids, as a client can send any."""
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
    for shape in (_whole, _bare):
        try:
            payload = shape(data)
            interaction = discord.Interaction[Any](data=payload, state=state)  # type: ignore[arg-type] # it is to find out
        except Exception as error:  # noqa: BLE001 - discord.py raises anything for what it cannot read
            log.debug("an interaction is tried with less in it: %s", _told(error, data))
            continue
        if _is_whole(interaction, payload):
            if shape is _bare:
                log.warning("an interaction of another shape was reduced: %s", _id(data))
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
    """Without options that are null, and with no more of the message than the bot uses."""
    plain = {key: value for key, value in data.items() if key != "message"}
    inner = data.get("data")
    if isinstance(inner, dict):
        plain["data"] = {key: value for key, value in inner.items() if value is not None}
        if data.get("type") == _COMPONENT:
            plain["message"] = _message(data, inner)
    return plain


def _message(data: Payload, press: Payload) -> Payload:
    """That of a press, with the one control that was pressed: discord.py drops a press without it."""
    message = data.get("message")
    known = message if isinstance(message, dict) else {}
    flags = known.get("flags")
    control = {
        "type": press["component_type"],
        "custom_id": press["custom_id"],
        "style": 2,
        "label": "?",
        "options": [],
    }
    return {
        "id": known.get("id") or data["id"],
        "channel_id": data.get("channel_id"),
        "type": 0,
        "content": "",
        "flags": flags if isinstance(flags, int) else 0,
        "embeds": [_texts(one) for one in _objects(known.get("embeds"))],
        "components": [{"type": 1, "components": [control]}],
    }


def _texts(embed: Payload) -> Payload:
    """What the bot reads again of what it wrote."""
    fields = [
        {"name": "?", "value": str(one.get("value") or ""), "inline": True}
        for one in _objects(embed.get("fields"))
    ]
    return {"type": "rich", "description": str(embed.get("description") or ""), "fields": fields}


def _objects(found: Any) -> list[Payload]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _bare(data: Payload) -> Payload:
    """Who did what, where, and how to answer."""
    plain = _whole(data)
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
