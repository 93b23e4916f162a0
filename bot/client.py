"""The client: commands, controls and events."""

import asyncio
import contextlib
import logging
from typing import Any

import discord
from discord import app_commands, ui

import bot.moderation.presses
import bot.origin
import bot.presses  # noqa: F401 - they register themselves
from bot.changes import submit_form
from bot.commands.apps import context_menus
from bot.commands.change import change
from bot.commands.doctor import doctor
from bot.commands.forget_me import ForgetButton, forget_me
from bot.commands.gallery import gallery
from bot.commands.imagine import imagine
from bot.commands.me import me
from bot.commands.owner import owner
from bot.commands.queue import queue
from bot.commands.reports import reports
from bot.commands.settings import settings
from bot.commands.tree import Tree
from bot.commands.usage import usage
from bot.controls.buttons import PRESSES, OrderButton, PictureButton
from bot.controls.edit_modal import CUSTOM_ID as EDIT_ID
from bot.controls.page_controls import FILTERED, PageButton, PictureSelect, query_of
from bot.controls.pages import CUSTOM_ID as PANEL_ID
from bot.controls.pages import Control, submitted
from bot.controls.verbs import FORM_ID, FieldSelect, VerbButton, VerbSelect, verb_of
from bot.discord_errors import watched
from bot.editing import submit_edit
from bot.gateway.command_permissions import CommandPermissions
from bot.gateway.emoji import ApplicationEmoji
from bot.gateway.endpoints import Shards, choose_shards, log_in, until_discord_answers
from bot.gateway.events import guard
from bot.gateway.lenient import be_lenient
from bot.gateway.packed import pack_servers
from bot.gateway.registration import Registration
from bot.gateway.shard import Shard
from bot.gateway.status import GatewayStatus
from bot.messages.words import Languages, Translator
from bot.owner.doctor import limit_of_all
from bot.replies.reaction_downloads import ReactionDownloads
from bot.replies.stale import redraw_stale
from bot.rights.access import in_time
from bot.services import Interaction, Services
from bot.settings import BotSettings
from core.errors import reason
from core.operations import DEFAULT_MODEL
from core.orders import COUNT_MAX
from db.migrate import wait_until_migrated
from db.pool import UNAVAILABLE, Pool
from db.rate_limits import IDENTIFY_SECONDS, IdentifyLimit
from db.retry import until_answered
from db.shard_locks import ShardLocks

log = logging.getLogger(__name__)

FINISH_SECONDS = 5.0  # for the handlers that run when the bot stops

# discord.py keeps no record of the handlers that it starts, but names their tasks.
_HANDLERS = ("CommandTree-invoker", "discord-ui-", "discord.py: on_")

CONTROLS: tuple[type[ui.DynamicItem[Any]], ...] = (
    OrderButton,
    PictureButton,
    PageButton,
    PictureSelect,
    VerbButton,
    VerbSelect,
    FieldSelect,
    ForgetButton,
    Control,
)


def commands(
    default_model: str = DEFAULT_MODEL, count_max: int = COUNT_MAX
) -> tuple[app_commands.Command[Any, ..., None] | app_commands.Group, ...]:
    painting, changing = imagine(default_model, count_max), change()
    return painting, changing, gallery, queue, usage, me, forget_me, settings, reports, owner, doctor


