"""The rules as a command needs them: all at hand, and none of them asked for."""

from dataclasses import dataclass
from typing import Any

import discord

from bot.owner.admission import Admission
from bot.owner.membership import Membership
from core.policy import Asker, Limits
from core.rules import DirectMessages, Server
from db.members import Members
from db.servers import Servers


@dataclass(frozen=True, slots=True)
class RulesAtHand:
    """`limits` are those of this process."""

    servers: Servers
    members: Members
    admission: Admission
    membership: Membership
    limits: Limits

    async def server_of(self, interaction: "discord.Interaction[Any]") -> Server:
        server = self.servers.of(interaction.guild_id)
        if server.revision or interaction.guild is None:
            return server
        # Its first command came before it was put down.
        return await self.admission.meet(interaction.guild)

    async def asker_of(self, interaction: "discord.Interaction[Any]") -> Asker:
        """Raises InvalidRequest where it cannot be told at the moment."""
        user, channel = interaction.user, interaction.channel
        if interaction.guild_id is None and self.servers.house.direct_messages is DirectMessages.MEMBERS:
            return Asker(is_known=await self.membership.is_known(user.id))
        # Roles that are gone are not among them.
        roles = user.roles if isinstance(user, discord.Member) else []
        parent = channel.parent if isinstance(channel, discord.Thread) else channel
        return Asker(frozenset(role.id for role in roles), bool(getattr(parent, "nsfw", False)))
