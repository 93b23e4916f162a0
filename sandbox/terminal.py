"""What a person sees of a sandbox: its steps with their time, what came of each order, and what goes wrong."""

import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO

_RECORD = re.compile(r"[\d-]{10} [\d:,]{12} (?P<level>[A-Z]+) +(?P<text>.*)")
"""A line of the log of the bot or a worker (ops/logs.py); lines without it go on with the one before."""

_ROUTINE = re.compile(r"applied \S+\.sql")
_BOLD, _DIM, _RED, _GREEN, _YELLOW, _CYAN = "1", "2", "31", "32", "33", "36"
_TONES = {"WARNING": _YELLOW, "ERROR": _RED, "CRITICAL": _RED}


class Terminal:
    """Whoever sits at a terminal is shown what there is to do about; what is written elsewhere has every line.

    `log` has every line in any case.
    """

    def __init__(self, log: IO[str], out: IO[str] = sys.stdout, environment: Mapping[str, str] = os.environ):
        self._log = log
        self._out = out
        self.is_person = out.isatty()
        self._is_coloured = self.is_person and not environment.get("NO_COLOR")
        self._open = ""
        self._tones: dict[str, str | None] = {}

    def say(self, text: str = "", tone: str = "") -> None:
        if self._open:
            print(file=self._out)
            self._open = ""
        print(self._toned(text, tone), file=self._out, flush=True)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        if self.is_person:
            self._open = f"  · {name} ..."
            print(self._open, end="", file=self._out, flush=True)
        sign = self._toned("✗", _RED)
        try:
            yield
            sign = self._toned("✓", _GREEN)
        finally:
            took = f"{time.monotonic() - began:.1f} s"
            start, self._open = "\r" if self._open else "", ""
            self.say(f"{start}  {sign} {name}  {self._toned(took, _DIM)} ")

    def came_of(self, who: str, what: str, result: str, *, is_good: bool) -> None:
        """Of an order: "Ada: a red fox → 4.6 s, 3 credits"."""
        result = self._toned(result, _GREEN if is_good else _RED)
        self.say(f"  {self._toned(who, _CYAN)}: {printable(what)} → {result}")

    def address(self, url: str, *before: str) -> None:
        for text in before:
            self.say(f"  {text}")
        self.say(f"\n  Open {self._toned(url, _BOLD)}")
        if self.is_person:
            self.say(self._toned("  Enter shows the address again, Ctrl-C stops.", _DIM))
        self.say()

    def line(self, process: str, line: str) -> None:
        """Of a process's output. At a terminal those that report what goes well are left out."""
        prefixed = f"{process:>9} | {line}"
        print(prefixed, file=self._log, flush=True)
        if not self.is_person:
            self.say(prefixed)
            return
        tone = self._tone_of(process, line)
        if tone is not None:
            record = _RECORD.fullmatch(line)
            self.say(f"{process:>9} | {printable(record['text'] if record else line, length=None)}", tone)

    def _tone_of(self, process: str, line: str) -> str | None:
        """None for what is not shown."""
        if record := _RECORD.fullmatch(line):
            self._tones[process] = _TONES.get(record["level"])
        elif _ROUTINE.fullmatch(line):
            return None
        return self._tones.get(process, "")

    def _toned(self, text: str, tone: str) -> str:
        return f"\033[{tone}m{text}\033[0m" if tone and self._is_coloured else text


def printable(text: str, length: int | None = 72) -> str:
    """On one line, and with nothing that a terminal would take for an order to itself."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return plain if length is None or len(plain) <= length else f"{plain[: length - 1]}…"
