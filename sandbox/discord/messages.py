"""Messages come, change and go: who may do that, what they then look like, and who is told."""

from dataclasses import dataclass

from sandbox.discord import errors
from sandbox.discord.events import Events
from sandbox.discord.rules.attachments import Upload
from sandbox.discord.rules.mentions import find_mentions
from sandbox.discord.rules.messages import Parts, read_parts
from sandbox.discord.rules.permissions import Permission, permissions_of, to_write_in
from sandbox.discord.rules.tree import texts
from sandbox.discord.state import Channel, Interaction, Message, MessageFlag, Reaction, World
from sandbox.discord.store import Store
from sandbox.discord.wire import Json, iso8601

NONCE_SECONDS = 300.0
"""For so long a nonce that is to be enforced names the message that was made with it."""

NONCE_LENGTH_MAX = 25
REACTIONS_MAX = 20
REPLY = 19
COMMAND_REPLY = 20
MENU_REPLY = 23


@dataclass(frozen=True, slots=True)
class Origin:
    """The interaction that a message answers; `ephemeral` if only its member is to see it."""

    interaction: Interaction
    ephemeral: bool = False


class Messages:
    def __init__(self, world: World, store: Store, events: Events) -> None:
        self._world = world
        self._store = store
        self._events = events

    def channel(self, channel_id: str) -> Channel:
        channel = self._world.channels.get(channel_id)
        if channel is None:
            raise errors.unknown_channel()
        return channel

    def find(self, channel_id: str, message_id: str) -> Message:
        message = self._world.message(channel_id, message_id)
        if message is None:
            raise errors.unknown_message()
        return message

    def permissions(self, channel: Channel, user_id: str) -> Permission:
        return permissions_of(self._world, channel, user_id)

    def require(self, channel: Channel, user_id: str, *needed: Permission) -> None:
        permissions = self.permissions(channel, user_id)
        if Permission.VIEW_CHANNEL not in permissions:
            raise errors.missing_access()
        for permission in needed:
            if permission not in permissions:
                raise errors.missing_permissions()

    def post(self, channel: Channel, author_id: str, body: Json, uploads: dict[int, Upload]) -> Message:
        """An ordinary message, of a member or of the bot."""
        self._require_direct_messages_open(channel, author_id)
        needs = [to_write_in(channel)]
        if uploads:
            needs.append(Permission.ATTACH_FILES)
        if body.get("embeds"):
            needs.append(Permission.EMBED_LINKS)
        if body.get("message_reference"):
            needs.append(Permission.READ_MESSAGE_HISTORY)
        self.require(channel, author_id, *needs)
        twin = self._made_with_nonce(channel, author_id, body)
        if twin is not None:
            return twin
        return self.create(channel, author_id, body, uploads)

    def create(
        self,
        channel: Channel,
        author_id: str,
        body: Json,
        uploads: dict[int, Upload],
        origin: Origin | None = None,
    ) -> Message:
        _check_nonce(body.get("nonce"))
        parts = read_parts(body, uploads, self._world.snowflakes.next)
        # Flags and visibility of an answer are settled by who sees it, whatever else was asked for.
        flags = parts.flags & ~MessageFlag.EPHEMERAL
        message = Message(
            self._world.snowflakes.next(),
            channel.id,
            author_id,
            iso8601(self._world.clock()),
            tts=body.get("tts") is True,
            nonce=body.get("nonce"),
            reference_id=self._reference(channel, body),
            flags=flags,
        )
        if message.reference_id is not None:
            message.type = REPLY
        if origin is not None:
            _mark_origin(message, origin)
        self._show(message, parts)
        self._keep_files(uploads)
        self._add(message)
        return message

    def create_loading(self, channel: Channel, origin: Origin) -> Message:
        """The bot is thinking: a message that is to be filled in."""
        message = Message(
            self._world.snowflakes.next(),
            channel.id,
            self._world.bot_id,
            iso8601(self._world.clock()),
            flags=MessageFlag.LOADING,
        )
        _mark_origin(message, origin)
        self._add(message)
        return message

    def edit(self, message: Message, body: Json, uploads: dict[int, Upload]) -> Message:
        loading = message.has_flag(MessageFlag.LOADING)
        old = Parts(
            message.content,
            tuple(message.embeds),
            tuple(message.components),
            tuple(message.attachments),
            message.flags & ~MessageFlag.LOADING,
        )
        parts = read_parts(body, uploads, self._world.snowflakes.next, old=old)
        kept = {attachment.id for attachment in parts.attachments}
        self._store.drop_files([a.id for a in message.attachments if a.id not in kept])
        message.flags = parts.flags
        if not loading:
            message.edited_timestamp = iso8601(self._world.clock())
        self._show(message, parts)
        self._keep_files(uploads)
        self._store.changed()
        self._events.message_updated(message)
        return message

    def delete(self, message: Message) -> None:
        del self._world.messages[message.channel_id][message.id]
        self._store.drop_files([attachment.id for attachment in message.attachments])
        self._store.changed()
        self._events.message_deleted(message)

    def dismiss(self, message: Message) -> None:
        message.dismissed = True
        self._store.changed()
        self._events.message_dismissed(message)

    def react(self, message: Message, user_id: str, emoji: Json) -> None:
        channel = self.channel(message.channel_id)
        reaction = next((r for r in message.reactions if r.emoji == emoji), None)
        needs = [Permission.READ_MESSAGE_HISTORY, *([] if reaction else [Permission.ADD_REACTIONS])]
        self.require(channel, user_id, *needs)
        if reaction is None:
            if len(message.reactions) >= REACTIONS_MAX:
                raise errors.too_many_reactions(REACTIONS_MAX)
            reaction = Reaction(emoji, [])
            message.reactions.append(reaction)
        if user_id not in reaction.user_ids:
            reaction.user_ids.append(user_id)
            self._store.changed()
            self._events.reaction("MESSAGE_REACTION_ADD", message, user_id, emoji)

    def take_reaction_back(self, message: Message, user_id: str, emoji: Json) -> None:
        reaction = next((r for r in message.reactions if r.emoji == emoji), None)
        if reaction is None or user_id not in reaction.user_ids:
            raise errors.unknown_emoji()
        reaction.user_ids.remove(user_id)
        if not reaction.user_ids:
            message.reactions.remove(reaction)
        self._store.changed()
        self._events.reaction("MESSAGE_REACTION_REMOVE", message, user_id, emoji)

    def _add(self, message: Message) -> None:
        for crowded_out in self._world.put_message(message):
            self._store.drop_files([attachment.id for attachment in crowded_out.attachments])
        self._store.changed()
        self._events.message_created(message)

    def _show(self, message: Message, parts: Parts) -> None:
        channel = self.channel(message.channel_id)
        message.content = parts.content
        message.embeds = list(parts.embeds)
        message.components = list(parts.components)
        message.attachments = list(parts.attachments)
        mentions = find_mentions(
            [parts.content, *texts(parts.components)],
            parts.allowed_mentions,
            guild=None if channel.is_direct else self._world.guild_of(channel),
            users=self._world.users,
            may_mention_everyone=Permission.MENTION_EVERYONE in self.permissions(channel, message.author_id),
        )
        message.mention_ids = mentions.user_ids
        message.mention_role_ids = mentions.role_ids
        message.mention_everyone = mentions.everyone

    def _keep_files(self, uploads: dict[int, Upload]) -> None:
        for upload in uploads.values():
            self._store.put_file(upload.attachment.id, upload.content)

    def _require_direct_messages_open(self, channel: Channel, author_id: str) -> None:
        if channel.recipient_id is None or author_id != self._world.bot_id:
            return
        shared = [guild.members.get(channel.recipient_id) for guild in self._world.bot_guilds()]
        if not any(member.takes_direct_messages for member in shared if member is not None):
            raise errors.cannot_message_user()

    def _made_with_nonce(self, channel: Channel, author_id: str, body: Json) -> Message | None:
        if not body.get("enforce_nonce") or body.get("nonce") is None:
            return None
        since = iso8601(self._world.clock() - NONCE_SECONDS)
        return next(
            (
                message
                for message in reversed(self._world.messages.get(channel.id, {}).values())
                if (message.nonce, message.author_id) == (body["nonce"], author_id)
                and message.timestamp > since
            ),
            None,
        )

    def _reference(self, channel: Channel, body: Json) -> str | None:
        reference = body.get("message_reference")
        if not reference:
            return None
        if not isinstance(reference, dict):
            raise errors.not_an_object("message_reference")
        target = self._world.message(channel.id, str(reference.get("message_id")))
        if target is not None and target.is_ephemeral:
            target = None
        if target is None and reference.get("fail_if_not_exists", True):
            raise errors.invalid_field(
                "Unknown message", "message_reference", code="MESSAGE_REFERENCE_UNKNOWN_MESSAGE"
            )
        return target.id if target else None


def _check_nonce(nonce: object) -> None:
    is_wrong = isinstance(nonce, bool) or not isinstance(nonce, str | int | None)
    if is_wrong or len(str(nonce)) > NONCE_LENGTH_MAX:
        raise errors.invalid_field(
            f"Must be {NONCE_LENGTH_MAX} or fewer in length.", "nonce", code="BASE_TYPE_MAX_LENGTH"
        )


def _mark_origin(message: Message, origin: Origin) -> None:
    interaction = origin.interaction
    message.interaction_id = interaction.id
    message.interaction_metadata = interaction.metadata
    if interaction.type == 2:
        message.type = MENU_REPLY if "target_id" in interaction.data else COMMAND_REPLY
    if origin.ephemeral:
        message.flags |= MessageFlag.EPHEMERAL
        message.visible_to = interaction.user_id
