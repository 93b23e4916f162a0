"""A collector of traces that speaks OTLP over HTTP, as OpenTelemetry's does, and keeps what it was sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True, slots=True)
class Span:
    """`error` is the text of its status, where that is an error."""

    process: str
    trace_id: str
    id: str
    parent_id: str
    name: str
    start_ns: int
    end_ns: int
    attributes: dict[str, str | int]
    error: str | None


@dataclass(slots=True)
class Collector:
    """`bodies` are the requests as they came."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)

    @property
    def spans(self) -> list[Span]:
        return [span for body in self.bodies for span in _spans(body)]

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        answer = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=answer, content_type="application/x-protobuf")


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield collector
    finally:
        await runner.cleanup()


def _spans(body: bytes) -> list[Span]:
    found = []
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        process = next(a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
        for scope in resource.scope_spans:
            for span in scope.spans:
                values = {a.key: a.value.string_value or a.value.int_value for a in span.attributes}
                found.append(
                    Span(
                        process,
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        span.name,
                        span.start_time_unix_nano,
                        span.end_time_unix_nano,
                        values,
                        span.status.message if span.status.code == 2 else None,
                    )
                )
    return found
