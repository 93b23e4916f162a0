"""One trace of a job through both processes, where the owner has switched traces on; else nothing at all."""

import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TypeAlias

from core.errors import reason
from core.orders import Job
from core.settings import TraceSettings

log = logging.getLogger(__name__)

Value: TypeAlias = str | int | float | bool


class Traces:
    """Switched off: nothing is imported, kept or sent.

    No span has a prompt in it, nor what others sent: neither names nor attributes, nor the texts of errors.
    """

    @property
    def traceparent(self) -> str | None:
        """The span that is open here, for others to go on from."""
        return None

    def span(self, name: str, **attributes: Value) -> AbstractContextManager[None]:
        """A part of the span that is open here, or the beginning of a trace."""
        return nullcontext()

    def of_job(self, name: str, job: Job, **attributes: Value) -> AbstractContextManager[None]:
        """A part of the job's own trace, in whatever process that began."""
        return nullcontext()

    def since(self, began_ns: int, name: str, job: Job) -> None:
        """The same, of what began then, by `time.time_ns`, and has ended now."""

    def note(self, **attributes: Value) -> None:
        """Of the span that is open here."""

    def about(self, job: Job) -> None:
        """That the span which is open here is about this job."""


@contextmanager
def open_traces(settings: TraceSettings, *, process: str) -> Iterator[Traces]:
    """At the end, what is not sent yet is sent, within seconds. The variables are OpenTelemetry's own."""
    if settings.otel_exporter_otlp_endpoint is None:
        yield Traces()
        return
    # OpenTelemetry reads them by itself, with the quotes and comments that are gone here.
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = settings.otel_exporter_otlp_endpoint
    if settings.otel_exporter_otlp_headers is not None:
        os.environ["OTEL_EXPORTER_OTLP_HEADERS"] = settings.otel_exporter_otlp_headers.get_secret_value()
    try:
        # Here alone, so that nobody else pays for it.
        from ops.tracing.telemetry import telemetry
    except ModuleNotFoundError as error:
        log.warning("there are no traces, as requirements/traces.txt is not installed: %s", reason(error))
        yield Traces()
        return
    with telemetry(process) as traces:
        yield traces
