"""Who may use a command where, by what a server's owner set under Integrations.

In the order in which Discord's own client decides it.
"""

from enum import IntEnum

from sandbox.discord import errors
from sandbox.discord.rules.permissions import Permission, permissions_of
from sandbox.discord.state import Channel, World
from sandbox.discord.wire import Json


class Target(IntEnum):
    ROLE = 1
    USER = 2
    CHANNEL = 3


def may_use(world: World, command: Json, channel: Channel, user_id: str) -> bool:
    """In direct messages nothing is asked for, and administrators may use all.

    What is set of the command comes first, then what is set of the application, then what the command was
    registered with; no permissions at all ("0") leave it to administrators.
    """
    if channel.is_direct:
        return True
    permissions = permissions_of(world, channel, user_id)
    if Permission.ADMINISTRATOR in permissions:
        return True
    guild = world.guild_of(channel)
    set_for_it = guild.command_permissions.get(command["id"], [])
    set_for_all = guild.command_permissions.get(world.application_id, [])
    place, roles = world.governing(channel).id, guild.members[user_id].roles
    here = [_in_channel(one, guild.id, place) for one in (set_for_it, set_for_all)]
    if next((said for said in here if said is not None), True) is False:
        return False
    by_command, by_application = (
        _for_member(one, guild.id, user_id, roles) for one in (set_for_it, set_for_all)
    )
    if by_command is not None:
        return by_command
    if by_application is False:
        return False
    default = command["default_member_permissions"]
    return default is None or (int(default) != 0 and not int(default) & ~int(permissions))


def _in_channel(entries: list[Json], guild_id: str, channel_id: str) -> bool | None:
    everywhere = str(int(guild_id) - 1)
    return _said(entries, Target.CHANNEL, channel_id, everywhere)


def _for_member(entries: list[Json], guild_id: str, user_id: str, roles: list[str]) -> bool | None:
    """The member alone, then any role that allows it, then any that does not, then everyone."""
    alone = _said(entries, Target.USER, user_id)
    if alone is not None:
        return alone
    by_roles = {said for role_id in roles if (said := _said(entries, Target.ROLE, role_id)) is not None}
    return any(by_roles) if by_roles else _said(entries, Target.ROLE, guild_id)


def _said(entries: list[Json], target: Target, *ids: str) -> bool | None:
    """By the first of the ids of which anything is said."""
    said = {entry["id"]: bool(entry["permission"]) for entry in entries if entry["type"] == target}
    return next((said[id_] for id_ in ids if id_ in said), None)


def read_entries(value: object) -> list[Json]:
    """Raises 50035."""
    if not isinstance(value, list) or len(value) > ENTRIES_MAX or not all(map(_is_entry, value)):
        raise errors.invalid_field(f"At most {ENTRIES_MAX} of id, type and permission", "permissions")
    return [{"id": one["id"], "type": one["type"], "permission": one["permission"]} for one in value]


ENTRIES_MAX = 100


def _is_entry(value: object) -> bool:
    match value:
        case {"id": str(id_), "type": 1 | 2 | 3, "permission": bool()}:
            return id_.isdecimal()
    return False
