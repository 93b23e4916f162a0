"""What it costs that a picture says that it was made by AI, and that this is signed."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from statistics import median

from benchmarks.figures import told
from benchmarks.report import Goal, Table
from benchmarks.stability import SIDE, picture
from core.provenance import Change, Mark, SourceType, png_with
from core.settings import CredentialSettings
from ops import credentials
from ops.certificates import make_chain
from ops.signing import Signer, open_signer
from worker.imaging import prepare

OTHER = SIDE - 64, SIDE - 192

MARK = Mark(SourceType.GENERATED, "Stable Image Core", "Tigerbrush", "2026-11-27T20:00:00+00:00")
CHANGES = Change.CROPPED, Change.RESIZED

XMP, AS_IT_CAME, CHANGED = "XMP", "signed, as it came", "signed, another size"
GOALS = {XMP: (5, 4), AS_IT_CAME: (12, 12), CHANGED: (12, 12)}
"""CPU milliseconds of a picture with its preview, and kB of the larger of the two, at most."""


def marks(rounds: int) -> tuple[dict[str, list[float]], list[Goal], Table]:
    """Of a picture with Stability's credential, as its answers have."""
    sizes: dict[str, list[int]] = {}
    samples: dict[str, list[float]] = defaultdict(list)
    cases = _cases()
    for number in range(rounds + 1):
        for name, work in cases.items():
            began = time.thread_time()
            sizes[name] = work()
            # The first round warms up.
            if number:
                samples[f"marks: {name}"].append((time.thread_time() - began) * 1000)
    painted = picture()
    sizes[XMP].append(len(prepare(painted, None, MARK.xmp).preview) - len(prepare(painted, None).preview))
    goals = []
    for name, (milliseconds, kilobytes) in GOALS.items():
        cpu = median(samples[f"marks: {name}"])
        goals.append(Goal(f"marks ({name}): CPU of a picture", milliseconds, cpu, "ms", at_most=True))
        goals.append(
            Goal(
                f"marks ({name}): what they add to a file",
                kilobytes,
                max(sizes[name]) / 1000,
                "kB",
                at_most=True,
            )
        )
    return dict(samples), goals, _table(samples, sizes)


def _cases() -> dict[str, Callable[[], list[int]]]:
    """Each returns by how many bytes the original and the preview grow."""
    ours, painted = _signer("Tigerbrush"), picture()
    came = _signer("Stability AI Ltd").signed(painted, MARK)
    same, other = prepare(came, None, MARK.xmp), prepare(came, OTHER, MARK.xmp)
    sign = partial(ours.signed, mark=MARK, parent=came)

    def as_it_came() -> list[int]:
        credentials.read(came)
        return [0, len(sign(same.preview, changes=[Change.RESIZED, Change.CONVERTED])) - len(same.preview)]

    def changed() -> list[int]:
        original = png_with(other.original, MARK.xmp)
        preview = sign(other.preview, changes=[*CHANGES, Change.CONVERTED])
        return [
            len(sign(original, changes=CHANGES)) - len(other.original),
            len(preview) - len(other.preview),
        ]

    return {
        XMP: lambda: [len(png_with(painted, MARK.xmp)) - len(painted)],
        AS_IT_CAME: as_it_came,
        CHANGED: changed,
    }


def _signer(organisation: str) -> Signer:
    certificate, key = make_chain(organisation)
    signer = open_signer(CredentialSettings(c2pa_certificate=certificate, c2pa_private_key=key))
    if signer is None:
        raise AssertionError("it was given a certificate")
    return signer


def _table(samples: Mapping[str, list[float]], sizes: Mapping[str, list[int]]) -> Table:
    return Table(
        "What it costs that a picture says what it is",
        ("", "CPU ms", "bytes more, original", "bytes more, preview"),
        [(name, told(samples[f"marks: {name}"], 1), *map(str, sizes[name])) for name in GOALS],
        note="A picture of 1.5 MB with Stability's credential and its preview; the workers above have no "
        "certificate, and their pictures no credential.",
    )
