"""A test that hangs fails where it stands, and says where each of its tasks stands; the other tests go on.

By a timer of the process, as a thread would be left over. What keeps the interpreter itself from going on is ended by
pytest's faulthandler some time later (pyproject.toml).
"""

import asyncio
import gc
import signal
import sys
import traceback
from collections.abc import Generator, Iterator
from types import AsyncGeneratorType, FrameType
from typing import Any

import pytest

SECONDS_MAX = 120.0
"""Of one test, set up and torn down: four times what the longest takes on a machine of two cores."""

AGAIN_SECONDS = 10.0
"""After this failure it may be the tear-down that hangs."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    def fail(_number: int, _frame: FrameType | None) -> None:
        sys.stderr.write(f"{item.nodeid} hangs\n{_where_tasks_stand()}")
        pytest.fail(f"it takes longer than {SECONDS_MAX:g} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, SECONDS_MAX, AGAIN_SECONDS)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _where_tasks_stand() -> str:
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:
        # No loop runs: pytest shows the one stack there is.
        return ""
    return "".join(f"{task!r}\n{''.join(_stack(task))}" for task in tasks)


def _stack(task: asyncio.Task[Any]) -> Iterator[str]:
    """From the outermost to what it awaits: the task itself tells the first alone."""
    awaited: Any = task.get_coro()
    while awaited is not None:
        kind = next((kind for kind in ("cr", "ag", "gi") if hasattr(awaited, f"{kind}_frame")), None)
        if kind is None:
            # A step of an async generator does not tell of which, as each fixture has one.
            awaited = next(
                (one for one in gc.get_referents(awaited) if isinstance(one, AsyncGeneratorType)), None
            )
            continue
        if (frame := getattr(awaited, f"{kind}_frame")) is not None:
            yield from traceback.format_list(traceback.extract_stack(frame, limit=1))
        awaited = getattr(awaited, "gi_yieldfrom" if kind == "gi" else f"{kind}_await")
