"""What a worker stores says that it was made by AI, and whose credential it came with."""

from dataclasses import dataclass, replace

from core.orders import Order
from core.provenance import has_credential, mark_of, png_with
from worker import imaging
from worker.imaging import Pictures


@dataclass(frozen=True, slots=True)
class Marker:
    def prepare(self, order: Order, painted: bytes, size: tuple[int, int] | None) -> Pictures:
        """As `imaging.prepare`, each file with the mark; a PNG that stays as it is and has a credential is left alone,
        since that is about each of its bytes and says the same."""
        mark = mark_of(order)
        pictures = imaging.prepare(painted, size, mark.xmp)
        if not pictures.changes and has_credential(painted):
            return pictures
        return replace(pictures, original=png_with(pictures.original, mark.xmp))
