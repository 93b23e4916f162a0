"""Keeps the world on disk: one JSON file, and a file for each attachment."""

import asyncio
import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from sandbox.discord.seed import add_annex, seed
from sandbox.discord.snowflake import Snowflakes
from sandbox.discord.state import (
    Attachment,
    Channel,
    Emoji,
    Guild,
    Interaction,
    Member,
    Message,
    Overwrite,
    Reaction,
    Role,
    User,
    World,
)
from sandbox.discord.wire import Json

log = logging.getLogger(__name__)

SAVE_DELAY_SECONDS, SAVE_SHARE = 0.5, 0.05
"""Many changes in a row make one write, and of a large world fewer are made: all writes take this share of the time."""


class Store:
    """Without a directory everything is in memory, and `save` does nothing."""

    def __init__(self, directory: Path | None, clock: Callable[[], float]) -> None:
        self._directory = directory
        self._clock = clock
        self._files: dict[str, bytes] = {}
        self._pending: asyncio.TimerHandle | None = None
        self._took_seconds = 0.0
        self.world = self._load()

    def _load(self) -> World:
        if self._directory is None:
            return seed(self._clock)
        (self._directory / "attachments").mkdir(parents=True, exist_ok=True)
        try:
            saved = json.loads((self._directory / "world.json").read_text())
        except FileNotFoundError:
            return seed(self._clock)
        world = _world_from(_of_several_servers(saved), self._clock)
        if not any(user.username == "dora" for user in world.users.values()):
            # An earlier version had one server alone.
            add_annex(world)
        return world

    def changed(self) -> None:
        """Has the world written soon."""
        if self._directory is not None and self._pending is None:
            loop = asyncio.get_running_loop()
            delay_seconds = max(SAVE_DELAY_SECONDS, self._took_seconds / SAVE_SHARE)
            self._pending = loop.call_later(delay_seconds, self.save)

    def save(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
        if self._directory is None:
            return
        begun = time.perf_counter()
        # A crash leaves the old file or the new one, never half of one.
        draft = self._directory / "world.json.new"
        draft.write_text(json.dumps(_world_to(self.world), default=_plain, separators=(",", ":")))
        os.replace(draft, self._directory / "world.json")
        self._took_seconds = time.perf_counter() - begun

    def put_file(self, attachment_id: str, content: bytes) -> None:
        if self._directory is None:
            self._files[attachment_id] = content
        else:
            self._path(self._directory, attachment_id).write_bytes(content)

    def get_file(self, attachment_id: str) -> bytes | None:
        if self._directory is None:
            return self._files.get(attachment_id)
        try:
            return self._path(self._directory, attachment_id).read_bytes()
        except FileNotFoundError:
            return None

    def drop_files(self, attachment_ids: list[str]) -> None:
        for attachment_id in attachment_ids:
            if self._directory is None:
                self._files.pop(attachment_id, None)
            else:
                self._path(self._directory, attachment_id).unlink(missing_ok=True)

    @staticmethod
    def _path(directory: Path, attachment_id: str) -> Path:
        # Through int, so that no name leads out of the directory.
        return directory / "attachments" / str(int(attachment_id))


def _world_to(world: World) -> Json:
    return {
        "last_snowflake": world.snowflakes.last,
        "bot_id": world.bot_id,
        "guilds": list(world.guilds.values()),
        "users": list(world.users.values()),
        "channels": list(world.channels.values()),
        "messages": [message for channel in world.messages.values() for message in channel.values()],
        "commands": list(world.commands.values()),
        "emoji": list(world.emoji.values()),
        "interactions": list(world.interactions.values()),
        "ephemeral_attachments": list(world.ephemeral_attachments.values()),
    }


def _plain(kept: Any) -> Json:
    """`asdict` without its copies, which take most of the time."""
    return {field.name: getattr(kept, field.name) for field in fields(kept)}


def _of_several_servers(saved: Json) -> Json:
    """What an earlier version saved had one, and did not say of channels whose they are."""
    if "guild" not in saved:
        return saved
    guild_id = saved["guild"]["id"]
    channels = [
        {**channel, "guild_id": None if channel["recipient_id"] else guild_id}
        for channel in saved["channels"]
    ]
    return {**saved, "guilds": [saved["guild"]], "channels": channels}


def _world_from(saved: Json, clock: Callable[[], float]) -> World:
    guilds = [_guild_from(guild) for guild in saved["guilds"]]
    world = World(
        snowflakes=Snowflakes(clock, saved["last_snowflake"]),
        clock=clock,
        bot_id=saved["bot_id"],
        guilds={guild.id: guild for guild in guilds},
        users={user["id"]: User(**user) for user in saved["users"]},
        channels={channel["id"]: _channel_from(channel) for channel in saved["channels"]},
        commands={command["id"]: command for command in saved["commands"]},
        # Nor this.
        emoji={one["id"]: Emoji(**one) for one in saved.get("emoji", [])},
        interactions={one["id"]: Interaction(**one) for one in saved["interactions"]},
        # An earlier version knew none.
        ephemeral_attachments={
            one["id"]: Attachment(**one) for one in saved.get("ephemeral_attachments", [])
        },
    )
    for message in saved["messages"]:
        world.put_message(_message_from(message))
    return world


def _guild_from(saved: Json) -> Guild:
    roles = {id_: Role(**role) for id_, role in saved["roles"].items()}
    members = {id_: Member(**member) for id_, member in saved["members"].items()}
    return Guild(**{**saved, "roles": roles, "members": members})


def _channel_from(saved: Json) -> Channel:
    return Channel(**{**saved, "overwrites": [Overwrite(**o) for o in saved["overwrites"]]})


def _message_from(saved: Json) -> Message:
    attachments = [Attachment(**a) for a in saved["attachments"]]
    reactions = [Reaction(**r) for r in saved["reactions"]]
    return Message(**{**saved, "attachments": attachments, "reactions": reactions})
