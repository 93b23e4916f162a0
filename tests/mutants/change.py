"""One small change of a file, as a programmer might make it by mistake."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """Bytes `start` to `end` of the file at `path` become `new`; `line` counts from 1."""

    path: str
    line: int
    start: int
    end: int
    old: str
    new: str

    @property
    def text(self) -> str:
        return f"{self.path}:{self.line}: {_short(self.old)} -> {_short(self.new)}"

    def apply(self, source: bytes) -> bytes:
        return source[: self.start] + self.new.encode() + source[self.end :]


def _short(text: str) -> str:
    words = " ".join(text.split()) or "nothing"
    return words if len(words) <= 70 else f"{words[:67]}..."


def sample(changes: list[Change], share: float, seed: int) -> list[Change]:
    """A share of them, the same for the same seed, in the order of the files."""
    wanted = round(len(changes) * share)
    return sorted(random.Random(seed).sample(changes, wanted))
