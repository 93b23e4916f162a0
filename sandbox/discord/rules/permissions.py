"""Who may do what where, computed as Discord's documentation says."""

from enum import IntFlag

from sandbox.discord.state import PRIVATE_THREAD, Channel, Guild, World


class Permission(IntFlag):
    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CHANGE_NICKNAME = 1 << 26
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40


ALL = Permission(sum(Permission))

EVERYONE = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.ADD_REACTIONS
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.CHANGE_NICKNAME
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.SEND_MESSAGES_IN_THREADS
)
"""What @everyone may in a new server, and what the bot asks for when it is invited."""

DIRECT_MESSAGES = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.MENTION_EVERYONE
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.USE_APPLICATION_COMMANDS
)

_NEED_SEND_MESSAGES = (
    Permission.MENTION_EVERYONE
    | Permission.SEND_TTS_MESSAGES
    | Permission.ATTACH_FILES
    | Permission.EMBED_LINKS
)


def base_permissions(guild: Guild, user_id: str) -> Permission:
    """What a member's roles give in the server as a whole."""
    if user_id == guild.owner_id:
        return ALL
    permissions = guild.roles[guild.id].permissions
    for role_id in guild.members[user_id].roles:
        permissions |= guild.roles[role_id].permissions
    if permissions & Permission.ADMINISTRATOR:
        return ALL
    return Permission(permissions)


def to_write_in(channel: Channel) -> Permission:
    return Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES


def permissions_of(world: World, channel: Channel, user_id: str) -> Permission:
    """In any channel of the world; in a private thread only those who are in it, and who manages threads."""
    guild, bot_id = world.guild_of(channel), world.bot_id
    needed = to_write_in(channel)
    permissions = permissions_in(guild, world.governing(channel), user_id, bot_id=bot_id, to_write=needed)
    is_in_it = channel.type != PRIVATE_THREAD or user_id in channel.thread_member_ids
    return permissions if is_in_it or permissions & Permission.MANAGE_THREADS else Permission(0)


def permissions_in(
    guild: Guild,
    channel: Channel,
    user_id: str,
    *,
    bot_id: str,
    to_write: Permission = Permission.SEND_MESSAGES,
) -> Permission:
    """In a channel that is no thread, or in its threads where `to_write` is what that takes there."""
    if channel.is_direct:
        return DIRECT_MESSAGES if user_id in (channel.recipient_id, bot_id) else Permission(0)
    if user_id not in guild.members:
        return Permission(0)
    permissions = base_permissions(guild, user_id)
    if permissions & Permission.ADMINISTRATOR:
        return ALL
    permissions = _with_overwrites(permissions, guild, channel, user_id)
    if not permissions & Permission.VIEW_CHANNEL:
        return Permission(0)
    if not permissions & to_write:
        permissions &= ~_NEED_SEND_MESSAGES
    return permissions


def _with_overwrites(permissions: Permission, guild: Guild, channel: Channel, user_id: str) -> Permission:
    """@everyone first, then all roles together, then the member: each later one wins."""
    roles = guild.members[user_id].roles
    layers = (
        [o for o in channel.overwrites if o.id == guild.id],
        [o for o in channel.overwrites if o.id in roles],
        [o for o in channel.overwrites if o.id == user_id],
    )
    value = int(permissions)
    for layer in layers:
        for overwrite in layer:
            value &= ~overwrite.deny
        for overwrite in layer:
            value |= overwrite.allow
    return Permission(value)
