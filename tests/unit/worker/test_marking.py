"""What is read in a worker's files by readers that are none of ours."""

import io
import logging
import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from bot.answers.show import numbered
from bot.messages.badge import with_badge
from core.orders import Order
from core.provenance import Mark, SourceType, mark_in, mark_of
from ops import credentials
from ops.credentials import Credential, Manifest
from ops.signing import Signer
from tests import exiftool
from tests.jobs import order
from tests.signing import signer
from worker.marking import Marker

MODEL, TOOL = "Stable Image Core", "Tigerbrush"
MARK = Mark(SourceType.GENERATED, MODEL, TOOL, "2026-11-27T20:00:00+00:00")
VARIED = order(operation="vary", inputs=(-3,))
CUT_OUT = order(operation="cut_out", inputs=(33,))
ENLARGED = order(operation="upscale", inputs=(33,))
GENERATED, COMPOSITE = "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"

THEIRS = Manifest("Stability AI Ltd", "Stability AI", ("c2pa.created",), (MODEL,))


def painted(size: tuple[int, int], kind: str = "PNG", colour: str = "#c04010") -> bytes:
    buffer = io.BytesIO()
    mode = "RGBA" if len(colour) == 9 else "RGB"
    Image.new(mode, size, colour).save(buffer, kind)
    return buffer.getvalue()


def from_stability(size: tuple[int, int], kind: str = "PNG", colour: str = "#c04010") -> bytes:
    """With their credential, as all of their answers have."""
    mark = Mark(SourceType.GENERATED, MODEL, "Stability AI", "")
    return signer("Stability AI Ltd").signed(painted(size, kind, colour), mark)


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).tobytes()


def read(data: bytes) -> Credential:
    found = credentials.read(data)
    assert found is not None
    return found


def ours(*actions: str, models: tuple[str, ...] = ()) -> Manifest:
    return Manifest("Fox & Co", TOOL, tuple(f"c2pa.{action}" for action in actions), models)


SMALL = (64, 48)
ANSWERS = pytest.mark.parametrize(
    ("kind", "colour", "painted_size", "size", "of", "source_type", "changes"),
    [
        ("PNG", "#c04010", SMALL, SMALL, order(), GENERATED, []),
        ("PNG", "#c04010", SMALL, (32, 24), order(), GENERATED, ["resized"]),
        ("PNG", "#c04010", SMALL, (48, 48), order(), GENERATED, ["cropped"]),
        ("PNG", "#c04010", SMALL, SMALL, VARIED, COMPOSITE, []),
        ("JPEG", "#c04010", SMALL, SMALL, order(), GENERATED, ["converted"]),
        ("WEBP", "#c04010", SMALL, (30, 30), order(), GENERATED, ["cropped", "resized", "converted"]),
        ("PNG", "#c0401080", SMALL, None, CUT_OUT, GENERATED, []),
        ("PNG", "#c04010", (1600, 1200), None, ENLARGED, GENERATED, []),
    ],
    ids="untouched resized cropped varied jpeg webp cut-out enlarged".split(),
)


@exiftool.needed
@ANSWERS
def test_each_file_says_what_it_is(
    kind: str,
    colour: str,
    painted_size: tuple[int, int],
    size: tuple[int, int] | None,
    of: Order,
    source_type: str,
    changes: list[str],
) -> None:
    pictures = Marker().prepare(mark_of(of), painted(painted_size, kind, colour), size)
    assert list(pictures.changes) == [f"c2pa.{change}" for change in changes]
    for file in (pictures.original, pictures.preview, with_badge(pictures.preview, 2)):
        assert exiftool.ai_mark(file) == (source_type, MODEL, TOOL)
        assert credentials.read(file) is None


