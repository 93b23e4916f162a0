"""The world's objects as Discord's JSON."""

from typing import Any

from sandbox.discord.cdn import Cdn
from sandbox.discord.rules.form import without_none
from sandbox.discord.rules.media import attachments_in
from sandbox.discord.rules.permissions import permissions_of
from sandbox.discord.state import Attachment, Channel, Member, Message, Reaction, Role, User, World
from sandbox.discord.wire import Json, iso8601


class Render:
    def __init__(self, world: World, cdn: Cdn) -> None:
        self._world = world
        self._cdn = cdn

    def user(self, user: User) -> Json:
        fields: Json = {
            "id": user.id,
            "username": user.username,
            "global_name": user.global_name,
            "discriminator": "0" if not user.bot else "4242",
            "avatar": None,
            "banner": None,
            "accent_color": None,
            "public_flags": 0,
            "flags": 0,
            "avatar_decoration_data": None,
            "collectibles": None,
            "primary_guild": None,
        }
        return {**fields, "bot": True} if user.bot else fields

    def user_by_id(self, user_id: str) -> Json:
        return self.user(self._world.users[user_id])

    def current_user(self) -> Json:
        extra = {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}
        return {**self.user_by_id(self._world.bot_id), **extra}

    def member(self, member: Member) -> Json:
        return {"user": self.user_by_id(member.user_id), **self.member_without_user(member)}

    def member_without_user(self, member: Member) -> Json:
        return {
            "nick": None,
            "avatar": None,
            "banner": None,
            "roles": list(member.roles),
            "joined_at": member.joined_at,
            "premium_since": None,
            "communication_disabled_until": None,
            "flags": 0,
            "pending": False,
            "mute": False,
            "deaf": False,
        }

    def role(self, role: Role) -> Json:
        fields: Json = {
            "id": role.id,
            "name": role.name,
            "permissions": str(int(role.permissions)),
            "position": role.position,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": role.managed,
            "mentionable": False,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        }
        return {**fields, "tags": {"bot_id": self._world.bot_id}} if role.managed else fields

    def channel(self, channel: Channel) -> Json:
        messages = reversed(self._world.messages.get(channel.id, {}).values())
        last = next((message.id for message in messages if not message.is_ephemeral), None)
        fields: Json = {"id": channel.id, "type": channel.type, "last_message_id": last, "flags": 0}
        if channel.recipient_id is not None:
            return {**fields, "recipients": [self.user_by_id(channel.recipient_id)]}
        if channel.is_thread:
            return {**fields, **self._thread(channel)}
        return {
            **fields,
            "guild_id": channel.guild_id,
            "name": channel.name,
            "topic": channel.topic,
            "position": channel.position,
            "parent_id": None,
            "nsfw": channel.nsfw,
            "rate_limit_per_user": 0,
            "permission_overwrites": [
                {"id": o.id, "type": o.type, "allow": str(int(o.allow)), "deny": str(int(o.deny))}
                for o in channel.overwrites
            ],
        }

    def _thread(self, thread: Channel) -> Json:
        """A thread has no overwrites: those of its parent count."""
        messages = len(self._world.messages.get(thread.id, {}))
        return {
            "guild_id": thread.guild_id,
            "name": thread.name,
            "parent_id": thread.parent_id,
            "owner_id": self._world.guild_of(thread).owner_id,
            "rate_limit_per_user": 0,
            "message_count": messages,
            "total_message_sent": messages,
            "member_count": max(1, len(thread.thread_member_ids)),
            "thread_metadata": {
                "archived": False,
                "archive_timestamp": iso8601(self._world.clock()),
                "auto_archive_duration": 1440,
                "locked": False,
            },
        }

    def channel_in_interaction(self, channel: Channel, user_id: str) -> Json:
        permissions = permissions_of(self._world, channel, user_id)
        fields = self.channel(channel)
        fields.pop("permission_overwrites", None)
        return {**fields, "permissions": str(int(permissions))}

    def attachment(self, channel_id: str, attachment: Attachment, *, ephemeral: bool) -> Json:
        url = self._cdn.url(channel_id, attachment, ephemeral=ephemeral)
        fields: Json = {
            "id": attachment.id,
            "filename": attachment.filename,
            "size": attachment.size,
            "url": url,
            "proxy_url": url,
            "content_type": attachment.content_type,
            "width": attachment.width,
            "height": attachment.height,
            "description": attachment.description,
            "ephemeral": True if ephemeral else None,
        }
        return without_none(fields)

    def attachment_in_interaction(self, channel_id: str, attachment: Attachment) -> Json:
        """Here Discord says of a file that is no picture that it has no width and no height."""
        size = {"width": attachment.width, "height": attachment.height}
        return {**self.attachment(channel_id, attachment, ephemeral=True), **size}

    def message(self, message: Message, viewer_id: str) -> Json:
        """As `viewer_id` sees it, which shows in the reactions."""
        world = self._world
        parts = [*message.embeds, *message.components]
        # What an embed or a component shows is not listed a second time (discord-api-docs issue 8277).
        shown = set(attachments_in(parts))
        fields: Json = {
            "id": message.id,
            "type": message.type,
            "channel_id": message.channel_id,
            "author": self.user_by_id(message.author_id),
            "content": message.content,
            "timestamp": message.timestamp,
            "edited_timestamp": message.edited_timestamp,
            "tts": message.tts,
            "flags": message.flags,
            "pinned": False,
            "mention_everyone": message.mention_everyone,
            "mentions": [self.user_by_id(id_) for id_ in message.mention_ids],
            "mention_roles": list(message.mention_role_ids),
            "attachments": [
                self.attachment(message.channel_id, a, ephemeral=message.is_ephemeral)
                for a in message.attachments
                if a.id not in shown
            ],
            "embeds": [self._with_media(embed, message) for embed in message.embeds],
            "components": [self._with_media(component, message) for component in message.components],
        }
        if message.reactions:
            fields["reactions"] = [self._reaction(reaction, viewer_id) for reaction in message.reactions]
        if message.nonce is not None:
            fields["nonce"] = message.nonce
        if message.interaction_metadata is not None:
            fields["application_id"] = fields["webhook_id"] = world.application_id
            fields["interaction_metadata"] = message.interaction_metadata
        if message.reference_id is not None:
            fields |= self._reference(message)
        return fields

    def message_for_bot(self, message: Message) -> Json:
        """Without the content intent, what others wrote in the server is blank unless it names the bot."""
        fields = self.message(message, self._world.bot_id)
        its_own = message.author_id == self._world.bot_id or self._world.bot_id in message.mention_ids
        if not its_own and not self._world.channels[message.channel_id].is_direct:
            fields |= {"content": "", "embeds": [], "attachments": [], "components": []}
        return fields

    def _reference(self, message: Message) -> Json:
        reference: Json = {"type": 0, "channel_id": message.channel_id, "message_id": message.reference_id}
        channel = self._world.channels[message.channel_id]
        if not channel.is_direct:
            reference["guild_id"] = channel.guild_id
        target = self._world.message(message.channel_id, message.reference_id or "")
        if target is None:
            return {"message_reference": reference, "referenced_message": None}
        referenced = self.message(target, message.author_id)
        # One level is all that Discord nests.
        referenced.pop("referenced_message", None)
        return {"message_reference": reference, "referenced_message": referenced}

    def _reaction(self, reaction: Reaction, viewer_id: str) -> Json:
        count = len(reaction.user_ids)
        return {
            "emoji": reaction.emoji,
            "count": count,
            "count_details": {"burst": 0, "normal": count},
            "burst_colors": [],
            "me": viewer_id in reaction.user_ids,
            "me_burst": False,
        }

    def _with_media(self, value: Any, message: Message) -> Any:
        """Fills in URL and size of media, wherever they stand in an embed or a component."""
        if isinstance(value, list):
            return [self._with_media(item, message) for item in value]
        if not isinstance(value, dict):
            return value
        if "file" in value:
            file = self._with_media(value["file"], message)
            attachment = _attachment_of(message, value["file"])
            return {**value, "file": file, "name": attachment.filename, "size": attachment.size}
        if "icon" in value:
            media = self._media(value["icon"], message)
            rest = {key: inner for key, inner in value.items() if key != "icon"}
            return {**rest, "icon_url": media["url"], "proxy_icon_url": media["proxy_url"]}
        if "attachment_id" in value or value.keys() == {"id", "url"}:
            return self._media(value, message)
        return {key: self._with_media(inner, message) for key, inner in value.items()}

    def _media(self, media: Json, message: Message) -> Json:
        if "attachment_id" not in media:
            return {**media, "proxy_url": media["url"]}
        attachment = _attachment_of(message, media)
        url = self._cdn.url(message.channel_id, attachment, ephemeral=message.is_ephemeral)
        size = {"width": attachment.width, "height": attachment.height} if attachment.width else {}
        return {**media, "url": url, "proxy_url": url, "content_type": attachment.content_type, **size}


def _attachment_of(message: Message, media: Json) -> Attachment:
    return next(a for a in message.attachments if a.id == media["attachment_id"])
