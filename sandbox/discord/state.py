"""The world: servers with their channels, members, messages and commands, and the interactions in them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sandbox.discord.snowflake import Snowflakes
from sandbox.discord.wire import Json

MESSAGES_PER_CHANNEL_MAX = 1000
EPHEMERAL_ATTACHMENTS_MAX = 200
INTERACTIONS_MAX = 2000
"""Enough to tell an interaction that ended from one that never was."""

GUILD_TEXT = 0
DIRECT_MESSAGE = 1
PUBLIC_THREAD = 11
PRIVATE_THREAD = 12


class MessageFlag:
    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    COMPONENTS_V2 = 1 << 15


@dataclass(slots=True)
class User:
    id: str
    username: str
    global_name: str | None
    bot: bool = False


@dataclass(slots=True)
class Role:
    """The role with the server's own id is @everyone."""

    id: str
    name: str
    permissions: int
    position: int
    managed: bool = False


@dataclass(slots=True)
class Member:
    """`about` is one line for the page; direct messages of the bot are taken by who takes them in a server with it."""

    user_id: str
    roles: list[str]
    joined_at: str
    about: str = ""
    takes_direct_messages: bool = True


@dataclass(slots=True)
class Overwrite:
    """For a role (type 0) or a member (type 1)."""

    id: str
    type: int
    allow: int = 0
    deny: int = 0


@dataclass(slots=True)
class Channel:
    """Of the server `guild_id`, or the direct messages between the bot and `recipient_id`.

    A thread is part of the channel `parent_id`, whose overwrites and age restriction are its own;
    `thread_member_ids` are those who see a private one.
    """

    id: str
    type: int
    name: str | None = None
    topic: str | None = None
    position: int = 0
    overwrites: list[Overwrite] = field(default_factory=list)
    recipient_id: str | None = None
    guild_id: str | None = None
    parent_id: str | None = None
    nsfw: bool = False
    thread_member_ids: list[str] = field(default_factory=list)

    @property
    def is_direct(self) -> bool:
        return self.type == DIRECT_MESSAGE

    @property
    def is_thread(self) -> bool:
        return self.type in (PUBLIC_THREAD, PRIVATE_THREAD)


@dataclass(slots=True)
class Attachment:
    """Without its URL, which depends on where the server listens."""

    id: str
    filename: str
    content_type: str
    size: int
    width: int | None = None
    height: int | None = None
    description: str | None = None


@dataclass(slots=True)
class Emoji:
    """One of the application's own."""

    id: str
    name: str
    content_type: str
    animated: bool


@dataclass(slots=True)
class Reaction:
    emoji: Json
    user_ids: list[str]


@dataclass(slots=True)
class Message:
    """`visible_to` names the only member who sees an ephemeral one; `interaction_id` whose token may edit it.

    Embeds and components are as Discord returns them, but for media that came as an attachment: these hold
    its `attachment_id` in place of the URL.
    """

    id: str
    channel_id: str
    author_id: str
    timestamp: str
    type: int = 0
    content: str = ""
    flags: int = 0
    tts: bool = False
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    mention_ids: list[str] = field(default_factory=list)
    mention_role_ids: list[str] = field(default_factory=list)
    mention_everyone: bool = False
    edited_timestamp: str | None = None
    nonce: str | int | None = None
    reference_id: str | None = None
    interaction_id: str | None = None
    interaction_metadata: Json | None = None
    visible_to: str | None = None
    dismissed: bool = False

    @property
    def is_ephemeral(self) -> bool:
        return self.visible_to is not None

    def has_flag(self, flag: int) -> bool:
        return bool(self.flags & flag)


@dataclass(slots=True)
class Interaction:
    """`response_type` is that of the first answer; `original_id` the message that `@original` names then."""

    id: str
    token: str
    type: int
    user_id: str
    channel_id: str
    data: Json
    dispatched_at: float
    locale: str
    nonce: str | None = None
    message_id: str | None = None
    response_type: int | None = None
    original_id: str | None = None
    modal: Json | None = None
    failed: bool = False
    expired: bool = False
    metadata: Json = field(default_factory=dict)


