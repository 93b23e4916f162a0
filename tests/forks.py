"""Starts bots and workers from a process that has imported them already, as each test starts several.

They are processes like any other, with their own session, environment and signals; importing takes most of what a
start takes, and is the same each time. How a process behaves while it imports is seen only from `sandbox.processes`.
"""

import asyncio
import os
import runpy
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

_CONTEXT = get_context("forkserver")
_PRELOADED = ["bot.__main__", "worker.__main__", "db.__main__", "tests.forks", "tests.service_models"]


class Forked:
    def __init__(self, process: ForkServerProcess, stdout: asyncio.StreamReader) -> None:
        self.stdout = stdout
        self._process = process
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(process.sentinel, self._end)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode if self._ended.is_set() else None

    async def wait(self) -> int:
        await self._ended.wait()
        assert self._process.exitcode is not None
        return self._process.exitcode

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._process.join()
        self._ended.set()


@contextmanager
def fork_server() -> Iterator[None]:
    """While it is open, `fork` takes as long as a fork does."""
    _CONTEXT.set_forkserver_preload(_PRELOADED)
    first = _CONTEXT.Process(target=int)
    first.start()
    first.join()
    yield


async def fork(arguments: Sequence[str], environment: Mapping[str, str]) -> Forked:
    """`arguments` are those of `python -m`, with the path of Python before."""
    _python, dash_m, module, *rest = arguments
    assert dash_m == "-m"
    ours, its = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_run, args=(its, module, rest, dict(environment)))
    process.start()
    its.close()
    return Forked(process, await _reader(ours))


async def _reader(pipe: Connection) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    file = os.fdopen(os.dup(pipe.fileno()), "rb", 0)
    pipe.close()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    return reader


def _run(output: Connection, module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    os.setsid()
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    output.close()
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    # It is run anew, and runpy would warn that it was imported.
    sys.modules.pop(f"{module}.__main__", None)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