class Client(discord.AutoShardedClient):
    """`services`, `downloads` and `identify_limit` are set before it is connected."""

    services: Services
    downloads: ReactionDownloads
    identify_limit: IdentifyLimit

    def __init__(
        self,
        languages: Languages,
        *,
        model: str = DEFAULT_MODEL,
        count_max: int = COUNT_MAX,
        commands_guild_id: int | None = None,
        proxy: str | None = None,
    ) -> None:
        # Without voice, its libraries are not missed.
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
        pack_servers(self._connection)
        guard(self._connection)
        self._shards: list[Shard] = []
        self._identify_buckets = 1
        self.gateway_status = GatewayStatus()
        self.logged_in = asyncio.Event()
        """Messages can be sent and edited from here on, without the gateway."""
        self._languages = languages
        self.tree = Tree(self)
        for command in commands(model, count_max):
            self.tree.add_command(command)
        for menu in context_menus():
            self.tree.add_command(menu)
        self.registration = Registration(self.tree, guild_id=commands_guild_id)
        self.emoji = ApplicationEmoji(self, languages.signs)
        self.command_permissions = CommandPermissions(self)

    async def setup_hook(self) -> None:
        self.logged_in.set()
        self.add_dynamic_items(*CONTROLS)
        await self.tree.set_translator(Translator(self._languages))

    async def serve(self, settings: BotSettings, pool: Pool, locks: ShardLocks) -> None:
        """Raises ShardLost when another process took the shards, or Misconfigured at the start."""
        token = settings.discord_token.get_secret_value()
        await until_discord_answers(self.gateway_status, lambda: log_in(self, token))
        shards = await until_discord_answers(self.gateway_status, lambda: choose_shards(self, settings))
        await wait_until_migrated(pool)
        self.gateway_status.expect(())
        await locks.take(shards.ids)
        # Before the first command: what is not known yet would be refused.
        await until_answered(self.services.rules.load)
        log.info("%s; /owner changes it, on the page Money", limit_of_all(self.services.rules.servers.house))
        self.take_on(shards)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(locks.keep())
                group.create_task(self.connect())
                group.create_task(self.registration.serve(registers=0 in shards.ids))
                group.create_task(self.emoji.serve(uploads=0 in shards.ids))
        except ExceptionGroup as ended:
            raise ended.exceptions[0] from None

    def take_on(self, shards: Shards) -> None:
        self.shard_ids, self.shard_count = list(shards.ids), shards.count
        self._identify_buckets = shards.identify_buckets
        self.gateway_status.expect(shards.ids)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Runs until it is cancelled. It always reconnects."""
        count = self.shard_count or 1
        self._connection.shard_count = self.shard_count = count
        self._connection.shard_ids = self.shard_ids = self.shard_ids or list(range(count))
        identifying = asyncio.Lock()
        self._shards = [Shard(self, one, self.gateway_status, identifying) for one in self.shard_ids]
        async with asyncio.TaskGroup() as group:
            for shard in self._shards:
                group.create_task(shard.serve())

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Keeps to Discord's limit of new sessions, shared with the other processes of this bot."""
        try:
            seconds = await in_time(self.identify_limit.reserve((shard_id or 0) % self._identify_buckets))
        except UNAVAILABLE as error:
            log.warning("identifying without asking the other processes: %s", reason(error))
            seconds = IDENTIFY_SECONDS
        await asyncio.sleep(seconds)

    def running_handlers(self) -> set[asyncio.Task[Any]]:
        return {task for task in asyncio.all_tasks() if task.get_name().startswith(_HANDLERS)}

    async def close(self) -> None:
        """The handlers end first, as without the session they could not answer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FINISH_SECONDS):
                while tasks := self.running_handlers():
                    await asyncio.wait(tasks)
        late = self.running_handlers()
        for task in late:
            log.warning("cancelled, as the bot stops: %s", task.get_name().partition(":")[0])
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        self.command_permissions.forget()
        await asyncio.gather(*(shard.close() for shard in self._shards))
        await super().close()

    async def on_shard_disconnect(self, shard_id: int) -> None:
        self.gateway_status.disconnected(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        self.gateway_status.connected(shard_id)

    async def on_shard_connect(self, shard_id: int) -> None:
        self.gateway_status.connected(shard_id)
        # Changes since the last session were missed.
        self.command_permissions.forget()

    async def on_ready(self) -> None:
        # Not at each server that comes before it, as all are looked at each time; one that is back from an outage
        # is seen to by the next poll.
        self.services.rules.admission.wake()
        servers = "1 server" if len(self.guilds) == 1 else f"{len(self.guilds)} servers"
        log.info("connected to Discord as %s, in %s", self.user, servers)

    async def on_interaction(self, interaction: Interaction) -> None:
        """discord.py finds only the modals that this process opened itself."""
        if interaction.guild_id is not None:
            self.command_permissions.learn(interaction.guild_id)
        # It may be any text, so the log does not have it.
        custom_id = str(interaction.data and interaction.data.get("custom_id"))
        if interaction.type is discord.InteractionType.component:
            templates = (control.__discord_ui_compiled_template__ for control in CONTROLS)
            if not any(template.fullmatch(custom_id) for template in templates):
                log.warning("a press of an unknown control")
            await redraw_stale(interaction)
        elif interaction.type is discord.InteractionType.modal_submit:
            if match := EDIT_ID.fullmatch(custom_id):
                await submit_edit(interaction, int(match["id"]))
            elif match := PageButton.__discord_ui_compiled_template__.fullmatch(custom_id):
                await PRESSES[FILTERED](interaction, query_of(match))
            elif match := FORM_ID.fullmatch(custom_id):
                await submit_form(interaction, verb_of(match))
            elif match := PANEL_ID.fullmatch(custom_id):
                await submitted(interaction, match)
            else:
                log.warning("an unknown modal was submitted")

    async def on_raw_app_command_permissions_update(
        self, payload: discord.RawAppCommandPermissionsUpdateEvent
    ) -> None:
        if payload.application_id == self.application_id:
            self.command_permissions.forget(payload.guild.id)
            self.command_permissions.learn(payload.guild.id)

    async def on_guild_join(self, _guild: discord.Guild) -> None:
        self.services.rules.admission.wake()

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self.command_permissions.forget(guild.id)
        self.services.rules.admission.wake()

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        await self.downloads.on_reaction(payload)
