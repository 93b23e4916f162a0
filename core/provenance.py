"""What a picture's file says of itself in XMP: that it was made by AI, with what, and when.

Written and read as bytes: nothing is decoded, and what else the file holds stays as it is.
"""

import html
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from xml.sax.saxutils import quoteattr

from core.operations import MODELS
from core.orders import Order

TOOL = "Tigerbrush"
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"

_PNG = b"\x89PNG\r\n\x1a\n"
_XMP_IN_PNG = b"XML:com.adobe.xmp\0\0\0\0\0"
"""An iTXt chunk begins with it: neither compressed, nor in any language."""

_VALUE_LENGTH_MAX = 200

_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    " Iptc4xmpExt:DigitalSourceType={source} Iptc4xmpExt:AISystemUsed={model}"
    " xmp:CreatorTool={tool} xmp:CreateDate={made}/></rdf:RDF></x:xmpmeta>"
    '<?xpacket end="r"?>'
)


class SourceType(StrEnum):
    """Of IPTC's vocabulary."""

    GENERATED = "trainedAlgorithmicMedia"
    COMPOSITE = "compositeWithTrainedAlgorithmicMedia"

    @property
    def uri(self) -> str:
        return SOURCE_TYPES + self


class Change(StrEnum):
    """What is done to a picture, as C2PA calls it."""

    CROPPED = "c2pa.cropped"
    RESIZED = "c2pa.resized"
    CONVERTED = "c2pa.converted"
    EDITED = "c2pa.edited"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a file that was read does not say is empty here; of whatever else it says there is a line at most.

    `made_at` is as ISO 8601 writes a time.
    """

    source_type: str
    model: str
    tool: str
    made_at: str

    @property
    def xmp(self) -> bytes:
        values = {
            "source": SOURCE_TYPES + self.source_type,
            "model": self.model,
            "tool": self.tool,
            "made": self.made_at,
        }
        return _PACKET.format(**{name: quoteattr(value) for name, value in values.items()}).encode()


def mark_of(order: Order) -> Mark:
    """For what came just now. It has nothing of what was typed, nor of who did so, and where."""
    source_type = SourceType.COMPOSITE if order.is_from_upload else SourceType.GENERATED
    model = MODELS[order.model].title if order.model in MODELS else order.model
    return Mark(source_type, model, TOOL, datetime.now(UTC).isoformat(timespec="seconds"))


def png_with(png: bytes, xmp: bytes) -> bytes:
    """With this XMP in the place of any other; each other chunk is there as it was, and in its place."""
    text = b"iTXt" + _XMP_IN_PNG + xmp
    new = len(text[4:]).to_bytes(4) + text + zlib.crc32(text).to_bytes(4)
    parts: list[bytes] = []
    at = 0
    for kind, start, end in _png_chunks(png):
        if kind == b"IHDR":
            parts += [png[at:end], new]
            at = end
        elif kind == b"iTXt" and png.startswith(_XMP_IN_PNG[:18], start + 8):
            parts.append(png[at:start])
            at = end
    return b"".join([*parts, png[at:]])


def has_credential(png: bytes) -> bool:
    """Whether there is a C2PA manifest in it, good or not; it is about each byte of the file."""
    return any(kind == b"caBX" for kind, _start, _end in _png_chunks(png))


def mark_in(data: bytes) -> Mark | None:
    """What the XMP of a PNG or a WebP says; None where it has none."""
    packet = next(_packets(data), None)
    if packet is None:
        return None
    source = _value(packet, "DigitalSourceType").removeprefix(SOURCE_TYPES)
    return Mark(
        source, _value(packet, "AISystemUsed"), _value(packet, "CreatorTool"), _value(packet, "CreateDate")
    )


def _value(packet: bytes, name: str) -> str:
    """As an attribute or as an element, whichever the writer chose."""
    pattern = rf""":{name}\s*(?:=\s*"([^"]*)"|=\s*'([^']*)'|>([^<]*)<)"""
    found = re.search(pattern, packet.decode(errors="replace"))
    text = next(filter(None, found.groups()), "") if found else ""
    return " ".join(html.unescape(text).split())[:_VALUE_LENGTH_MAX]


def _packets(data: bytes) -> Iterator[bytes]:
    for kind, start, end in _png_chunks(data):
        if kind == b"iTXt" and data.startswith(_XMP_IN_PNG, start + 8):
            yield data[start + 8 + len(_XMP_IN_PNG) : end - 4]
    for kind, start, end in _webp_chunks(data):
        if kind == b"XMP ":
            yield data[start + 8 : end]


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The kind of each that is whole, and where it begins and ends."""
    at = len(_PNG)
    while data.startswith(_PNG) and (end := at + 12 + int.from_bytes(data[at : at + 4])) <= len(data):
        yield data[at + 4 : at + 8], at, end
        at = end


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    at = 12
    while data[8:12] == b"WEBP" and at + 8 <= len(data):
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], at, end
        at = end + end % 2
