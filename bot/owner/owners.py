"""Who owns the bot: its application's owner or, of a team, whoever in it may change the application."""

import time

import discord

KNOWN_SECONDS = 60.0
"""Whoever has left the team is refused so soon."""


class Owners:
    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._application: discord.AppInfo | None = None
        self._asked_at = float("-inf")

    async def ids(self) -> frozenset[int]:
        return owner_ids_of(await self._find())

    async def told_id(self) -> int:
        return owner_id_of(await self._find())

    async def _find(self) -> discord.AppInfo:
        if self._application is None or time.monotonic() - self._asked_at >= KNOWN_SECONDS:
            self._application = await self._client.application_info()
            self._asked_at = time.monotonic()
        return self._application


def owner_id_of(application: discord.AppInfo) -> int:
    """Who is told what an owner has to know: for a team, the team's owner."""
    team = application.team
    return team.owner_id if team and team.owner_id else application.owner.id


def owner_ids_of(application: discord.AppInfo) -> frozenset[int]:
    """Without who was only invited to the team, or may only look."""
    team = application.team
    members = (
        member.id
        for member in (team.members if team else ())
        if member.membership_state is discord.TeamMembershipState.accepted
        and member.role is not discord.TeamMemberRole.read_only
    )
    return frozenset({owner_id_of(application), *members})
