"""Buttons, and the emoji on them."""

from urllib.parse import urlsplit

from sandbox.discord.rules.form import Node, without_none
from sandbox.discord.wire import Json

CUSTOM_ID_LENGTH_MAX = 100
LABEL_LENGTH_MAX = 80
LINK_URL_LENGTH_MAX = 512
EMOJI_LENGTH_MAX = 32

LINK, PREMIUM = 5, 6


def read_button(node: Node) -> Json:
    node.only("type", "id", "style", "label", "emoji", "custom_id", "url", "disabled", "sku_id")
    style = node.choice("style", range(1, 7))
    label = node.text("label", maximum=LABEL_LENGTH_MAX)
    emoji = read_emoji(node)
    if style == PREMIUM:
        node.error("BASE_TYPE_CHOICES", "The sandbox sells nothing: no premium buttons.", "style")
    elif not label and not emoji:
        node.error("BASE_TYPE_REQUIRED", "A button needs a label or an emoji", "label")
    return without_none(
        {
            "style": style,
            "label": label,
            "emoji": emoji,
            **(_link(node) if style == LINK else _action(node)),
            "disabled": True if node.boolean("disabled") else None,
        }
    )


def read_emoji(node: Node) -> Json | None:
    if not node.has("emoji"):
        return None
    emoji = node.child("emoji")
    emoji.only("id", "name", "animated")
    name = emoji.text("name", minimum=1, maximum=EMOJI_LENGTH_MAX, required=True)
    if not emoji.has("id"):
        if name and name.isascii():
            emoji.error("BUTTON_COMPONENT_INVALID_EMOJI", "Invalid emoji", "name")
        return {"name": name}
    animated = {"animated": True} if emoji.boolean("animated") else {}
    return {"id": str(emoji.fields["id"]), "name": name, **animated}


def _link(node: Node) -> Json:
    if node.has("custom_id"):
        node.error(
            "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", "A custom id and url cannot both be specified", "custom_id"
        )
    url = node.text("url", minimum=1, maximum=LINK_URL_LENGTH_MAX, required=True)
    if url and not _is_well_formed(url):
        node.error("URL_TYPE_INVALID_URL", "Not a well formed URL.", "url")
    return {"url": url}


def _is_well_formed(url: str) -> bool:
    """Discord takes no host without a dot, such as localhost."""
    parts = urlsplit(url)
    return parts.scheme == "discord" or (
        parts.scheme in ("http", "https") and "." in (parts.hostname or "").strip(".")
    )


def _action(node: Node) -> Json:
    if node.has("url"):
        node.error(
            "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", "A custom id and url cannot both be specified", "url"
        )
    custom_id = node.text("custom_id", minimum=1, maximum=CUSTOM_ID_LENGTH_MAX, required=True, strip=False)
    return {"custom_id": custom_id}
