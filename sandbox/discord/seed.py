"""The world as it is at the very first start: a small server called The Easel."""

from collections.abc import Callable

from sandbox.discord.rules.permissions import Permission
from sandbox.discord.snowflake import Snowflakes
from sandbox.discord.state import (
    DIRECT_MESSAGE,
    GUILD_TEXT,
    Channel,
    Guild,
    Member,
    Overwrite,
    Role,
    User,
    World,
)
from sandbox.discord.wire import iso8601

_EVERYONE = (
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


def another_guild(world: World, name: str, channel_name: str) -> Guild:
    """A server with everybody in it and one channel, made a millisecond before the oldest.

    So of two shards it is the other's: Discord goes by the time in a server's id.
    """
    guild_id, now = str(min(map(int, world.guilds)) - (1 << 22)), iso8601(world.clock())
    members = {user_id: Member(user_id, [], now) for user_id in world.guild.members}
    everyone = Role(guild_id, "@everyone", _EVERYONE, 0)
    guild = Guild(guild_id, name, world.guild.owner_id, {guild_id: everyone}, members)
    channel = Channel(world.snowflakes.next(), GUILD_TEXT, channel_name, guild_id=guild_id)
    world.guilds[guild_id], world.channels[channel.id] = guild, channel
    return guild


def seed(clock: Callable[[], float]) -> World:
    snowflakes = Snowflakes(clock)
    new, now = snowflakes.next, iso8601(clock())
    guild_id, visitors = new(), Role(new(), "Visitors", 0, 1)
    everyone = Role(guild_id, "@everyone", _EVERYONE, 0)
    keepers = Role(new(), "Keepers", Permission.ADMINISTRATOR, 3)
    painter = Role(new(), "Tigerbrush", _EVERYONE, 2, managed=True)
    ada, ben, cleo = (User(new(), name.lower(), name) for name in ("Ada", "Ben", "Cleo"))
    bot = User(new(), "Tigerbrush", None, bot=True)
    members = [
        Member(ada.id, [keepers.id], now, "owner of the server"),
        Member(ben.id, [], now, "an ordinary member"),
        Member(
            cleo.id, [visitors.id], now, "may look and react, but not write or use commands in the server"
        ),
        Member(bot.id, [painter.id], now),
    ]
    guild = Guild(
        id=guild_id,
        name="The Easel",
        owner_id=ada.id,
        roles={role.id: role for role in (everyone, visitors, painter, keepers)},
        members={member.user_id: member for member in members},
    )
    silent = (
        Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS | Permission.USE_APPLICATION_COMMANDS
    )
    visitors_only_look = Overwrite(visitors.id, 0, deny=silent)
    nobody_writes = Overwrite(guild_id, 0, deny=Permission.SEND_MESSAGES)
    channels = [
        Channel(
            new(),
            GUILD_TEXT,
            "paintings",
            "Ask for pictures here",
            0,
            [visitors_only_look],
            guild_id=guild_id,
        ),
        Channel(
            new(),
            GUILD_TEXT,
            "announcements",
            "Only keepers write here, but commands may be used",
            1,
            [nobody_writes, visitors_only_look],
            guild_id=guild_id,
        ),
        *(Channel(new(), DIRECT_MESSAGE, recipient_id=user.id) for user in (ada, ben, cleo)),
    ]
    return World(
        snowflakes=snowflakes,
        clock=clock,
        bot_id=bot.id,
        guilds={guild_id: guild},
        users={user.id: user for user in (ada, ben, cleo, bot)},
        channels={channel.id: channel for channel in channels},
    )
