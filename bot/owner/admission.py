"""Which servers the bot paints in: the owner's own are let in by themselves, and those that the environment names; of
any other the owner is asked.

What there is to do is found by comparing, at each event and by a poll, so nothing is lost while Postgres or Discord is
away.
"""

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import discord

from bot.discord_errors import UNANSWERED, in_a_line, is_final
from bot.messages.admission import question, questions_left
from bot.messages.words import Languages, Words
from bot.owner.alerts import NONCE_LENGTH_MAX, tell_owner
from bot.owner.owners import Owners
from core.errors import StaleRules
from core.orders import CancelReason
from core.rules import Server
from db.members import Members
from db.servers import Servers
from ops.wake_loop import WakeLoop

log = logging.getLogger(__name__)

ASKED_AT_ONCE_MAX = 5
"""Of more servers than that at a time, one message says how many they are."""


class Admission:
    def __init__(
        self,
        client: discord.AutoShardedClient,
        servers: Servers,
        owners: Owners,
        members: Members,
        languages: Languages,
        allowed_ids: Collection[int],
    ) -> None:
        self._client = client
        self._servers = servers
        self.owners = owners
        self._members = members
        self._languages = languages
        self._allowed_ids = allowed_ids
        self._meeting = asyncio.Lock()
        loop = WakeLoop(self.reconcile, postponed="what servers there are could not be recorded")
        self.wake, self.serve = loop.wake, loop.serve

    async def meet(self, guild: discord.Guild) -> Server:
        """Puts down that the bot is in this server, and lets it in where nobody has to be asked."""
        if (known := await self._met(guild)) is not None:
            return known
        # Of the first commands there, which come at once, each would do it, and have the others decided anew.
        async with self._meeting:
            return await self._met(guild) or await self._put_down(guild)

    async def _met(self, guild: discord.Guild) -> Server | None:
        """None where there is something to put down."""
        server = self._servers.of(guild.id)
        is_same = server.revision and server.name == guild.name and server.left_at is None
        return server if is_same and not await self._lets_in_by_itself(server, guild) else None

    async def _lets_in_by_itself(self, server: Server, guild: discord.Guild) -> bool:
        if server.is_allowed is not None:
            return False
        return guild.id in self._allowed_ids or guild.owner_id in await self.owners.ids()

    async def _put_down(self, guild: discord.Guild) -> Server:
        server = self._servers.of(guild.id)
        is_own = await self._lets_in_by_itself(server, guild)
        if not server.revision or server.left_at is not None:
            log.info("the bot is in server %d now", guild.id)

        def met(server: Server) -> Server:
            is_allowed = True if is_own and server.is_allowed is None else server.is_allowed
            if server.left_at is not None and is_allowed is False and server.asked_at is None:
                # It was refused and left, and has come again.
                is_allowed = None
            return replace(server, name=guild.name, is_allowed=is_allowed, left_at=None)

        return await self._servers.edit(guild.id, 0, None, met)

    async def _meet_new(self) -> None:
        """All that are new at once, as there may be thousands."""
        met = []
        for guild in self._there():
            server = self._servers.of(guild.id)
            if not server.revision:
                is_allowed = True if await self._lets_in_by_itself(server, guild) else None
                met.append(replace(server, guild_id=guild.id, name=guild.name, is_allowed=is_allowed))
                log.info("the bot is in server %d now", guild.id)
        if met:
            await self._servers.meet(met)

    async def reconcile(self) -> None:
        """What Discord refuses or does not answer is left for the next time."""
        try:
            await self._meet_new()
            for guild in self._there():
                await self.meet(guild)
            # Until then it is not known which servers there are.
            if self._client.is_ready():
                for server in self._servers.all():
                    if server.left_at is None and await self._has_lost(server.guild_id):
                        await self._leave_behind(server.guild_id)
                await self._ask()
        except (*UNANSWERED, StaleRules) as error:
            log.warning("what servers there are is seen to later: %s", in_a_line(error))

    def _there(self) -> list[discord.Guild]:
        """A server with an outage is still one of them, and nothing is known of it."""
        return [guild for guild in self._client.guilds if not guild.unavailable]

    async def _has_lost(self, guild_id: int) -> bool:
        """Whether the bot was removed from a server of this process's shards, as Discord says when it is asked."""
        client = self._client
        is_ours = (guild_id >> 22) % (client.shard_count or 1) in (client.shard_ids or (0,))
        if not is_ours or client.get_guild(guild_id) is not None:
            return False
        try:
            await client.http.get_guild(guild_id, with_counts=False)
        except (discord.Forbidden, discord.NotFound) as error:
            if not is_final(error):
                raise
            return True
        return False

    async def _leave_behind(self, guild_id: int) -> None:
        log.info("the bot was removed from server %d", guild_id)
        now = datetime.now(UTC)
        await self._servers.edit(
            guild_id,
            0,
            None,
            lambda server: replace(server, left_at=now),
            cancels=CancelReason.BOT_REMOVED,
        )

    async def _ask(self) -> None:
        """The owner, once, about each server that nobody has decided about."""
        unasked = [guild for guild in self._there() if _is_unasked(self._servers.of(guild.id))]
        if not unasked:
            return
        say = await self.owner_words()
        alone, together = unasked[:ASKED_AT_ONCE_MAX], unasked[ASKED_AT_ONCE_MAX:]
        # First, so that what Discord does not take for now makes no more messages of them.
        if together:
            content = questions_left(len(together), say)
            if not await tell_owner(self._client, content, _nonce(together)):
                return
            for guild in together:
                await self._asked(guild.id)
        for guild in alone:
            content = question(guild, await self._owner_of(guild), await self._invited_by(guild), say)
            if await tell_owner(self._client, content, _nonce([guild])):
                await self._asked(guild.id)

    async def owner_words(self) -> Words:
        wishes = (await self._members.find(await self.owners.told_id())).wishes
        return self._languages.of(wishes.locale or "en-US")

    async def _asked(self, guild_id: int) -> None:
        now = datetime.now(UTC)
        await self._servers.edit(guild_id, 0, None, lambda server: replace(server, asked_at=now))

    async def _owner_of(self, guild: discord.Guild) -> discord.User | None:
        try:
            return await self._client.fetch_user(guild.owner_id) if guild.owner_id else None
        except UNANSWERED as error:
            log.info("the owner of server %d is not known: %s", guild.id, in_a_line(error))
            return None

    async def _invited_by(self, guild: discord.Guild) -> discord.abc.User | None:
        """None where Discord does not say, or not to the bot."""
        me = guild.me
        if me is None or not me.guild_permissions.view_audit_log:
            return None
        try:
            entries = guild.audit_logs(limit=ASKED_AT_ONCE_MAX, action=discord.AuditLogAction.bot_add)
            async for entry in entries:
                if isinstance(entry.target, discord.abc.Snowflake) and entry.target.id == me.id:
                    return entry.user
        except UNANSWERED as error:
            log.info("who has invited the bot is not known: %s", in_a_line(error))
        return None


def _is_unasked(server: Server) -> bool:
    return server.revision > 0 and server.is_allowed is None and server.asked_at is None


def _nonce(guilds: Sequence[discord.Guild]) -> str:
    """Discord takes one message a nonce for some minutes, should the bot die before this is recorded; after it was
    removed and has come back, it is another question."""
    named = "".join(f"{guild.id} {guild.me and guild.me.joined_at} " for guild in guilds)
    return sha256(named.encode()).hexdigest()[:NONCE_LENGTH_MAX]