@dataclass(slots=True)
class Guild:
    """`command_permissions` are by the id of a command, or of the application for all of its commands."""

    id: str
    name: str
    owner_id: str
    roles: dict[str, Role]
    members: dict[str, Member]
    command_permissions: dict[str, list[Json]] = field(default_factory=dict)


@dataclass(slots=True)
class World:
    """The first of the servers is The Easel, whose owner is the application's; the bot need not be in each."""

    snowflakes: Snowflakes
    clock: Callable[[], float]
    bot_id: str
    guilds: dict[str, Guild]
    users: dict[str, User]
    channels: dict[str, Channel]
    messages: dict[str, dict[str, Message]] = field(default_factory=dict)
    commands: dict[str, Json] = field(default_factory=dict)
    emoji: dict[str, Emoji] = field(default_factory=dict)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    ephemeral_attachments: dict[str, Attachment] = field(default_factory=dict)
    """Those that came with a command or a modal, and are in no message."""

    @property
    def application_id(self) -> str:
        """Applications made since 2016 share their id with their bot."""
        return self.bot_id

    @property
    def guild(self) -> Guild:
        return next(iter(self.guilds.values()))

    def guild_of(self, channel: Channel) -> Guild:
        """For direct messages the first, which then says nothing of who is a member."""
        return self.guilds[channel.guild_id] if channel.guild_id is not None else self.guild

    def governing(self, channel: Channel) -> Channel:
        """The channel whose overwrites count: that of a thread is its parent."""
        return self.channels[channel.parent_id] if channel.parent_id is not None else channel

    def people(self) -> Iterator[User]:
        return (user for user in self.users.values() if user.id != self.bot_id)

    def memberships(self, user_id: str) -> list[Member]:
        return [guild.members[user_id] for guild in self.guilds.values() if user_id in guild.members]

    def bot_guilds(self) -> list[Guild]:
        """Those that the bot is in, which are all that it knows of."""
        return [guild for guild in self.guilds.values() if self.bot_id in guild.members]

    def bot_guild(self, guild_id: str) -> Guild | None:
        guild = self.guilds.get(guild_id)
        return guild if guild is not None and self.bot_id in guild.members else None

    def channels_by_guild(self) -> dict[str, list[Channel]]:
        found: dict[str, list[Channel]] = {guild_id: [] for guild_id in self.guilds}
        for channel in self.channels.values():
            if channel.guild_id is not None:
                found[channel.guild_id].append(channel)
        return found

    def direct_channel(self, user_id: str) -> Channel | None:
        return next((c for c in self.channels.values() if c.recipient_id == user_id), None)

    def message(self, channel_id: str, message_id: str) -> Message | None:
        return self.messages.get(channel_id, {}).get(message_id)

    def put_message(self, message: Message) -> list[Message]:
        """Adds it and returns those that had to make room."""
        messages = self.messages.setdefault(message.channel_id, {})
        messages[message.id] = message
        crowded_out = list(messages)[: max(0, len(messages) - MESSAGES_PER_CHANNEL_MAX)]
        return [messages.pop(id_) for id_ in crowded_out]

    def attachment(self, channel_id: str, attachment_id: str) -> Attachment | None:
        in_messages = (
            a for message in self.messages.get(channel_id, {}).values() for a in message.attachments
        )
        found = next((one for one in in_messages if one.id == attachment_id), None)
        return found or self.ephemeral_attachments.get(attachment_id)

    def put_ephemeral_attachments(self, attachments: list[Attachment]) -> list[str]:
        """Adds them and returns the ids of those that had to make room."""
        kept = self.ephemeral_attachments
        kept |= {attachment.id: attachment for attachment in attachments}
        crowded_out = list(kept)[: max(0, len(kept) - EPHEMERAL_ATTACHMENTS_MAX)]
        for id_ in crowded_out:
            del kept[id_]
        return crowded_out

    def put_interaction(self, interaction: Interaction) -> None:
        self.interactions[interaction.id] = interaction
        while len(self.interactions) > INTERACTIONS_MAX:
            del self.interactions[next(iter(self.interactions))]

    def interaction_by_token(self, token: str) -> Interaction | None:
        # Interactions are asked for while they are young.
        return next((i for i in reversed(self.interactions.values()) if i.token == token), None)
