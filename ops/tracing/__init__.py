"""One trace of a job through both processes, where the owner has switched traces on."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import reason
from core.settings import TraceSettings
from ops.tracing.traces import Traces

log = logging.getLogger(__name__)


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
