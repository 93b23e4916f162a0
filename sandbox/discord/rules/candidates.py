"""Who and what can be chosen in a select menu of users, roles or channels."""

from sandbox.discord.rules import selects
from sandbox.discord.rules.permissions import Permission, permissions_of
from sandbox.discord.state import Channel, World
from sandbox.discord.wire import Json


def candidates(world: World, select: Json, channel: Channel, user_id: str) -> set[str]:
    """Their ids. In direct messages these are the two who talk."""
    kinds = selects.ENTITIES[select["type"]]
    if channel.is_direct:
        return {world.bot_id, user_id} if "user" in kinds else set()
    guild = world.guild_of(channel)
    found: set[str] = set()
    if "user" in kinds:
        found |= guild.members.keys()
    if "role" in kinds:
        found |= guild.roles.keys()
    if "channel" in kinds:
        types = select.get("channel_types")
        found |= {
            one.id
            for one in world.channels.values()
            if one.guild_id == guild.id
            and (not types or one.type in types)
            and Permission.VIEW_CHANNEL in permissions_of(world, one, user_id)
        }
    return found
