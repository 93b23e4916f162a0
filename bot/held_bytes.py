"""How much of full-size pictures is in memory at once."""

from collections.abc import Iterator
from contextlib import contextmanager

HELD_BYTES_MAX = 20 * 1024 * 1024


class HeldBytes:
    def __init__(self) -> None:
        self.held = 0

    @contextmanager
    def room_for(self, size: int) -> Iterator[bool]:
        """Whether there is room for so many bytes; it is theirs within the block."""
        taken = size if self.held + size <= HELD_BYTES_MAX else 0
        self.held += taken
        try:
            yield taken == size
        finally:
            self.held -= taken
