"""INTERACTION_CREATE: what the bot is told of a member's command, press, typing or modal."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord.render import Render
from sandbox.discord.rules import commands, selects
from sandbox.discord.rules.attachments import ATTACHMENT_BYTES_MAX
from sandbox.discord.rules.choices import FILE_UPLOAD
from sandbox.discord.rules.options import flat
from sandbox.discord.rules.permissions import permissions_of
from sandbox.discord.state import Channel, Interaction, Message, World
from sandbox.discord.wire import Json

GUILD_LOCALE = "en-US"
IN_GUILD, IN_DIRECT_MESSAGES = 0, 1

_MENTION = re.compile(r"<(?P<kind>@!?|#)(?P<id>[0-9]{1,20})>")


def interaction_payload(
    world: World, render: Render, interaction: Interaction, channel: Channel, message: Message | None
) -> Json:
    payload: Json = {
        "version": 1,
        "id": interaction.id,
        "application_id": world.application_id,
        "type": interaction.type,
        "token": interaction.token,
        "data": {**interaction.data, **_resolved(world, render, interaction, channel)},
        "channel_id": channel.id,
        "channel": render.channel_in_interaction(channel, interaction.user_id),
        "app_permissions": _permissions(world, channel, world.bot_id),
        "locale": interaction.locale,
        "entitlements": [],
        "authorizing_integration_owners": {"0": channel.guild_id or "0"},
        "context": IN_DIRECT_MESSAGES if channel.is_direct else IN_GUILD,
        "attachment_size_limit": ATTACHMENT_BYTES_MAX,
    }
    if message is not None:
        payload["message"] = render.message(message, world.bot_id)
    if channel.is_direct:
        return {**payload, "user": render.user_by_id(interaction.user_id)}
    guild = world.guild_of(channel)
    member = render.member(guild.members[interaction.user_id])
    permissions = _permissions(world, channel, interaction.user_id)
    return {
        **payload,
        "guild_id": guild.id,
        "guild": {"id": guild.id, "locale": GUILD_LOCALE, "features": []},
        "guild_locale": GUILD_LOCALE,
        "member": {**member, "permissions": permissions},
    }


def _permissions(world: World, channel: Channel, user_id: str) -> str:
    return str(int(permissions_of(world, channel, user_id)))


def _resolved(world: World, render: Render, interaction: Interaction, channel: Channel) -> Json:
    """What options, select menus, uploads or a menu name by id, or what a text mentions."""
    named = _named(interaction.data)
    found: dict[str, Any] = {}
    known = [id_ for id_ in named.users if id_ in world.users]
    if known:
        found["users"] = {id_: render.user_by_id(id_) for id_ in known}
        if not channel.is_direct:
            members = world.guild_of(channel).members
            known = [id_ for id_ in known if id_ in members]
            found["members"] = {
                id_: {
                    **render.member_without_user(members[id_]),
                    "permissions": _permissions(world, channel, id_),
                }
                for id_ in known
            }
    roles = {} if channel.is_direct else world.guild_of(channel).roles
    if chosen := [roles[id_] for id_ in named.roles if id_ in roles]:
        found["roles"] = {role.id: render.role(role) for role in chosen}
    channels = [world.channels[id_] for id_ in named.channels if id_ in world.channels]
    if channels:
        found["channels"] = {
            one.id: render.channel_in_interaction(one, interaction.user_id) for one in channels
        }
    files = world.ephemeral_attachments
    attachments = [files[id_] for id_ in named.attachments if id_ in files]
    if attachments:
        found["attachments"] = {
            one.id: render.attachment_in_interaction(channel.id, one) for one in attachments
        }
    target = world.message(channel.id, interaction.data.get("target_id", ""))
    if target is not None:
        # Whole, whatever the bot is told of messages otherwise.
        found["messages"] = {target.id: render.message(target, world.bot_id)}
    return {"resolved": found} if found else {}


@dataclass(slots=True)
class _Named:
    users: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)


def _named(data: Json) -> _Named:
    named = _Named()
    of_option = {
        commands.USER: named.users,
        commands.CHANNEL: named.channels,
        commands.ATTACHMENT: named.attachments,
    }
    of_component = {
        selects.USER_SELECT: (named.users,),
        selects.ROLE_SELECT: (named.roles,),
        # An id is of one or the other.
        selects.MENTIONABLE_SELECT: (named.users, named.roles),
        selects.CHANNEL_SELECT: (named.channels,),
        FILE_UPLOAD: (named.attachments,),
    }
    for option in flat(data.get("options", [])):
        if option["type"] in of_option:
            of_option[option["type"]].append(str(option["value"]))
        elif option["type"] == commands.STRING:
            for mention in _MENTION.finditer(str(option["value"])):
                (named.channels if mention["kind"] == "#" else named.users).append(mention["id"])
    pressed = {"type": data.get("component_type"), "values": data.get("values", [])}
    for component in (pressed, *_filled_in(data.get("components"))):
        kind, values = component.get("type"), component.get("values")
        if isinstance(kind, int) and isinstance(values, list):
            for ids in of_component.get(kind, ()):
                ids.extend(values)
    return named


def _filled_in(submitted: Any) -> Iterator[Json]:
    """Each component of a modal, which tests submit in any shape."""
    if isinstance(submitted, list):
        for one in submitted:
            yield from _filled_in(one)
    elif isinstance(submitted, dict):
        yield submitted
        yield from _filled_in(submitted.get("components"))
        yield from _filled_in(submitted.get("component"))
