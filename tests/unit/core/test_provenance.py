import io
import struct
import zlib
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from core.orders import FROM_UPLOAD
from core.provenance import Mark, SourceType, has_credential, mark_in, mark_of, png_with
from tests.jobs import order

MARK = Mark(SourceType.GENERATED, 'Fox & "Hound" <3\'', "Tigerbrush", "2026-11-27T20:00:00+00:00")


def png(**options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(buffer, "PNG", **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def foreign(xmp: str) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp)
    info.add_text("Software", "somebody's")
    return info


def test_a_chunk_is_put_into_a_png_and_all_else_stays_bit_for_bit() -> None:
    plain = png()
    marked = png_with(plain, MARK.xmp)
    at = marked.index(b"iTXt") - 4
    end = at + 12 + struct.unpack(">I", marked[at : at + 4])[0]
    assert marked[:at] + marked[end:] == plain
    assert marked.index(b"iTXt") < marked.index(b"IDAT")
    with Image.open(io.BytesIO(marked)) as image:
        # Pillow checks each chunk's sum.
        image.load()
        assert image.info["xmp"] == MARK.xmp


def test_it_takes_the_place_of_what_somebody_else_had_written_there() -> None:
    theirs = png(pnginfo=foreign("<x:Prompt>a fox</x:Prompt>"))
    marked = png_with(theirs, MARK.xmp)
    assert b"a fox" not in marked
    assert b"somebody's" in marked
    assert png_with(marked, MARK.xmp) == marked


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_was_written_is_read(kind: str) -> None:
    buffer = io.BytesIO()
    image = Image.linear_gradient("L").convert("RGB")
    image.save(buffer, kind, **({"xmp": MARK.xmp} if kind == "WEBP" else {}))
    data = png_with(buffer.getvalue(), MARK.xmp) if kind == "PNG" else buffer.getvalue()
    assert mark_in(data) == MARK


def test_properties_that_are_elements_are_read_as_well() -> None:
    theirs = png(
        pnginfo=foreign(
            "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
            "</Iptc4xmpExt:DigitalSourceType><xmp:CreatorTool>\n Their \n tool</xmp:CreatorTool>"
        )
    )
    assert mark_in(theirs) == Mark("trainedAlgorithmicMedia", "", "Their tool", "")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"RIFF\0\0\0\0WEBP",
        b"RIFF\0\0\0\0WEBPXMP \xff",
        png()[:40],
        png()[:-1],
        png(),
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_of_what_has_none_none_is_read(data: bytes) -> None:
    assert mark_in(data) is None
    assert not has_credential(data)


def test_a_chunk_of_c2pa_is_a_credential() -> None:
    plain = png()
    assert has_credential(plain[:33] + chunk(b"caBX", b"?") + plain[33:])


@pytest.mark.parametrize(
    ("changes", "is_composite"),
    [
        ({}, False),
        ({"operation": "vary", "inputs": (33,)}, False),
        ({"operation": "vary", "inputs": (-1,)}, True),
        ({"operation": "transfer", "inputs": (33, -1)}, True),
        ({"operation": "vary", "inputs": (33,), "params": {FROM_UPLOAD: True}}, True),
    ],
)
def test_what_an_upload_is_in_is_composite(changes: dict[str, Any], is_composite: bool) -> None:
    mark = mark_of(replace(order(), **changes))
    assert (mark.source_type is SourceType.COMPOSITE) is is_composite
    assert (mark.model, mark.tool) == ("Stable Image Core", "Tigerbrush")


def test_it_names_neither_what_was_asked_for_nor_by_whom() -> None:
    asked = order(prompt="a secret fox", member_id=987654321, guild_id=123456789)
    xmp = mark_of(asked).xmp
    assert not any(word in xmp for word in (b"secret", b"fox", b"987654321", b"123456789"))
