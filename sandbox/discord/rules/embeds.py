"""Embeds: 10 a message, 6000 characters in all of them."""

from sandbox.discord.rules.form import Node, without_none
from sandbox.discord.rules.media import URL_LENGTH_MAX, MediaContext, resolve_url
from sandbox.discord.wire import Json

EMBEDS_MAX = 10
FIELDS_MAX = 25
TITLE_LENGTH_MAX = 256
DESCRIPTION_LENGTH_MAX = 4096
FIELD_NAME_LENGTH_MAX = 256
FIELD_VALUE_LENGTH_MAX = 1024
FOOTER_LENGTH_MAX = 2048
AUTHOR_LENGTH_MAX = 256
TOTAL_LENGTH_MAX = 6000


def read_embeds(body: Node, context: MediaContext) -> list[Json]:
    embeds = body.all_of("embeds", lambda node: _embed(node, context), maximum=EMBEDS_MAX)
    if sum(_length(embed) for embed in embeds) > TOTAL_LENGTH_MAX:
        body.error(
            "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {TOTAL_LENGTH_MAX}", "embeds"
        )
    return embeds


def _embed(node: Node, context: MediaContext) -> Json:
    node.only("type", "title", "description", "url", "timestamp", "color", "footer", "image", "thumbnail",
              "author", "fields", "video", "provider", "flags")  # fmt: skip
    embed = without_none(
        {
            "title": node.text("title", maximum=TITLE_LENGTH_MAX),
            "description": node.text("description", maximum=DESCRIPTION_LENGTH_MAX),
            "url": _web_url(node, "url"),
            "timestamp": node.text("timestamp", maximum=64),
            "color": node.integer("color", minimum=0, maximum=0xFFFFFF),
            "footer": _footer(node.child("footer"), context) if node.has("footer") else None,
            "author": _author(node.child("author"), context) if node.has("author") else None,
            "image": _image(node.child("image"), context) if node.has("image") else None,
            "thumbnail": _image(node.child("thumbnail"), context) if node.has("thumbnail") else None,
        }
    )
    fields = node.all_of("fields", _field, maximum=FIELDS_MAX)
    if not embed and not fields:
        node.error("BASE_TYPE_REQUIRED", "This field is required", "description")
    return {"type": "rich", **embed, **({"fields": fields} if fields else {})}


def _field(node: Node) -> Json:
    node.only("name", "value", "inline")
    return {
        "name": node.text("name", minimum=1, maximum=FIELD_NAME_LENGTH_MAX, required=True),
        "value": node.text("value", minimum=1, maximum=FIELD_VALUE_LENGTH_MAX, required=True),
        "inline": node.boolean("inline"),
    }


def _footer(node: Node, context: MediaContext) -> Json:
    node.only("text", "icon_url", "proxy_icon_url")
    text = node.text("text", minimum=1, maximum=FOOTER_LENGTH_MAX, required=True)
    return {"text": text, **_icon(node, context)}


def _author(node: Node, context: MediaContext) -> Json:
    node.only("name", "url", "icon_url", "proxy_icon_url")
    name = node.text("name", minimum=1, maximum=AUTHOR_LENGTH_MAX, required=True)
    return without_none({"name": name, "url": _web_url(node, "url"), **_icon(node, context)})


def _icon(node: Node, context: MediaContext) -> Json:
    url = node.text("icon_url", maximum=URL_LENGTH_MAX)
    return {"icon": resolve_url(url, node, "icon_url", context)} if url else {}


def _image(node: Node, context: MediaContext) -> Json:
    node.only("url", "proxy_url", "width", "height", "content_type", "placeholder", "placeholder_version",
              "flags", "description")  # fmt: skip
    url = node.text("url", minimum=1, maximum=URL_LENGTH_MAX, required=True)
    return resolve_url(url, node, "url", context)


def _web_url(node: Node, key: str) -> str | None:
    url = node.text(key, maximum=URL_LENGTH_MAX)
    if url and not url.startswith(("https://", "http://")):
        node.error("URL_TYPE_INVALID_URL", "Not a well formed URL.", key)
    return url


def _length(embed: Json) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [embed.get("footer", {}).get("text"), embed.get("author", {}).get("name")]
    texts += [text for field in embed.get("fields", []) for text in (field["name"], field["value"])]
    return sum(len(text) for text in texts if text)
