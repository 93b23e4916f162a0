"""`/healthz`: whether this process does its work; `/metrics`: what Prometheus scrapes.

A thread of its own answers, so that a blocked process is seen.

A process whose event loop is blocked for good logs where, and ends, so that the platform starts it again.
"""

import asyncio
import faulthandler
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from db.reach import Reach

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
BLOCKED_SECONDS_MAX = 10.0
"""How long the event loop may be blocked before that is a problem."""

SILENT_SECONDS_MAX = 30.0
"""How long Postgres may be away: its restart takes less."""

Check: TypeAlias = Callable[[], str | None]
"""A line that says what is wrong, or None. It is called from another thread, so it only reads."""


class Health:
    def __init__(self, checks: Sequence[Check], *, loop_stuck_seconds_max: float) -> None:
        self._checks = [self._blocked, *checks]
        self._loop_stuck_seconds_max = loop_stuck_seconds_max
        self._beaten_at = time.monotonic()

    async def serve(self) -> None:
        """Shows that the event loop turns, until it is cancelled."""
        try:
            while True:
                self._beaten_at = time.monotonic()
                # Armed anew at each beat. It needs neither the event loop nor the interpreter's lock.
                faulthandler.dump_traceback_later(self._loop_stuck_seconds_max, exit=True)
                await asyncio.sleep(BEAT_SECONDS)
        finally:
            faulthandler.cancel_dump_traceback_later()

    def problems(self) -> list[str]:
        return [problem for check in self._checks if (problem := check()) is not None]

    def _blocked(self) -> str | None:
        seconds = time.monotonic() - self._beaten_at
        return f"the event loop is blocked for {seconds:.0f} s" if seconds > BLOCKED_SECONDS_MAX else None


def unreachable(reach: Reach) -> Check:
    def check() -> str | None:
        seconds = reach.silent_seconds
        return f"Postgres does not answer for {seconds:.0f} s" if seconds > SILENT_SECONDS_MAX else None

    return check


@contextmanager
def answering(health: Health, port: int | None, registry: CollectorRegistry) -> Iterator[None]:
    """Answers on every address, IPv6 included; without a port, not at all."""
    if port is None:
        yield
        return
    with _listen(health, port, registry) as server:
        thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def _listen(health: Health, port: int, registry: CollectorRegistry) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5

        def do_GET(self) -> None:
            if self.path == "/healthz":
                problems = health.problems()
                status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
                self._answer(status, "text/plain; charset=utf-8", "\n".join(problems or ["ok"]) + "\n")
            elif self.path == "/metrics":
                self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(registry).decode())
            else:
                self.send_error(HTTPStatus.NOT_FOUND)

        def _answer(self, status: HTTPStatus, content_type: str, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            log.debug(format, *args)

    server = ThreadingHTTPServer(("", port), Handler, bind_and_activate=False)
    server.socket.close()
    if socket.has_dualstack_ipv6():
        server.socket = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    else:
        server.socket = socket.create_server(("0.0.0.0", port))
    return server
