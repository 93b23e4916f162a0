"""The log: lines for people or JSON for machines, each with what it is about and none with a secret."""

import copy
import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from typing import TextIO

from core.redaction import SECRET_LENGTH_MIN, Redaction, without_typed
from core.settings import LogSettings

# At DEBUG these log whole requests and events, tokens of interactions among them, which nobody knows before.
_TALKATIVE = ("discord", "aiobotocore", "botocore", "boto3")

# A task inherits it from the one that began it, and changes it for nobody else.
_subject: ContextVar[tuple[str, int] | None] = ContextVar("subject", default=None)
_typed: ContextVar[frozenset[str]] = ContextVar("typed", default=frozenset())


@contextmanager
def about(kind: str, id_: int, *typed: str | None) -> Iterator[None]:
    """Every line from here on, in this task and in those it begins, is about this order or job; `typed` is in none."""
    token = _subject.set((kind, id_))
    try:
        with about_typed(*typed):
            yield
    finally:
        _subject.reset(token)


about_job = partial(about, "job")
about_order = partial(about, "order")


def without_what_was_typed(text: str) -> str:
    """For what is stored or sent now, and logged later by another."""
    return without_typed(text, _typed.get())


class JobFilter(logging.Filter):
    """Notes on each record which order or job it is about, and what must not be in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.subject = _subject.get()
        # At DEBUG it may be seen what was typed, as everything else may.
        record.typed = _typed.get() if record.levelno > logging.DEBUG else frozenset()
        return True


@contextmanager
def about_typed(*texts: str | None) -> Iterator[None]:
    """What members typed is in no line from here on, whoever repeats it: a library, a vendor, a traceback."""
    before = _typed.get()
    note_typed(*texts)
    try:
        yield
    finally:
        _typed.set(before)


def note_typed(*texts: str | None) -> None:
    """The same for the rest of this task, where what was typed becomes known in the midst of it."""
    _typed.set(_typed.get() | {text for text in texts if text and len(text) >= SECRET_LENGTH_MIN})


def _without_typed(record: logging.LogRecord, text: str) -> str:
    return without_typed(text, getattr(record, "typed", ()))


class _Handler(logging.StreamHandler[TextIO]):
    def format(self, record: logging.LogRecord) -> str:
        """Where the values do not fit the line, `logging` itself would write them as they are."""
        try:
            return super().format(record)
        except (TypeError, ValueError, KeyError):
            shown = copy.copy(record)
            shown.msg, shown.args = f"its values do not fit the line {record.msg!r}", None
            return super().format(shown)


class TextFormatter(logging.Formatter):
    def __init__(self, redaction: Redaction) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(about)s%(message)s")
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        kind, id_ = getattr(record, "subject", None) or ("", 0)
        record.about = f"{kind} {id_}: " if kind else ""
        shown = copy.copy(record)
        shown.msg, shown.args = _without_typed(record, record.getMessage()), None
        if record.exc_info:
            shown.exc_text = _without_typed(record, self.formatException(record.exc_info))
        return self._redaction.clean(super().format(shown))


class JsonFormatter(logging.Formatter):
    def __init__(self, redaction: Redaction, *, process: str) -> None:
        super().__init__()
        self._redaction = redaction
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        def clean(text: str) -> str:
            return self._redaction.clean(_without_typed(record, text))

        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "process": self._process,
            "logger": record.name,
            # Before it is encoded, as that changes a secret with a quote or a backslash in it.
            "message": clean(record.getMessage()),
        }
        if subject := getattr(record, "subject", None):
            kind, id_ = subject
            line[f"{kind}_id"] = id_
        if record.exc_info:
            line["exception"] = clean(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def configure(settings: LogSettings, *, process: str) -> None:
    """All loggers, those of libraries included, write to standard error; so does what ends the process."""
    redaction = Redaction(settings)
    handler = _Handler()
    handler.addFilter(JobFilter())
    as_text = settings.log_format == "text" or (settings.log_format == "auto" and sys.stderr.isatty())
    handler.setFormatter(TextFormatter(redaction) if as_text else JsonFormatter(redaction, process=process))
    logging.basicConfig(level=settings.log_level, handlers=[handler])
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLevelName(settings.log_level)))
    # That a run is left out because the one before still waits is nothing that the wait itself does not say.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.captureWarnings(True)
    threading.excepthook = lambda error: logging.getLogger(process).error(
        "a thread ended by a fault", exc_info=error.exc_value
    )
    sys.unraisablehook = lambda error: logging.getLogger(process).error(
        "a fault in what nobody waits for", exc_info=error.exc_value
    )
    sys.excepthook = lambda *error: logging.getLogger(process).critical("it ends by a fault", exc_info=error)