@exiftool.needed
@ANSWERS
def test_the_providers_credential_is_kept_or_is_that_of_the_picture_it_was_made_from(
    kind: str,
    colour: str,
    painted_size: tuple[int, int],
    size: tuple[int, int] | None,
    of: Order,
    source_type: str,
    changes: list[str],
) -> None:
    came = from_stability(painted_size, kind, colour)
    pictures = Marker(signer("Fox & Co")).prepare(mark_of(of), came, size)
    if changes:
        assert read(pictures.original) == Credential((ours("opened", *changes), THEIRS), is_intact=True)
        assert exiftool.ai_mark(pictures.original) == (source_type, MODEL, TOOL)
    else:
        assert pictures.original == came
    small = dict.fromkeys([*changes, "resized", "converted"])
    shown = ours("opened", *small)
    assert read(pictures.preview) == Credential((shown, THEIRS), is_intact=True)
    assert exiftool.ai_mark(pictures.preview) == (source_type, MODEL, TOOL)
    badged = numbered(pictures.preview, 2, signer("Fox & Co"))
    assert read(badged) == Credential((ours("opened", "edited"), shown, THEIRS), is_intact=True)
    assert exiftool.ai_mark(badged) == (source_type, MODEL, TOOL)


def test_what_was_painted_in_the_right_size_keeps_each_bit_of_its_pixels() -> None:
    data = painted((64, 48))
    for marker in (Marker(), Marker(signer("Fox & Co"))):
        marked = marker.prepare(MARK, data, (64, 48)).original
        assert marked != data
        assert pixels(marked) == pixels(data)


def test_what_comes_without_a_credential_has_the_owners() -> None:
    pictures = Marker(signer("Fox & Co")).prepare(MARK, painted((64, 48)), (48, 48))
    created = ours("created", "cropped", models=(MODEL,))
    assert read(pictures.original) == Credential((created,), is_intact=True)


def test_without_a_certificate_the_providers_credential_stays_where_the_file_does() -> None:
    came = from_stability((64, 48))
    assert Marker().prepare(MARK, came, (64, 48)).original == came
    resized = Marker().prepare(MARK, came, (32, 24))
    assert [mark_in(file) for file in (resized.original, resized.preview)] == [MARK, MARK]


def test_where_nothing_reads_credentials_a_file_that_has_one_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    came = from_stability((64, 48))
    monkeypatch.setattr(credentials, "is_installed", lambda: False)
    assert Marker().prepare(MARK, came, (64, 48)).original == came


def chunk(data: bytes) -> bytes:
    whole = b"caBX" + data
    return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))


def broken() -> Iterator[tuple[str, bytes]]:
    came, plain = from_stability((64, 48)), painted((64, 48))
    begin = plain[:33]
    size = struct.unpack(">I", came[33:37])[0]
    store = came[41 : 41 + size]
    yield "of another picture", begin + chunk(store) + painted((64, 48), colour="#000000")[33:]
    yield "empty", begin + chunk(b"") + plain[33:]
    yield "no store at all", begin + chunk(b"jumb c2pa " * 9) + plain[33:]
    yield "cut", begin + chunk(store[: size // 2]) + plain[33:]
    yield (
        "a byte of it changed",
        begin + chunk(store[:700] + bytes([store[700] ^ 255]) + store[701:]) + plain[33:],
    )
    yield "twice", begin + chunk(store) + came[33:]
    yield "zeroes", begin + chunk(bytes(size)) + plain[33:]


BROKEN = pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in broken()])


@BROKEN
@pytest.mark.parametrize("size", [(64, 48), (32, 24)])
def test_no_picture_is_lost_over_a_broken_credential(data: bytes, size: tuple[int, int]) -> None:
    for marker in (Marker(), Marker(signer("Fox & Co"))):
        pictures = marker.prepare(MARK, data, size)
        for file in (pictures.original, pictures.preview):
            assert mark_in(file) == MARK
            Image.open(io.BytesIO(file)).load()
        if size == (64, 48):
            assert pixels(pictures.original) == pixels(data)
        else:
            assert marker.signer is None or read(pictures.original).is_intact


def test_with_a_certificate_that_has_run_out_pictures_are_marked_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pictures = Marker(signer("Old Fox", days=-1)).prepare(MARK, painted((64, 48)), (32, 24))
    assert [mark_in(file) for file in (pictures.original, pictures.preview)] == [MARK, MARK]
    assert credentials.read(pictures.original) is None
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_signature_that_fails_takes_no_picture_with_it(caplog: pytest.LogCaptureFixture) -> None:
    """As where the clock is wrong."""
    old = signer("Old Fox", days=-1)
    fooled = Signer(old.context, old.name, datetime.now(UTC) + timedelta(days=1))
    pictures = Marker(fooled).prepare(MARK, from_stability((64, 48)), (32, 24))
    assert mark_in(pictures.original) == MARK
    assert "it is not signed" in caplog.text
