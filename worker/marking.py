"""What a worker stores says that it was made by AI, and keeps the credential with which it came."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.provenance import Change, Mark, has_credential, png_with
from ops import credentials
from ops.credentials import Unreadable
from ops.signing import Signer, SigningFailed
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
            original = self._signed(marked, mark, pictures.changes, painted)
        small = dict.fromkeys([*pictures.changes, Change.RESIZED, Change.CONVERTED])
        preview = self._signed(pictures.preview, mark, list(small), painted)
        return replace(pictures, original=original, preview=preview)

    def _signed(self, data: bytes, mark: Mark, changes: Sequence[Change], painted: bytes) -> bytes:
        """As it is where it cannot be signed: no picture is lost over it. Upkeep tells the owner of a certificate that
        has run out."""
        if self.signer is None or self.signer.has_run_out:
            return data
        try:
            if credentials.may_have_one(painted):
                try:
                    return self.signer.signed(data, mark, changes, parent=painted)
                except SigningFailed as error:
                    log.warning("the credential with which it came cannot be kept: %s", error)
            return self.signer.signed(data, mark, changes)
        except SigningFailed as error:
            log.error("it is not signed: %s", error)
            return data


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
