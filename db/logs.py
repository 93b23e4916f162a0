"""The log: lines for people or JSON for machines, each with the job it is about and none with a secret."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from db.settings import LogSettings, Settings

SECRET_LENGTH_MIN = 4
"""What is shorter protects nothing, and taking it out would leave holes in every line."""

# At DEBUG these log whole requests and events, tokens of interactions among them, which nobody knows before.
_TALKATIVE = ("discord", "aiobotocore", "botocore", "boto3")

# A task inherits it from the one that began it, and changes it for nobody else.
_job_id: ContextVar[int | None] = ContextVar("job_id", default=None)


@contextmanager
def about_job(job_id: int) -> Iterator[None]:
    """Every line from here on, in this task and in those it begins, is about this job."""
    token = _job_id.set(job_id)
    try:
        yield
    finally:
        _job_id.reset(token)


class JobFilter(logging.Filter):
    """Notes on each record which job it is about."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.job_id = _job_id.get()
        return True


class Redaction:
    """A safety net: no line is meant to have a secret in it, and none gets out with one."""

    def __init__(self, settings: Settings) -> None:
        values = [getattr(settings, name) for name in type(settings).model_fields]
        secrets = {part for value in values if isinstance(value, SecretStr) for part in _parts(value)}
        # The longest first, as a URL has its password in it.
        self._secrets = sorted(secrets, key=len, reverse=True)

    def clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return text


def _parts(secret: SecretStr) -> set[str]:
    """The secret itself and, of a URL, its password as it is written and as it is meant."""
    value = secret.get_secret_value()
    try:
        password = urlsplit(value).password or ""
    except ValueError:
        password = ""
    return {part for part in (value, password, unquote(password)) if len(part) >= SECRET_LENGTH_MIN}


class TextFormatter(logging.Formatter):
    def __init__(self, redaction: Redaction) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(about)s%(message)s")
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        job_id = getattr(record, "job_id", None)
        record.about = "" if job_id is None else f"job {job_id}: "
        return self._redaction.clean(super().format(record))


class JsonFormatter(logging.Formatter):
    def __init__(self, redaction: Redaction, *, process: str) -> None:
        super().__init__()
        self._redaction = redaction
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        clean = self._redaction.clean
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "process": self._process,
            "logger": record.name,
            # Before it is encoded, as that changes a secret with a quote or a backslash in it.
            "message": clean(record.getMessage()),
        }
        if getattr(record, "job_id", None) is not None:
            line["job_id"] = record.job_id  # type: ignore[attr-defined]
        if record.exc_info:
            line["exception"] = clean(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def configure(settings: LogSettings, *, process: str) -> None:
    """All loggers, those of libraries included, write to standard error; so does what ends the process."""
    redaction = Redaction(settings)
    handler = logging.StreamHandler()
    handler.addFilter(JobFilter())
    as_text = settings.log_format == "text" or (settings.log_format == "auto" and sys.stderr.isatty())
    handler.setFormatter(TextFormatter(redaction) if as_text else JsonFormatter(redaction, process=process))
    logging.basicConfig(level=settings.log_level, handlers=[handler])
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLevelName(settings.log_level)))
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    sys.excepthook = lambda *error: logging.getLogger(process).critical("it ends by a fault", exc_info=error)
