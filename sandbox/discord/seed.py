"""The world as it is at the very first start: a server called The Easel, and one that the bot is not in yet."""

from collections.abc import Callable

from sandbox.discord.rules.permissions import EVERYONE, Permission
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


def another_guild(world: World, name: str, channel_name: str) -> Guild:
    """A server with all members of the first and one channel, made a millisecond before the oldest.

    So of two shards it is the other's: Discord goes by the time in a server's id.
    """
    guild_id, now = str(min(map(int, world.guilds)) - (1 << 22)), iso8601(world.clock())
    members = {user_id: Member(user_id, [], now) for user_id in world.guild.members}
    everyone = Role(guild_id, "@everyone", EVERYONE, 0)
    guild = Guild(guild_id, name, world.guild.owner_id, {guild_id: everyone}, members)
    channel = Channel(world.snowflakes.next(), GUILD_TEXT, channel_name, guild_id=guild_id)
    world.guilds[guild_id], world.channels[channel.id] = guild, channel
    return guild


def seed(clock: Callable[[], float]) -> World:
    snowflakes = Snowflakes(clock)
    new, now = snowflakes.next, iso8601(clock())
    guild_id, visitors = new(), Role(new(), "Visitors", 0, 1)
    newcomers, patrons = Role(new(), "Newcomers", 0, 1), Role(new(), "Patrons", 0, 1)
    everyone = Role(guild_id, "@everyone", EVERYONE, 0)
    keepers = Role(new(), "Keepers", Permission.ADMINISTRATOR, 3)
    painter = Role(new(), "Tigerbrush", EVERYONE, 2, managed=True)
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
        roles={role.id: role for role in (everyone, visitors, newcomers, patrons, painter, keepers)},
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
    world = World(
        snowflakes=snowflakes,
        clock=clock,
        bot_id=bot.id,
        guilds={guild_id: guild},
        users={user.id: user for user in (ada, ben, cleo, bot)},
        channels={channel.id: channel for channel in channels},
    )
    add_annex(world)
    return world


def add_annex(world: World) -> None:
    """The Annex, of which Dora is the owner, and Ben and Cleo are members. A world of an earlier version has none.

    Of two shards it is not that of The Easel: Discord goes by the milliseconds in a server's id.
    """
    new, now = world.snowflakes.next, iso8601(world.clock())
    guild_id = new()
    while not (int(guild_id) ^ int(world.guild.id)) & (1 << 22):
        world.snowflakes.skip_millisecond()
        guild_id = new()
    dora, guests = User(new(), "dora", "Dora"), Role(new(), "Guests", 0, 1)
    curators = Role(new(), "Curators", Permission.MANAGE_GUILD, 2)
    everyone = Role(guild_id, "@everyone", EVERYONE, 0)
    ben, cleo = (next(u.id for u in world.users.values() if u.username == name) for name in ("ben", "cleo"))
    members = [
        Member(dora.id, [], now, "owner of The Annex"),
        Member(ben, [], now, "an ordinary member"),
        Member(cleo, [guests.id], now, "a guest"),
    ]
    world.users[dora.id] = dora
    world.guilds[guild_id] = Guild(
        id=guild_id,
        name="The Annex",
        owner_id=dora.id,
        roles={role.id: role for role in (everyone, guests, curators)},
        members={member.user_id: member for member in members},
    )
    for channel in (
        Channel(new(), GUILD_TEXT, "sketches", "Quick ones", 0, guild_id=guild_id),
        Channel(new(), GUILD_TEXT, "after-dark", "For adults", 1, guild_id=guild_id, nsfw=True),
        Channel(new(), DIRECT_MESSAGE, recipient_id=dora.id),
    ):
        world.channels[channel.id] = channel
