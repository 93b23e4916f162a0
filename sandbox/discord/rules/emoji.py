"""What Discord takes as an application's emoji."""

import base64
import binascii
import io
import re

from PIL import Image

from sandbox.discord.rules.form import Node

EMOJI_MAX = 2000
IMAGE_BYTES_MAX = 256 * 1024
_NAME = re.compile("[A-Za-z0-9_]+")
_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp|avif);base64,([A-Za-z0-9+/=]*)")


def read_name(node: Node, taken: set[str]) -> str | None:
    name = node.text("name", minimum=2, maximum=32, required=True)
    if name is not None and not _NAME.fullmatch(name):
        node.error("STRING_TYPE_REGEX", "String value did not match validation regex.", "name")
    elif name in taken:
        node.error("APPLICATION_EMOJI_NAME_ALREADY_TAKEN", "An emoji with that name already exists", "name")
    return name


def read_image(node: Node) -> tuple[bytes, str, bool] | None:
    """The bytes, their content type, and whether they move."""
    text = node.text("image", minimum=1, maximum=64 * 1024 * 1024, required=True)
    if text is None:
        return None
    try:
        match = _IMAGE.fullmatch(text)
        content = base64.b64decode(match[1], validate=True) if match else b""
        with Image.open(io.BytesIO(content)) as image:
            found = content, image.get_format_mimetype() or "", getattr(image, "n_frames", 1) > 1
    except (binascii.Error, OSError):
        node.error("IMAGE_INVALID", "Invalid image data", "image")
        return None
    if len(content) > IMAGE_BYTES_MAX:
        node.error("BINARY_TYPE_MAX_SIZE", "File cannot be larger than 256.0 kb.", "image")
    return found
