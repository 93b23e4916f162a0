"""References to pictures: a URL on the web, or `attachment://name` for a file that comes along."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sandbox.discord.rules.form import Node
from sandbox.discord.wire import Json

URL_LENGTH_MAX = 2048
_ATTACHMENT = "attachment://"


@dataclass(frozen=True, slots=True)
class MediaContext:
    """What a message's parts need to know about the files beside them, and a source of ids for media."""

    attachment_ids: Mapping[str, str]
    new_id: Callable[[], str]


def read_media(node: Node, context: MediaContext, *, attachment_only: bool = False) -> Json:
    """The media as it is stored: `{id, attachment_id}` or `{id, url}`."""
    # What Discord itself returned may be sent back, with all its fields.
    node.only("url", "id", "proxy_url", "width", "height", "content_type", "attachment_id", "flags",
              "placeholder", "placeholder_version", "loading_state")  # fmt: skip
    url = node.text("url", maximum=URL_LENGTH_MAX, minimum=1, required=True)
    return resolve_url(url, node, "url", context, attachment_only=attachment_only)


def resolve_url(
    url: str | None, node: Node, key: str, context: MediaContext, *, attachment_only: bool = False
) -> Json:
    if url is None:
        return {}
    media: Json = {"id": context.new_id()}
    if url.startswith(_ATTACHMENT):
        attachment_id = context.attachment_ids.get(url.removeprefix(_ATTACHMENT))
        if attachment_id is None:
            node.error(
                "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
                f"The media item references an attachment that is not on the message: {url}",
                key,
            )
        return {**media, "attachment_id": attachment_id}
    if attachment_only:
        node.error("UNFURLED_MEDIA_ITEM_ATTACHMENT_REQUIRED", "Only attachment://<filename> may be used", key)
    elif not url.startswith(("https://", "http://")):
        node.error(
            "URL_TYPE_INVALID_SCHEME",
            f"Scheme \"{url.split(':')[0]}\" is not supported. Scheme must be one of ('http', 'https').",
            key,
        )
    return {**media, "url": url}


def attachments_in(parts: list[Json]) -> Iterator[str]:
    """The ids of the attachments that stored embeds or components show."""
    for part in parts:
        yield from _attachments_in(part)


def _attachments_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("attachment_id"), str):
            yield value["attachment_id"]
        for inner in value.values():
            yield from _attachments_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _attachments_in(inner)
