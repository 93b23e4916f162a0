"""The server as Discord's JSON: over REST, in GUILD_CREATE, and what its owner allowed whom."""

from sandbox.discord.render import Render
from sandbox.discord.rules.permissions import Permission, permissions_of
from sandbox.discord.state import Channel, Guild, World
from sandbox.discord.wire import Json


def render_guild(guild: Guild, render: Render) -> Json:
    absent = ("icon", "description", "home_header", "splash", "discovery_splash", "banner", "application_id",
              "afk_channel_id", "system_channel_id", "widget_channel_id", "vanity_url_code",
              "rules_channel_id", "safety_alerts_channel_id", "public_updates_channel_id", "max_presences",
              "incidents_data")  # fmt: skip
    return {
        **dict.fromkeys(absent),
        "id": guild.id,
        "name": guild.name,
        "owner_id": guild.owner_id,
        "features": [],
        "region": "us-east",
        "afk_timeout": 300,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "verification_level": 0,
        "roles": [render.role(role) for role in guild.roles.values()],
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
    }


def render_guild_create(world: World, guild: Guild, channels: list[Channel], render: Render) -> Json:
    """Without the privileged members intent, the bot is told of no member but itself.

    As at a join: that a server was unavailable before is said by `unavailable` beside this.
    """
    bot = guild.members[world.bot_id]
    threads = [channel for channel in channels if channel.is_thread]
    seen = {t.id for t in threads if Permission.VIEW_CHANNEL in permissions_of(world, t, world.bot_id)}
    return {
        **render_guild(guild, render),
        "joined_at": bot.joined_at,
        "large": False,
        "member_count": len(guild.members),
        "members": [render.member(bot)],
        "channels": [render.channel(channel) for channel in channels if not channel.is_thread],
        "threads": [render.channel(one) for one in threads if one.id in seen],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def render_command_permissions(world: World, guild: Guild, target_id: str) -> Json:
    return {
        "id": target_id,
        "application_id": world.application_id,
        "guild_id": guild.id,
        "permissions": guild.command_permissions.get(target_id, []),
    }
