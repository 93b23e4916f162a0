"""The port on which a process says how it is. A thread with an event loop of its own: a blocked one is seen.

Anybody may connect who reaches it, so connections are few: a new one takes the place of the oldest.
"""

import asyncio
import errno
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeAlias

from core.errors import Misconfigured, reason
from core.settings import HealthSettings

log = logging.getLogger(__name__)

CONNECTIONS_MAX = 32
BACKLOG = 128
"""Those that the system keeps meanwhile: with few, an honest one has to wait a second for its next try."""
REQUEST_SECONDS = 5.0
"""From the connection to the end of the answer."""

HEAD_BYTES_MAX = 8192

Answer: TypeAlias = tuple[HTTPStatus, str, bytes]
"""The status, the type of what follows, and that."""

PLAIN = "text/plain; charset=utf-8"


@contextmanager
def listening(settings: HealthSettings, port: int, answer: Callable[[str], Answer]) -> Iterator[None]:
    """`answer` is called in another thread, with a path. Raises Misconfigured: it cannot be had."""
    server = _Server(_listen(settings.health_host, port), answer)
    thread = threading.Thread(target=server.run, name="health", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join()


class _Server:
    def __init__(self, listener: socket.socket, answer: Callable[[str], Answer]) -> None:
        self._listener = listener
        self._answer = answer
        self._open: list[asyncio.StreamWriter] = []
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()

    def run(self) -> None:
        # It is out of file descriptors, say: a line will do.
        self._loop.set_exception_handler(lambda _loop, context: log.warning("%s", context["message"]))
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)

    async def _serve(self) -> None:
        server = await asyncio.start_server(
            self._handle, sock=self._listener, backlog=BACKLOG, limit=HEAD_BYTES_MAX
        )
        await self._stop.wait()
        server.close()
        for writer in self._open:
            writer.transport.abort()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.append(writer)
        if len(self._open) > CONNECTIONS_MAX:
            self._open.pop(0).transport.abort()
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._respond(head))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            log.debug("a connection to the health port ended: %s", reason(error))
        finally:
            writer.transport.abort()
            if writer in self._open:
                self._open.remove(writer)

    def _respond(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        path, _, version = rest.partition(" ")
        if not version.startswith("HTTP/"):
            status, kind, body = HTTPStatus.BAD_REQUEST, PLAIN, b"this is no HTTP\n"
        elif method not in ("GET", "HEAD"):
            status, kind, body = HTTPStatus.METHOD_NOT_ALLOWED, PLAIN, b"only GET and HEAD\n"
        else:
            status, kind, body = self._look(path.partition("?")[0])
        lines = (
            f"HTTP/1.1 {status.value} {status.phrase}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
            "Connection: close",
        )
        return "\r\n".join([*lines, "", ""]).encode() + (b"" if method == "HEAD" else body)

    def _look(self, path: str) -> Answer:
        try:
            return self._answer(path)
        except Exception as error:  # noqa: BLE001 - the outermost frame of a request: whatever it is, it is the answer
            log.error("%s could not be answered: %s", path, reason(error))
            return HTTPStatus.INTERNAL_SERVER_ERROR, PLAIN, f"{reason(error)}\n".encode()


def _listen(host: str, port: int) -> socket.socket:
    try:
        # `::` are all addresses, the old ones included; without IPv6 there are none but those.
        if host == "::" and socket.has_dualstack_ipv6():
            return socket.create_server((host, port), family=socket.AF_INET6, dualstack_ipv6=True)
        host = "0.0.0.0" if host == "::" else host
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        whose = {errno.EADDRINUSE: "another process has", errno.EACCES: "only root may have"}.get(
            error.errno or 0
        )
        name, wrong = "health_port", f"is {port}, which {whose}"
        if whose is None:
            name, wrong = "health_host", f"is {host}, which is no address of this machine"
        right = str(HealthSettings.model_fields[name].description)
        raise Misconfigured(name.upper(), wrong, right=right) from error
