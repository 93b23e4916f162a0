"""Whether everybody who sees one channel could read another, by roles and overwrites: the members are unknown."""

from collections.abc import Iterable
from itertools import combinations

import discord

COMBINATIONS_MAX = 20_000  # beyond that it takes too long, and the answer is no

_SEEN = discord.Permissions(view_channel=True)
_ASKED = discord.Permissions(view_channel=True, read_message_history=True, connect=True).value


def reading(channel: discord.abc.GuildChannel) -> discord.Permissions:
    is_voice = isinstance(channel, (discord.VoiceChannel, discord.StageChannel))
    return discord.Permissions(view_channel=True, read_message_history=True, connect=is_voice)


def may_all_read(
    there: discord.abc.GuildChannel, here: discord.abc.GuildChannel, *, but: Iterable[int] = ()
) -> bool:
    """Whether everybody who sees `here`, apart from the members `but`, may read `there`.

    Nobody with more roles has to be tried than with two: one that shows the one channel, one that hides the other.
    """
    roles = [role for role in here.guild.roles if _counts(role, here, there)]
    members = {id_ for channel in (here, there) for id_, is_role in _targets(channel) if not is_role}
    asked = [None, *members.difference(but)]
    of_roles = [(), *((role,) for role in roles), *combinations(roles, 2)]
    if len(asked) * len(of_roles) > COMBINATIONS_MAX:
        return False
    needed = reading(there)
    return all(
        _permissions(there, held, member_id).is_superset(needed)
        for member_id in asked
        for held in of_roles
        if _permissions(here, held, member_id).is_superset(_SEEN)
    )


def _counts(role: discord.Role, *channels: discord.abc.GuildChannel) -> bool:
    """Whether the role makes a difference: administrators see everything, and bots do not read."""
    if role.is_default() or role.is_bot_managed() or role.permissions.administrator:
        return False
    more = role.permissions.value & ~role.guild.default_role.permissions.value
    return bool(more & _ASKED) or any((role.id, True) in _targets(channel) for channel in channels)


def _targets(channel: discord.abc.GuildChannel) -> set[tuple[int, bool]]:
    """The ids that it has overwrites for, each with whether it is a role's."""
    return {(target.id, _is_role(target)) for target in channel.overwrites}


def _is_role(target: discord.Role | discord.Member | discord.Object) -> bool:
    return isinstance(target, discord.Role) or getattr(target, "type", None) is discord.Role


def _permissions(
    channel: discord.abc.GuildChannel, roles: tuple[discord.Role, ...], member_id: int | None
) -> discord.Permissions:
    """Of a member with these roles. Overwrites count for @everyone, then for all roles together, then the member."""
    guild = channel.guild
    value = guild.default_role.permissions.value
    for role in roles:
        value |= role.permissions.value
    held = {role.id for role in roles}
    overwrites = [
        (target.id, _is_role(target), *pair)
        for target, overwrite in channel.overwrites.items()
        for pair in [overwrite.pair()]
    ]
    layers = (
        [o for o in overwrites if o[0] == guild.id],
        [o for o in overwrites if o[1] and o[0] in held],
        [o for o in overwrites if not o[1] and o[0] == member_id],
    )
    for layer in layers:
        for _id, _role, _allow, deny in layer:
            value &= ~deny.value
        for _id, _role, allow, _deny in layer:
            value |= allow.value
    return discord.Permissions(value)
