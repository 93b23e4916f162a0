"""Who may see an order's pictures where, by what the gateway told of channels and roles.

A picture is seen by whoever may read the channel where it was made. Where that is not known (a deleted channel, a
private thread from outside), only its own member sees it.
"""

import discord

from bot.rights.audience import may_all_read, reading
from bot.services import Interaction
from core.orders import Order


def parent_channel_id(interaction: Interaction) -> int | None:
    """The channel of which this is a public thread."""
    channel = interaction.channel
    return channel.parent_id if isinstance(channel, discord.Thread) and not channel.is_private() else None


def may_see(interaction: Interaction, order: Order) -> bool:
    if order.member_id == interaction.user.id:
        return True
    if order.private or interaction.guild_id is None or order.guild_id != interaction.guild_id:
        return False
    if order.channel_id == interaction.channel_id:
        return True
    channel = _where_made(interaction, order)
    return channel is not None and _is_seen(interaction, channel)


def seen_channel_ids(interaction: Interaction) -> list[int]:
    """Whose pictures the member may see here, whoever made them."""
    guild = interaction.guild
    if guild is None or interaction.guild_id is None:
        return []
    seen = [channel.id for channel in guild.channels if _is_seen(interaction, channel)]
    seen += [thread.id for thread in guild.threads if not thread.is_private() and thread.parent_id in seen]
    if interaction.channel_id is not None and interaction.permissions.read_message_history:
        seen.append(interaction.channel_id)
    return seen


def rights_where_made(interaction: Interaction, order: Order) -> discord.Permissions:
    """What the member may do in the picture's channel; nothing where that is not known."""
    if interaction.guild_id is None or order.guild_id != interaction.guild_id:
        return discord.Permissions.none()
    if order.channel_id == interaction.channel_id:
        return interaction.permissions
    channel = _where_made(interaction, order)
    if channel is None or not isinstance(interaction.user, discord.Member):
        return discord.Permissions.none()
    return channel.permissions_for(interaction.user)


def may_be_shown_to_all(interaction: Interaction, order: Order) -> bool:
    """Whether everybody who reads this channel could see the picture anyway."""
    if order.private:
        return False
    if interaction.guild_id is None:
        return order.member_id == interaction.user.id
    if order.channel_id == interaction.channel_id:
        return True
    if order.guild_id != interaction.guild_id:
        return False
    there, here = _where_made(interaction, order), _here(interaction)
    if there is None or here is None or not _suits(interaction, there):
        return False
    guild = there.guild
    but = {order.member_id, guild.owner_id or 0, guild.me.id}
    return here == there or may_all_read(there, here, but=but)


def may_write(interaction: Interaction) -> bool:
    permissions = interaction.permissions
    if isinstance(interaction.channel, discord.Thread):
        return permissions.send_messages_in_threads
    return interaction.guild_id is None or permissions.send_messages


def _where_made(interaction: Interaction, order: Order) -> discord.abc.GuildChannel | None:
    """The channel whose overwrites count for the picture; None for a private thread."""
    guild = interaction.guild
    if guild is None:
        return None
    channel = guild.get_channel_or_thread(order.parent_channel_id or order.channel_id)
    if isinstance(channel, discord.Thread):
        return None if channel.is_private() else channel.parent
    return channel


def _here(interaction: Interaction) -> discord.abc.GuildChannel | None:
    """The channel whose overwrites count where the member is."""
    channel, guild = interaction.channel, interaction.guild
    if guild is None or channel is None:
        return None
    return guild.get_channel(channel.parent_id if isinstance(channel, discord.Thread) else channel.id)


def _is_seen(interaction: Interaction, channel: discord.abc.GuildChannel) -> bool:
    member = interaction.user
    if not isinstance(member, discord.Member) or not _suits(interaction, channel):
        return False
    return channel.permissions_for(member).is_superset(reading(channel))


def _suits(interaction: Interaction, channel: discord.abc.GuildChannel) -> bool:
    """What was made in an age-restricted channel is shown to others in age-restricted channels only."""
    return not getattr(channel, "nsfw", False) or bool(getattr(_here(interaction), "nsfw", False))
