"""What happened when, as the drill itself saw it: faults, ends of processes, and every line they printed."""

import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.drill.schedule import Fault

_ENDED = re.compile(r"ended with status (-?\d+); starting it again$")


@dataclass(frozen=True, slots=True)
class Line:
    at: float
    name: str
    text: str


@dataclass(slots=True)
class Event:
    """A fault as it was met. `done` is false where there was nothing it could be done to."""

    fault: Fault
    began_at: float
    ended_at: float = float("inf")
    done: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """A process that ended and was started again; `expected` by a signal of the drill."""

    at: float
    name: str
    status: int
    expected: bool


@dataclass(slots=True)
class Journal:
    file: IO[str]
    clock: Callable[[], float] = time.time
    lines: list[Line] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    _signalled: dict[str, set[int]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    """The processes that were started again and not heard of since."""

    @classmethod
    def in_(cls, directory: Path) -> "Journal":
        return cls((directory / "log.txt").open("w", encoding="utf-8"))

    def on_line(self, name: str, text: str) -> None:
        """What a process printed, or was said of it."""
        at = self.clock()
        self.lines.append(Line(at, name, text))
        self.file.write(f"{at:.3f} {name:>9} | {text}\n")
        self.file.flush()
        found = _ENDED.search(text)
        if found:
            status = int(found[1])
            expected = self._signalled.pop(name, set())
            # Told to stop so early that Python itself was still starting.
            early = 0 in expected and status == -signal.SIGTERM and name in self.silent
            self.ends.append(End(at, name, status, early or status in expected))
            self.silent.add(name)
        else:
            self.silent.discard(name)

    def signalled(self, name: str, *statuses: int) -> None:
        """From now on the process may end with one of these."""
        self._signalled.setdefault(name, set()).update(statuses)

    def begin(self, fault: Fault) -> Event:
        event = Event(fault, self.clock())
        self.events.append(event)
        self.on_line("drill", f"{fault.kind} (target {fault.target}, {fault.seconds} s, {fault.times} times)")
        return event

    def end(self, event: Event) -> None:
        event.ended_at = self.clock()
        if event.fault.seconds or event.note:
            self.on_line("drill", f"over: {event.fault.kind} ({event.fault.target}) {event.note}".rstrip())

    def faults_by_kind(self) -> Counter[str]:
        return Counter(event.fault.kind.value for event in self.events if event.done)
