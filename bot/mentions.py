"""Mentions in a prompt, with names in the place of ids: a model knows no ids, nor does whoever hears an alt text."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import discord

from bot.services import Interaction
from core.validation import clean
from ops.logs import note_typed

_WRITTEN = re.compile(
    r"<@!?(?P<user>[0-9]{1,20})>"
    r"|<@&(?P<role>[0-9]{1,20})>"
    r"|<\#(?P<channel>[0-9]{1,20})>"
    r"|<a?:(?P<emoji>\w{1,40}):[0-9]{1,20}>"
    r"|</(?P<command>[^<>:\n]{1,100}):[0-9]{1,20}>"
    r"|<t:(?P<time>-?[0-9]{1,13})(?::[A-Za-z])?>"
    r"|<id:(?P<page>[a-z-]{1,20})(?::[0-9]{1,20})?>"
)


def spelled_out(interaction: Interaction, text: str) -> str:
    """As it can be stored. What is unknown is named by its kind."""
    ways: dict[str, Callable[[str], str]] = {
        "user": lambda id_: _name(_user(interaction, id_)) or "someone",
        "role": lambda id_: _name(_role(interaction, id_)) or "a role",
        "channel": lambda id_: _name(_channel(interaction, id_)) or "a channel",
        "emoji": str,
        "command": lambda name: f"/{name}",
        "time": _date,
        "page": str,
    }

    def name(match: re.Match[str]) -> str:
        kind = str(match.lastgroup)
        return clean(ways[kind](match[kind]))

    words = _WRITTEN.sub(name, clean(text))
    note_typed(words)
    return words


def _name(known: object) -> str:
    """Names may contain mentions, too."""
    return _WRITTEN.sub("", clean(known)).strip() if isinstance(known, str) else ""


def _user(interaction: Interaction, id_: str) -> str | None:
    for known in (interaction.user, interaction.client.user):
        if known is not None and str(known.id) == id_:
            return known.display_name
    member, user = _resolved(interaction, "members", id_), _resolved(interaction, "users", id_)
    return member.get("nick") or user.get("global_name") or user.get("username")


def _role(interaction: Interaction, id_: str) -> str | None:
    role = interaction.guild.get_role(int(id_)) if interaction.guild is not None else None
    return role.name if role is not None else _resolved(interaction, "roles", id_).get("name")


def _channel(interaction: Interaction, id_: str) -> str | None:
    """None for a channel that the member does not see."""
    channel = interaction.guild.get_channel_or_thread(int(id_)) if interaction.guild is not None else None
    user = interaction.user
    if channel is None or not isinstance(user, discord.Member):
        return None
    # Who is in a private thread is not known outside of it.
    is_secret = (
        isinstance(channel, discord.Thread) and channel.is_private() and channel != interaction.channel
    )
    return channel.name if not is_secret and channel.permissions_for(user).view_channel else None


def _resolved(interaction: Interaction, kind: str, id_: str) -> Mapping[str, Any]:
    data: Mapping[str, Any] = interaction.data or {}
    found = data.get("resolved", {}).get(kind, {}).get(id_)
    return found if isinstance(found, dict) else {}


def _date(seconds: str) -> str:
    try:
        return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return "a date"
