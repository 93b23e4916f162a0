"""What a worker stores says that it was made by AI, and keeps the credential with which it came."""

import logging
from dataclasses import dataclass, replace

from core.provenance import Change, Mark, has_credential, png_with
from ops import credentials
from ops.credentials import Unreadable
from ops.signing import Signer, signed
from worker import imaging
from worker.imaging import Pictures

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Marker:
    """`signer` is None where the owner has no certificate."""

    signer: Signer | None = None

    def prepare(self, mark: Mark, painted: bytes, size: tuple[int, int] | None) -> Pictures:
        """As `imaging.prepare`, each file with the mark. A PNG that stays as it is and has a credential is left alone:
        that is about each of its bytes, and says the same."""
        pictures = imaging.prepare(painted, size, mark.xmp)
        original = painted
        if pictures.changes or not _holds(painted):
            marked = png_with(pictures.original, mark.xmp)
            original = signed(self.signer, marked, mark, pictures.changes, came=painted)
        small = dict.fromkeys([*pictures.changes, Change.RESIZED, Change.CONVERTED])
        preview = signed(self.signer, pictures.preview, mark, list(small), came=painted)
        return replace(pictures, original=original, preview=preview)


def _holds(png: bytes) -> bool:
    """Whether it has a credential that fits it, as far as can be told."""
    if not has_credential(png):
        return False
    if not credentials.is_installed():
        return True
    try:
        found = credentials.read(png)
    except Unreadable as error:
        log.warning("it came with a credential that cannot be read: %s", error)
        return False
    return found is not None and found.is_intact
