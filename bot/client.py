"""The connection to Discord, with no more in memory and no more intents than the bot uses."""

import asyncio
import contextlib
import logging
import time
from typing import Any

import discord
from discord import app_commands, ui

from bot.commands.doctor import doctor
from bot.commands.forget_me import ForgetButton, forget_me
from bot.commands.gallery import gallery
from bot.commands.imagine import imagine
from bot.commands.queue import queue
from bot.commands.tree import Tree
from bot.controls.buttons import OrderButton, PictureButton
from bot.controls.edit_modal import CUSTOM_ID as EDIT_ID
from bot.controls.page_controls import PageButton, PictureSelect
from bot.discord_errors import watched
from bot.gateway.events import guard
from bot.gateway.lenient import be_lenient
from bot.gateway.registration import Registration
from bot.gateway.shard import Shard
from bot.gateway.shards import Shards, until_a_session_is_left
from bot.handlers import pictures as _pictures  # noqa: F401 - what its presses do registers itself
from bot.handlers.orders import submit_edit
from bot.messages.words import Languages, Translator
from bot.replies.reaction_downloads import ReactionDownloads
from bot.rights.access import in_time
from bot.rights.command_permissions import CommandPermissions
from bot.services import Interaction, Services
from core.errors import reason
from core.operations import DEFAULT_MODEL
from db.pool import UNAVAILABLE
from db.rate_limits import IDENTIFY_SECONDS, IdentifyLimit

log = logging.getLogger(__name__)

FINISH_SECONDS = 5.0
"""What is at work when the bot stops may take so long: 2 for Postgres, and some to say how it went."""

# discord.py keeps no record of the handlers that it begins, but names their tasks.
_HANDLERS = ("CommandTree-invoker", "discord-ui-", "discord.py: on_")

CONTROLS: tuple[type[ui.DynamicItem[Any]], ...] = (
    OrderButton,
    PictureButton,
    PageButton,
    PictureSelect,
    ForgetButton,
)


def commands(default_model: str = DEFAULT_MODEL) -> tuple[app_commands.Command[Any, ..., None], ...]:
    return imagine(default_model), gallery, queue, forget_me, doctor


