"""The rules as a command needs them: all at hand, and none of them asked for."""

from dataclasses import dataclass
from typing import Any

import discord

from bot.owner.admission import Admission
from bot.owner.membership import Membership
from core.offers import MayUse
from core.operations import Model, Operation
from core.policy import Asker, Limits, limits_of, may_use, models_here
from core.rules import Allowance, DirectMessages, Server
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

    async def load(self) -> None:
        """What was changed elsewhere."""
        await self.servers.load()
        await self.members.load()

    async def server_of(self, interaction: "discord.Interaction[Any]") -> Server:
        server = self.servers.of(interaction.guild_id)
        if server.revision or interaction.guild is None:
            return server
        # Its first command came before it was put down.
        return await self.admission.meet(interaction.guild)

    async def limits_of(self, interaction: "discord.Interaction[Any]") -> Limits:
        """Those that are for this member here."""
        server = await self.server_of(interaction)
        return limits_of(self.servers.house, server, _allowance(interaction, server), self.limits)

    def models_here(
        self,
        interaction: "discord.Interaction[Any]",
        operation: Operation,
        server: Server,
        default_model: str,
    ) -> dict[str, Model]:
        """Those by name that this member may choose there."""
        allowance = _allowance(interaction, server)
        return models_here(operation, default_model, self.servers.house, server, allowance)

    def may_use_of(self, interaction: "discord.Interaction[Any]") -> MayUse:
        """What menus offer to the member here."""
        house, server = self.servers.house, self.servers.of(interaction.guild_id)
        allowance = _allowance(interaction, server)
        return lambda operation, model: may_use(operation, model, house, server, allowance) is None

    async def asker_of(self, interaction: "discord.Interaction[Any]") -> Asker:
        """Raises InvalidRequest where it cannot be told at the moment."""
        user, channel = interaction.user, interaction.channel
        if interaction.guild_id is None and self.servers.house.direct_messages is DirectMessages.MEMBERS:
            return Asker(is_known=await self.membership.is_known(user.id))
        parent = channel.parent if isinstance(channel, discord.Thread) else channel
        return Asker(_role_ids(interaction), bool(getattr(parent, "nsfw", False)))


def _role_ids(interaction: "discord.Interaction[Any]") -> frozenset[int]:
    """Roles that are gone are not among them."""
    user = interaction.user
    return frozenset(role.id for role in user.roles) if isinstance(user, discord.Member) else frozenset()


def _allowance(interaction: "discord.Interaction[Any]", server: Server) -> Allowance:
    return server.rules.allowance_of(_role_ids(interaction))
