"""Components of messages: rows of buttons and selects, and what Components V2 adds."""

from collections.abc import Callable, Mapping

from sandbox.discord.rules import selects
from sandbox.discord.rules.buttons import read_button
from sandbox.discord.rules.form import Node
from sandbox.discord.rules.media import MediaContext, read_media
from sandbox.discord.rules.tree import number, texts, walk
from sandbox.discord.wire import Json

ROWS_MAX = 5
BUTTONS_PER_ROW_MAX = 5
COMPONENTS_MAX = 40
TEXT_LENGTH_MAX = 4000
GALLERY_ITEMS_MAX = 10
ALT_TEXT_LENGTH_MAX = 1024

ACTION_ROW, BUTTON = 1, 2
SECTION, TEXT_DISPLAY, THUMBNAIL, MEDIA_GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17


class MessageComponents:
    """Reads the components of one message; what is unique or bounded per message is checked at the end."""

    def __init__(self, context: MediaContext, *, v2: bool) -> None:
        self._context = context
        self._v2 = v2
        inside: dict[int, Callable[[Node], Json]] = {
            ACTION_ROW: self._action_row,
            SECTION: self._section,
            TEXT_DISPLAY: _text_display,
            MEDIA_GALLERY: self._media_gallery,
            FILE: self._file,
            SEPARATOR: _separator,
        }
        self._inside_container = inside
        self._top_level = {**inside, CONTAINER: self._container} if v2 else {ACTION_ROW: self._action_row}

    def read(self, body: Node) -> list[Json]:
        maximum = COMPONENTS_MAX if self._v2 else ROWS_MAX
        found = [
            (node, self._one_of(node, self._top_level)) for node in body.items("components", maximum=maximum)
        ]
        components = [component for _, component in found]
        self._check_whole(body, components)
        number(components)
        return components

    def _one_of(self, node: Node, kinds: Mapping[int, Callable[[Node], Json]]) -> Json:
        kind = node.fields.get("type")
        if not isinstance(kind, int) or isinstance(kind, bool) or kind not in kinds:
            choices = ", ".join(str(choice) for choice in kinds)
            node.error("UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({choices}).', "type")
            return {"type": 0}
        return {"type": kind, **read_id(node), **kinds[kind](node)}

    def _check_whole(self, body: Node, components: list[Json]) -> None:
        everything = list(walk(components))
        custom_ids = [c["custom_id"] for c in everything if c.get("custom_id")]
        if len(custom_ids) > len(set(custom_ids)):
            body.error(
                "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated", "components"
            )
        ids = [c["id"] for c in everything if "id" in c]
        if len(ids) > len(set(ids)):
            body.error("COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated", "components")
        if self._v2 and len(everything) > COMPONENTS_MAX:
            body.error(
                "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
                f"The total number of components exceeds {COMPONENTS_MAX}",
                "components",
            )
        if sum(len(text) for text in texts(components)) > TEXT_LENGTH_MAX:
            body.error(
                "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
                f"The total text of the components exceeds {TEXT_LENGTH_MAX} characters",
                "components",
            )

    def _action_row(self, node: Node) -> Json:
        node.only("type", "id", "components")
        kinds = {BUTTON: read_button, **selects.READERS}
        inner = node.items("components", minimum=1, maximum=BUTTONS_PER_ROW_MAX, required=True)
        components = [self._one_of(item, kinds) for item in inner]
        if len(components) > 1 and any(c["type"] in selects.READERS for c in components):
            node.error("BASE_TYPE_BAD_LENGTH", "A select menu must be alone in its row.", "components")
        return {"components": components}

    def _section(self, node: Node) -> Json:
        node.only("type", "id", "components", "accessory")
        inner = node.items("components", minimum=1, maximum=3, required=True)
        components = [self._one_of(item, {TEXT_DISPLAY: _text_display}) for item in inner]
        if not node.has("accessory"):
            node.error("BASE_TYPE_REQUIRED", "This field is required", "accessory")
            return {"components": components}
        kinds = {BUTTON: read_button, THUMBNAIL: self._thumbnail}
        return {"components": components, "accessory": self._one_of(node.child("accessory"), kinds)}

    def _thumbnail(self, node: Node) -> Json:
        node.only("type", "id", "media", "description", "spoiler")
        return self._described_media(node)

    def _media_gallery(self, node: Node) -> Json:
        node.only("type", "id", "items")
        items = node.items("items", minimum=1, maximum=GALLERY_ITEMS_MAX, required=True)
        for item in items:
            item.only("media", "description", "spoiler")
        return {"items": [self._described_media(item) for item in items]}

    def _described_media(self, node: Node) -> Json:
        if not node.has("media"):
            node.error("BASE_TYPE_REQUIRED", "This field is required", "media")
            return {}
        description = node.text("description", minimum=1, maximum=ALT_TEXT_LENGTH_MAX)
        return {
            "media": read_media(node.child("media"), self._context),
            "description": description,
            "spoiler": node.boolean("spoiler"),
        }

    def _file(self, node: Node) -> Json:
        node.only("type", "id", "file", "spoiler", "name", "size")
        if not node.has("file"):
            node.error("BASE_TYPE_REQUIRED", "This field is required", "file")
            return {}
        file = read_media(node.child("file"), self._context, attachment_only=True)
        return {"file": file, "spoiler": node.boolean("spoiler")}

    def _container(self, node: Node) -> Json:
        node.only("type", "id", "components", "accent_color", "spoiler")
        inner = node.items("components", minimum=1, maximum=COMPONENTS_MAX, required=True)
        return {
            "accent_color": node.integer("accent_color", minimum=0, maximum=0xFFFFFF),
            "components": [self._one_of(item, self._inside_container) for item in inner],
            "spoiler": node.boolean("spoiler"),
        }


def read_id(node: Node) -> Json:
    """The number that tells components apart; 0 is none, and Discord gives one."""
    id_ = node.integer("id", minimum=0, maximum=2**31 - 1)
    return {"id": id_} if id_ else {}


def _text_display(node: Node) -> Json:
    node.only("type", "id", "content")
    return {"content": node.text("content", minimum=1, maximum=TEXT_LENGTH_MAX, required=True, strip=False)}


def _separator(node: Node) -> Json:
    node.only("type", "id", "spacing", "divider")
    spacing = node.choice("spacing", (1, 2), required=False)
    return {"spacing": spacing or 1, "divider": node.boolean("divider", default=True)}
