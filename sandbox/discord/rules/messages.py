"""The body of a message: what may stand together in it, and how long it may be."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sandbox.discord import errors
from sandbox.discord.rules.attachments import Upload, merge_attachments
from sandbox.discord.rules.components import MessageComponents
from sandbox.discord.rules.embeds import read_embeds
from sandbox.discord.rules.form import Form, Node
from sandbox.discord.rules.media import MediaContext, attachments_in
from sandbox.discord.rules.mentions import AllowedMentions, read_allowed_mentions
from sandbox.discord.state import Attachment, MessageFlag
from sandbox.discord.wire import Json

CONTENT_LENGTH_MAX = 2000

_FIELDS = ("content", "tts", "embeds", "allowed_mentions", "message_reference", "components", "sticker_ids",
           "attachments", "flags", "nonce", "enforce_nonce", "poll", "payload_json", "thread_name",
           "username", "avatar_url", "applied_tags")  # fmt: skip
_FLAGS_ON_EDIT = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.COMPONENTS_V2
_FLAGS_ON_CREATE = _FLAGS_ON_EDIT | MessageFlag.EPHEMERAL | MessageFlag.SUPPRESS_NOTIFICATIONS


@dataclass(frozen=True, slots=True)
class Parts:
    """What a message shows. An edit starts from the parts that are there."""

    content: str = ""
    embeds: tuple[Json, ...] = ()
    components: tuple[Json, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    flags: int = 0
    allowed_mentions: AllowedMentions = field(default_factory=AllowedMentions)

    @property
    def is_empty(self) -> bool:
        return not (self.content or self.embeds or self.components or self.attachments)

    @property
    def is_v2(self) -> bool:
        return bool(self.flags & MessageFlag.COMPONENTS_V2)


def read_parts(
    body: Json, uploads: dict[int, Upload], new_id: Callable[[], str], *, old: Parts | None = None
) -> Parts:
    """The parts after a message was created or, with `old`, edited. Raises what Discord answers."""
    for key in ("poll", "sticker_ids"):
        if body.get(key):
            raise errors.not_implemented(f"messages with the field {key}")
    form = Form()
    node = Node(body, form)
    node.only(*_FIELDS)
    base = old or Parts()
    flags = _read_flags(node, base, is_edit=old is not None)
    parts = replace(base, flags=flags, allowed_mentions=read_allowed_mentions(node))
    if "content" in body:
        parts = replace(parts, content=node.text("content", maximum=CONTENT_LENGTH_MAX) or "")
    attachments = merge_attachments(node, base.attachments, uploads)
    parts = replace(parts, attachments=attachments)
    context = MediaContext({a.filename: a.id for a in attachments}, new_id)
    if "embeds" in body:
        parts = replace(parts, embeds=tuple(read_embeds(node, context)))
    if "components" in body:
        components = MessageComponents(context, v2=parts.is_v2).read(node)
        parts = replace(parts, components=tuple(components))
    _check_together(node, parts)
    form.refuse_if_wrong()
    if parts.is_empty:
        raise errors.empty_message()
    return parts


def _read_flags(node: Node, base: Parts, *, is_edit: bool) -> int:
    flags = node.integer("flags", minimum=0, maximum=2**31 - 1)
    if flags is None:
        return base.flags
    known = _FLAGS_ON_EDIT if is_edit else _FLAGS_ON_CREATE
    if is_edit:
        # The others stay as they are; Components V2 cannot be taken off again.
        return base.flags & ~MessageFlag.SUPPRESS_EMBEDS | flags & known
    return flags & known


def _check_together(node: Node, parts: Parts) -> None:
    if parts.is_v2:
        for key, value in (("content", parts.content), ("embeds", parts.embeds)):
            if value:
                node.error(
                    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                    f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
                    key,
                )
    shown = set(attachments_in([*parts.embeds, *parts.components]))
    if not shown <= {attachment.id for attachment in parts.attachments}:
        node.error(
            "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
            "An attachment that the message still shows was taken off it",
            "attachments",
        )
