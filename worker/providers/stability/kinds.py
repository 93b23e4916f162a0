"""What kind of picture some bytes are, by how they begin."""

from typing import Literal


def kind_of(content: bytes) -> Literal["png", "jpeg", "webp"] | None:
    """None for what is none of the pictures that Stability takes and sends."""
    if content.startswith(b"\x89PNG"):
        return "png"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    return "webp" if (content[:4], content[8:12]) == (b"RIFF", b"WEBP") else None
