"""Traces by OpenTelemetry: imported where they are switched on, and nowhere else."""

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from core.failures import JobFailed
from core.orders import Job
from ops.tracing.traces import Traces, Value

CLOSE_SECONDS = 5.0
"""How long a process that ends waits for a collector that does not answer; less than is left of any grace."""

_W3C = TraceContextTextMapPropagator()


class Telemetry(Traces):
    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    @property
    def traceparent(self) -> str | None:
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier.get("traceparent")

    def span(self, name: str, **attributes: Value) -> AbstractContextManager[None]:
        return _open(self._tracer.start_span(name, attributes=_named(attributes)))

    def of_job(self, name: str, job: Job, **attributes: Value) -> AbstractContextManager[None]:
        return _open(self._span_of(job, name, attributes))

    def since(self, began_ns: int, name: str, job: Job) -> None:
        self._span_of(job, name, {}, began_ns).end(time.time_ns())

    def note(self, **attributes: Value) -> None:
        trace.get_current_span().set_attributes(_named(attributes))

    def about(self, job: Job) -> None:
        self.note(**_facts(job))

    def _span_of(
        self, job: Job, name: str, attributes: dict[str, Value], began_ns: int | None = None
    ) -> Span:
        """Of a job that was stored without a trace, or with one that cannot be read, it begins a trace."""
        context = _W3C.extract({"traceparent": job.order.traceparent or ""}, Context())
        named = _named(_facts(job) | attributes)
        return self._tracer.start_span(
            name, context, SpanKind.CONSUMER, attributes=named, start_time=began_ns
        )


@contextmanager
def _open(span: Span) -> Iterator[None]:
    """Of an error, its kind alone is noted: its text may repeat a prompt, or what others sent."""
    with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield
        except BaseException as error:
            kind = error.code if isinstance(error, JobFailed) else type(error).__name__
            span.set_status(StatusCode.ERROR, kind)
            raise


@contextmanager
def telemetry(process: str) -> Iterator[Telemetry]:
    resource = Resource.create({"service.name": f"tigerbrush-{process}"})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    try:
        yield Telemetry(provider.get_tracer("tigerbrush"))
    finally:
        # It has no bound of its own that is worth the name.
        closing = threading.Thread(target=provider.shutdown, name="closing-traces", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)


def _facts(job: Job) -> dict[str, Value]:
    order = job.order
    size = f"{order.params.get('width')}x{order.params.get('height')}"
    return {"id": job.id, "model": order.model, "size": size, "attempt": job.attempt}


def _named(attributes: dict[str, Value]) -> dict[str, Value]:
    return {f"job.{name}": value for name, value in attributes.items()}
