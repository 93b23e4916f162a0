"""The bot's own checks: the token, the gateway, the commands, and what it may do in a channel."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import discord
from discord.http import Route

from bot.discord_errors import in_a_line, is_final, is_wrong_token
from bot.gateway.registration import Registration
from core.rules import House
from core.settings import DatabaseSettings
from db.servers import Servers
from ops.checks import Check, CheckFailed, CheckWarned, Finding, run_checks
from ops.storage_checks import POSTGRES, SCHEMA, StorageChecks

NEEDED = {
    "view_channel": "View Channels",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
    "add_reactions": "Add Reactions",
}
"""The permissions that the bot needs in a channel, with their names in Discord's settings."""

_TOKEN = "token"
_REACHED = (
    "It is not Discord who answers, or nobody: is it reached from here, past every firewall and proxy "
    "(HTTPS_PROXY), and is DISCORD_API_BASE unset? Discord has a status page."
)

Lacking = Callable[[], Awaitable[list[str]]]
"""Finds which permissions the bot lacks in the channel that is checked."""


def missing(permissions: discord.Permissions, *, in_thread: bool) -> list[str]:
    needless = "send_messages" if in_thread else "send_messages_in_threads"
    return [words for name, words in NEEDED.items() if name != needless and not getattr(permissions, name)]


def limit_of_all(house: House) -> str:
    """In English, as the log is."""
    spans = (("a day", house.in_all.credits_per_day), ("a month", house.in_all.credits_per_month))
    limits = [f"{credits:f} credits {span}" for span, credits in spans if credits is not None]
    since = ", since the first start, as nobody has set a limit" if house.is_first else ""
    return f"all members together may use {' and '.join(limits) or 'as much as they like'}{since}"


@dataclass(frozen=True, slots=True)
class BotDoctor:
    """`client` is the running one, or one that is to log in by `token`."""

    client: discord.Client
    registration: Registration
    storage: StorageChecks
    servers: Servers
    settings: DatabaseSettings
    token: str = field(default="", repr=False)

    async def examine(self, lacking: Lacking | None) -> list[Finding]:
        return await run_checks(self.checks(lacking), self.settings)

    def checks(self, lacking: Lacking | None) -> list[Check]:
        checks = [
            *self.storage.all(),
            Check("limit", self._limit, (POSTGRES, SCHEMA)),
            Check(_TOKEN, self._log_in, remedy=_REACHED),
            Check("gateway", self._gateway, (_TOKEN,), _REACHED),
            Check("commands", self._commands, (_TOKEN,), _REACHED),
        ]
        if lacking is not None:
            checks.append(Check("permissions", lambda: self._permissions(lacking), (_TOKEN,), _REACHED))
        return checks

    async def lacking_in(self, channel_id: int) -> list[str]:
        """Asks Discord, as a client that is not connected knows no server."""
        try:
            channel = await self.client.fetch_channel(channel_id)
            if not isinstance(channel, (discord.abc.GuildChannel, discord.Thread)):
                raise CheckFailed("it is no channel of a server", "Name another with --channel.")
            guild = await self.client.fetch_guild(channel.guild.id, with_counts=False)
            user = self.client.user
            if user is None:
                raise AssertionError("the token is checked before")
            parent_id = channel.parent_id if isinstance(channel, discord.Thread) else channel.id
            known = await guild.fetch_channel(parent_id)
            member = await guild.fetch_member(user.id)
        except (discord.Forbidden, discord.NotFound) as error:
            if not is_final(error):
                raise
            remedy = "Is its id right? If so, give the bot View Channels there."
            raise CheckFailed(f"the channel cannot be seen: {error.text}", remedy) from error
        if not isinstance(known, discord.abc.GuildChannel):
            raise AssertionError("the parent of a thread is a channel")
        # Not the channel's own method, by which nobody may attach files who may write only in threads.
        permissions = discord.abc.GuildChannel.permissions_for(known, member)
        return missing(permissions, in_thread=isinstance(channel, discord.Thread))

    async def _limit(self) -> str:
        await self.servers.load()
        if self.servers.house.is_first:
            raise CheckWarned(
                limit_of_all(self.servers.house), "Set your own with /owner, on the page Money."
            )
        return limit_of_all(self.servers.house)

    async def _log_in(self) -> str:
        try:
            if self.client.user is None:
                await self.client.login(self.token)
        except discord.LoginFailure as error:
            refused = error.__cause__
            if isinstance(refused, discord.HTTPException) and not is_wrong_token(refused):
                remedy = "Something stands between: try again in a minute."
                raise CheckFailed(in_a_line(refused), remedy) from error
            remedy = "Set DISCORD_TOKEN anew (developer portal, Bot, Reset Token)."
            raise CheckFailed("Discord does not accept it", remedy) from error
        return f"of {self.client.user}"

    async def _gateway(self) -> str:
        told = await self.client.http.request(Route("GET", "/gateway/bot"))
        left = told["session_start_limit"]["remaining"]
        if left < 1:
            raise CheckFailed("no session may be started any more today", "Does the bot restart in a loop?")
        return f"{left} sessions may be started yet, {told['shards']} shards are recommended"

    async def _commands(self) -> str:
        try:
            up_to_date = await self.registration.is_up_to_date()
        except (discord.Forbidden, discord.NotFound) as error:
            if not is_final(error):
                raise
            remedy = "Set COMMANDS_GUILD_ID to the id of a server with the bot, or unset it."
            raise CheckFailed(in_a_line(error), remedy) from error
        if not up_to_date:
            raise CheckFailed("Discord has others, or none", "Start the bot: it registers them.")
        return "registered and up to date"

    async def _permissions(self, find: Lacking) -> str:
        lacking = await find()
        if lacking:
            raise CheckFailed(f"missing: {', '.join(lacking)}", "Server or channel settings, Permissions.")
        return "all that are needed"
