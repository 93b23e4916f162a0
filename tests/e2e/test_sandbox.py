"""`make run`: it uses nothing of the owner's that is in earnest, and stands in a folder alone."""

import asyncio
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.claim import Taken, claimed
from sandbox.processes import Process
from sandbox.stability import StabilityServer
from tests.conditions import soon
from tests.member import member

IN_EARNEST = {
    "DATABASE_URL": "postgres://real.invalid/production",
    "DATABASE_LISTEN_URL": "postgres://direct.invalid/production",
    "AWS_ENDPOINT_URL_S3": "https://real.invalid",
    "AWS_PROFILE": "work",
    "BUCKET_NAME": "production",
    "PUBLIC_BUCKET_URL": "https://pictures.invalid",
    "DISCORD_TOKEN": "in-earnest",
    "STABILITY_API_KEY": "in-earnest",
    "HEALTH_PORT": "1",
}
WITHIN_SECONDS = 60.0


@asynccontextmanager
async def running(
    directory: Path, *more: str, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    given = {**os.environ, **IN_EARNEST, "STABILITY_API_KEY": "", **environment}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "--directory", str(directory), "--seconds", "0.2", *more),
        env=given,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.communicate(), WITHIN_SECONDS)


async def lines_until(process: asyncio.subprocess.Process, words: str) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    async with asyncio.timeout(WITHIN_SECONDS):
        while not lines or words not in lines[-1]:
            line = await process.stdout.readline()
            assert line, lines
            lines.append(line.decode())
    return lines


async def test_it_uses_nothing_in_earnest_stands_alone_and_leaves_nothing_running(tmp_path: Path) -> None:
    async with running(tmp_path) as first:
        said = await lines_until(first, "Open http://")
        assert said[0].startswith("Not passed on, as the sandbox has servers of its own: ")
        assert set(said[0].split(": ")[1].strip().split(", ")) >= IN_EARNEST.keys()
        address = said[-1].split()[1]
        # A picture is there already.
        assert any(
            re.fullmatch(r"  Ada: a red fox in the snow → [\d.]+ s, 3 credits\n", line) for line in said
        )
        before = (tmp_path / "ports.json").read_text()
        async with running(tmp_path) as second:
            (refusal,) = await lines_until(second, "\n")
            assert await asyncio.wait_for(second.wait(), WITHIN_SECONDS) == 1
        assert f"is running in {tmp_path} already: {address} (process {first.pid})." in refusal
        assert (tmp_path / "ports.json").read_text() == before
        assert first.returncode is None
        left = _children(first.pid)
        assert len(left) >= 4, "the bot, the worker, the S3 server and the one that ends them"
        left.append(_postgres(tmp_path))
        first.kill()
    # What it left running ends before the next one begins.
    async with in_earnest() as stability, taken() as port:
        ports = json.loads(before)
        (tmp_path / "ports.json").write_text(json.dumps({**ports, "discord": port}))
        more = {"STABILITY_API_KEY": stability.key, "STABILITY_API_HOST": stability.url}
        async with running(tmp_path, **more) as third:
            said = await lines_until(third, "Open http://")
            assert not any(map(_lives, left))
            assert not any("Traceback" in line for line in said)
            assert any(f"Port {port}, which the page had, is taken by python" in line for line in said)
            assert said[1] == f"STABILITY_API_KEY is used, at {stability.url}: 50.0 credits are left.\n"
            assert any("3 credits (0.03 USD) for a picture" in line for line in said)
            # It is paid for, so nothing is painted that nobody has asked for.
            assert not stability.calls
            async with member(said[-1].split()[1].rstrip("/"), "Ben") as ben:
                await ben.imagine("an owl")
                await lines_until(third, "  Ben: an owl → ")
            assert [(call.prompt, call.billed) for call in stability.calls] == [("an owl", 3)]
            postgres = _postgres(tmp_path)
    assert third.returncode == 0
    assert not _lives(postgres)


@asynccontextmanager
async def in_earnest() -> AsyncIterator[StabilityServer]:
    """Another one stands for Stability itself."""
    server = StabilityServer(key="sk-mine", latency_seconds=0, credits=50)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def taken() -> AsyncIterator[int]:
    async with await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


def test_one_that_was_killed_leaves_no_lock(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys, time\nfrom sandbox.claim import claimed\n"
        "with claimed(pathlib.Path(sys.argv[1])):\n    print('has it', flush=True)\n    time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "has it\n"
        try:
            with pytest.raises(Taken, match=rf"it just starts \(process {other.pid}\)"), claimed(tmp_path):
                pass
        finally:
            other.kill()
    with claimed(tmp_path), (tmp_path / "running").open() as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _postgres(directory: Path) -> int:
    return int((directory / "postgres" / "postmaster.pid").read_text().split()[0])


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


async def test_a_child_is_given_what_it_needs_and_nothing_in_earnest(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**IN_EARNEST, "CREDITS_PER_MONTH": "5"}.items():
        monkeypatch.setenv(name, value)
    lines: list[str] = []
    child = Process(
        "child", ["env"], {"DATABASE_URL": "postgres://own"}, on_line=lambda _name, line: lines.append(line)
    )
    await child.start()
    assert await soon(child.wait()) == 0
    await child.stop()
    given = dict(line.partition("=")[::2] for line in lines)
    assert {name: given[name] for name in IN_EARNEST if name in given} == {"DATABASE_URL": "postgres://own"}
    assert given["CREDITS_PER_MONTH"] == "5"
