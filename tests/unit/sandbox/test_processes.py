"""A child that is started again is ended all the same."""

import asyncio
import signal
from typing import Any

import pytest

from sandbox.processes import Process


async def test_one_that_is_just_being_started_again_is_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_go_on = asyncio.Event(), asyncio.Event()
    spawn = asyncio.create_subprocess_exec

    async def slowly(*arguments: str, **options: Any) -> asyncio.subprocess.Process:
        begun.set()
        await may_go_on.wait()
        return await spawn(*arguments, **options)

    one = Process("one", ["sleep", "60"], {}, restart=True, on_line=lambda *_line: None)
    await one.start()
    monkeypatch.setattr("sandbox.processes.RESTART_SECONDS", 0.01)
    monkeypatch.setattr("asyncio.create_subprocess_exec", slowly)
    one.signal(signal.SIGKILL)
    async with asyncio.timeout(10):
        await begun.wait()
        stopping = asyncio.create_task(one.stop())
        await asyncio.sleep(0)
        may_go_on.set()
        assert await stopping == -signal.SIGTERM
