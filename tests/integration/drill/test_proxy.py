"""The line that can be broken: what each way of breaking it looks like to who calls."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.drill.proxy import Mode, Proxy

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

CANNED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
WITHIN_SECONDS = 5.0


@pytest.fixture
async def line() -> AsyncIterator[Proxy]:
    """To a server that answers each piece with the same in capitals."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1024):
                writer.write(data.upper())
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxy = Proxy(lambda: asyncio.open_connection("127.0.0.1", port), canned=CANNED)
    await proxy.start()
    yield proxy
    await proxy.stop()
    server.close()
    await server.wait_closed()


@pytest.fixture
async def call(line: Proxy) -> AsyncIterator[Streams]:
    """A connection through the line that was used already."""
    streams = await dial(line)
    assert await ask(streams, b"hello") == b"HELLO"
    yield streams
    streams[1].close()


async def dial(line: Proxy) -> Streams:
    return await asyncio.open_connection("127.0.0.1", line.port)


async def ask(streams: Streams, question: bytes) -> bytes:
    reader, writer = streams
    writer.write(question)
    await writer.drain()
    async with asyncio.timeout(WITHIN_SECONDS):
        return await reader.read(1024)


async def ask_anew(line: Proxy, question: bytes) -> bytes:
    streams = await dial(line)
    try:
        return await ask(streams, question)
    finally:
        streams[1].close()


async def test_an_end_is_passed_on_in_one_direction(call: Streams) -> None:
    call[1].write_eof()
    assert await asyncio.wait_for(call[0].read(), WITHIN_SECONDS) == b""


async def test_refusing_resets_what_was_and_takes_nothing_new(line: Proxy, call: Streams) -> None:
    await line.become(Mode.REFUSE)
    with pytest.raises(ConnectionResetError):
        await ask(call, b"more")
    with pytest.raises(ConnectionRefusedError):
        await dial(line)
    await line.become(Mode.PASS)
    assert await ask_anew(line, b"again") == b"AGAIN"


async def test_cutting_resets_what_was_and_ends_answers_in_the_middle(line: Proxy, call: Streams) -> None:
    await line.become(Mode.CUT)
    with pytest.raises(ConnectionResetError):
        await ask(call, b"more")
    streams = await dial(line)
    assert await ask(streams, b"abcdef") == b"ABC"
    with contextlib.suppress(ConnectionResetError):
        assert await asyncio.wait_for(streams[0].read(), WITHIN_SECONDS) == b""
    streams[1].close()
    await line.become(Mode.PASS)
    assert await ask_anew(line, b"again") == b"AGAIN"


async def test_what_hangs_comes_when_it_is_over(line: Proxy, call: Streams) -> None:
    await line.become(Mode.HANG)
    old = asyncio.create_task(ask(call, b"old"))
    new = asyncio.create_task(ask_anew(line, b"new"))
    # Shown by what is not there: nothing comes for as long as a healthy line takes many times over.
    _, waiting = await asyncio.wait({old, new}, timeout=0.3)
    assert waiting == {old, new}
    await line.become(Mode.PASS)
    assert (await old, await new) == (b"OLD", b"NEW")


async def test_a_slow_line_is_slow_and_right(line: Proxy, call: Streams) -> None:
    await line.become(Mode.DELAY)
    asking = asyncio.create_task(ask(call, b"slowly"))
    _, waiting = await asyncio.wait({asking}, timeout=0.1)
    assert waiting
    assert await asking == b"SLOWLY"


async def test_half_closing_ends_the_answers_alone(line: Proxy, call: Streams) -> None:
    await line.become(Mode.HALF_CLOSE)
    assert await ask(call, b"abcdef") == b"ABC"
    assert await ask(call, b"more") == b""
    assert not call[1].is_closing()
    await line.become(Mode.PASS)
    assert await ask_anew(line, b"again") == b"AGAIN"


async def test_a_canned_answer_stands_for_the_server(line: Proxy, call: Streams) -> None:
    await line.become(Mode.ANSWER)
    with pytest.raises(ConnectionResetError):
        await ask(call, b"more")
    assert await ask_anew(line, b"PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc") == CANNED


async def test_turning_away_is_for_those_who_come_anew(line: Proxy, call: Streams) -> None:
    await line.become(Mode.TURN_AWAY)
    assert await ask_anew(line, b"GET / HTTP/1.1\r\n\r\n") == CANNED
    assert await ask(call, b"more") == b"MORE"


async def test_what_is_forgotten_gets_no_answer_for_good(line: Proxy, call: Streams) -> None:
    await line.become(Mode.FORGET)
    old = asyncio.create_task(ask(call, b"old"))
    assert await ask_anew(line, b"new") == b"NEW"
    await line.become(Mode.PASS)
    assert await ask_anew(line, b"newer") == b"NEWER"
    assert not old.done()
    old.cancel()


async def test_nobody_behind_it_is_a_reset(line: Proxy) -> None:
    proxy = Proxy(lambda: asyncio.open_unix_connection("/nowhere/at/all"))
    await proxy.start()
    with pytest.raises(ConnectionResetError):
        await ask_anew(proxy, b"anybody")
    await proxy.stop()