class Client(discord.AutoShardedClient):
    """`services`, `downloads` and `identify_limit` are set before it is connected. `model` is what /imagine uses
    unless another is named."""

    services: Services
    downloads: ReactionDownloads
    identify_limit: IdentifyLimit

    def __init__(
        self,
        languages: Languages,
        *,
        model: str = DEFAULT_MODEL,
        commands_guild_id: int | None = None,
        proxy: str | None = None,
    ) -> None:
        # Voice is not used, so there is nothing to miss in a library for it.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        be_lenient()
        super().__init__(
            # None of these is privileged.
            intents=discord.Intents(guilds=True, guild_reactions=True, dm_reactions=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            proxy=proxy,
            http_trace=watched(),
        )
        guard(self._connection)
        self._shards: list[Shard] = []
        self._identify_buckets = 1
        self.identifying = asyncio.Lock()
        """One shard of this process after the other begins its session."""
        self._troubles: dict[int, str] = {}
        self._away_since = {0: time.monotonic()}
        """Of each shard that is not connected; until it is known which there are, that is the one."""
        self.logged_in = asyncio.Event()
        """Messages can be sent and edited from here on; the gateway is still to be connected."""
        self._languages = languages
        self.tree = Tree(self)
        for command in commands(model):
            self.tree.add_command(command)
        self.registration = Registration(self.tree, guild_id=commands_guild_id)
        self.command_permissions = CommandPermissions(self)

    async def setup_hook(self) -> None:
        self.logged_in.set()
        self.add_dynamic_items(*CONTROLS)
        await self.tree.set_translator(Translator(self._languages))

    def stand_by(self) -> None:
        """Another process may have the shards, so it is no fault that this one is not connected."""
        self._away_since.clear()

    def trouble(self, shard_id: int, problem: str | None) -> None:
        """What a shard waits for, or 0 while nothing is known of shards; None: it is over."""
        self._troubles.pop(shard_id, None)
        if problem is not None:
            self._troubles[shard_id] = problem

    @property
    def problem(self) -> str | None:
        return next(iter(list(self._troubles.values())), None)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Each of the shards, until it is cancelled. `reconnect` is discord.py's; it always does."""
        count = self.shard_count or 1
        self._connection.shard_count = self.shard_count = count
        self._connection.shard_ids = self.shard_ids = self.shard_ids or list(range(count))
        self._shards = [Shard(self, shard_id) for shard_id in self.shard_ids]
        async with asyncio.TaskGroup() as group:
            for shard in self._shards:
                group.create_task(shard.serve())

    async def may_begin_session(self, shard_id: int) -> None:
        await until_a_session_is_left(self, shard_id)

    def take_on(self, shards: Shards) -> None:
        """Those which `connect` is to connect."""
        self.shard_ids, self.shard_count = list(shards.ids), shards.count
        self._identify_buckets = shards.identify_buckets
        self._away_since = dict.fromkeys(shards.ids, time.monotonic())

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Keeps to Discord's limit of new sessions, together with the other processes of this bot."""
        try:
            seconds = await in_time(self.identify_limit.reserve((shard_id or 0) % self._identify_buckets))
        except UNAVAILABLE as error:
            log.warning("identifying without a word with other bots: %s", reason(error))
            seconds = IDENTIFY_SECONDS
        await asyncio.sleep(seconds)

    def at_work(self) -> set[asyncio.Task[Any]]:
        """The commands, presses, modals and reactions that came and have not ended."""
        return {task for task in asyncio.all_tasks() if task.get_name().startswith(_HANDLERS)}

    async def close(self) -> None:
        """With the session goes the way to answer, so what has begun ends first, or is ended."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FINISH_SECONDS):
                while tasks := self.at_work():
                    await asyncio.wait(tasks)
        late = self.at_work()
        for task in late:
            log.warning("it takes too long to end before the bot does: %s", task.get_name().partition(":")[0])
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        self.command_permissions.forget()
        await asyncio.gather(*(shard.close() for shard in self._shards))
        await super().close()

    @property
    def away_seconds(self) -> float:
        """How long a shard has had no connection to the gateway, the longest of them; 0 while all have."""
        return max((time.monotonic() - since for since in list(self._away_since.values())), default=0.0)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        # Each try that fails says so again.
        self._away_since.setdefault(shard_id, time.monotonic())

    async def on_shard_resumed(self, shard_id: int) -> None:
        self._away_since.pop(shard_id, None)

    async def on_shard_connect(self, shard_id: int) -> None:
        self._away_since.pop(shard_id, None)
        # A new session: what was changed since the last one nobody has told.
        self.command_permissions.forget()

    async def on_ready(self) -> None:
        log.info("connected to Discord as %s, in %d servers", self.user, len(self.guilds))

    async def on_interaction(self, interaction: Interaction) -> None:
        """Modals: discord.py finds only those that this process opened itself. And what is nobody's."""
        if interaction.guild_id is not None:
            self.command_permissions.learn(interaction.guild_id)
        custom_id = str(interaction.data and interaction.data.get("custom_id"))
        if interaction.type is discord.InteractionType.component and not _is_known(custom_id):
            # Of whatever text, so the line does not have it.
            log.warning("a press came that is for nobody")
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        if match := EDIT_ID.fullmatch(custom_id):
            await submit_edit(interaction, int(match["id"]))
        else:
            log.warning("a modal came that nobody opened")

    async def on_raw_app_command_permissions_update(
        self, payload: discord.RawAppCommandPermissionsUpdateEvent
    ) -> None:
        if payload.application_id == self.application_id:
            self.command_permissions.learn_again(payload.guild.id)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self.command_permissions.forget(guild.id)

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        await self.downloads.on_reaction(payload)


def _is_known(custom_id: str) -> bool:
    return any(control.__discord_ui_compiled_template__.fullmatch(custom_id) for control in CONTROLS)
