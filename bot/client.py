"""The connection to Discord, with no more in memory and no more intents than the bot uses."""

import asyncio
import contextlib
import logging
import time
from typing import Any

import discord
from discord import app_commands, ui

from bot import edit
from bot.controls import JobButton
from bot.diagnose import doctor
from bot.download import ReactionDownloads
from bot.errors import on_command_error, tell
from bot.forget import ForgetButton, forget_me
from bot.gallery import gallery
from bot.gallery_page import PageButton, PictureSelect
from bot.imagine import imagine
from bot.queue import queue
from bot.registration import Registration
from bot.services import Interaction, Services
from bot.words import Translator

log = logging.getLogger(__name__)

FINISH_SECONDS = 5.0
"""What is at work when the bot stops may take so long: 2 for Postgres, and some to say how it went."""

# discord.py keeps no record of the handlers that it begins, but names their tasks.
_HANDLERS = ("CommandTree-invoker", "discord-ui-", "discord.py: on_")

COMMANDS: tuple[app_commands.Command[Any, ..., None], ...] = (imagine, gallery, queue, forget_me, doctor)

CONTROLS: tuple[type[ui.DynamicItem[Any]], ...] = (JobButton, PageButton, PictureSelect, ForgetButton)


class Client(discord.Client):
    """`services` and `downloads` are set before it is started: both are made with the client in hand."""

    services: Services
    downloads: ReactionDownloads

    def __init__(self, *, commands_guild_id: int | None = None) -> None:
        # Voice is not used, so there is nothing to miss in a library for it.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            # None of these is privileged.
            intents=discord.Intents(guilds=True, guild_reactions=True, dm_reactions=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
        )
        self._connected = False
        self._since = time.monotonic()
        self.logged_in = asyncio.Event()
        """Messages can be sent and edited from here on; the gateway is still to be connected."""
        self.tree = app_commands.CommandTree(self)
        self.tree.error(on_command_error)
        for command in COMMANDS:
            self.tree.add_command(command)
        self.registration = Registration(self.tree, guild_id=commands_guild_id)

    async def setup_hook(self) -> None:
        self.logged_in.set()
        self.add_dynamic_items(*CONTROLS)
        await self.tree.set_translator(Translator(self.services.languages))
        await self.registration.bring_up_to_date()

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
            log.warning("it takes too long to end before the bot does: %r", task.get_name())
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await super().close()

    @property
    def away_seconds(self) -> float:
        """How long there has been no connection to the gateway; 0 while there is one."""
        return 0.0 if self._connected else time.monotonic() - self._since

    async def on_disconnect(self) -> None:
        # Each try that fails says so again.
        if self._connected:
            self._connected, self._since = False, time.monotonic()

    async def on_resumed(self) -> None:
        self._connected = True

    async def on_ready(self) -> None:
        self._connected = True
        log.info("connected to Discord as %s, in %d servers", self.user, len(self.guilds))

    async def on_interaction(self, interaction: Interaction) -> None:
        """Modals: discord.py finds only those that this process opened itself. And what is nobody's."""
        custom_id = str(interaction.data and interaction.data.get("custom_id"))
        if interaction.type is discord.InteractionType.component and not _is_known(custom_id):
            # Of whatever text: quoted, it is one line of the log.
            log.warning("a press came that is for nobody: %r", custom_id)
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        match = edit.CUSTOM_ID.fullmatch(custom_id)
        if match is None:
            log.warning("a modal came that nobody opened: %r", custom_id)
            return
        try:
            await edit.submit(interaction, int(match["id"]))
        except Exception as error:  # noqa: BLE001 - the outermost frame of a modal: whatever it is, the member is told
            await tell(interaction, error)

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        await self.downloads.on_reaction(payload)


def _is_known(custom_id: str) -> bool:
    return any(control.__discord_ui_compiled_template__.fullmatch(custom_id) for control in CONTROLS)
