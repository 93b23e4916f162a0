"""A port that is taken is said, and by whom."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.ports import HOST, Held, Ports, free_port


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        yield other.getsockname()[1]


def at(port: int) -> str:
    return f"http://{HOST}:{port}"


def test_another_is_used_where_that_of_the_last_time_is_taken(tmp_path: Path, taken: int) -> None:
    told: list[str] = []
    (tmp_path / "ports.json").write_text(f'{{"discord": {taken}}}')
    ports = Ports(tmp_path, tell=told.append)
    assert ports.pick("discord") == 0
    port = free_port()
    ports.keep("discord", at(port))
    (said,) = told
    assert said.startswith(f"Port {taken}, which the page had, is taken by ")
    assert said.endswith(f" (process {os.getpid()}): it is {port} now.")
    again = Ports(tmp_path, tell=told.append)
    assert again.pick("discord") == port
    again.keep("discord", at(port))
    assert len(told) == 1


def test_one_that_was_named_is_taken_or_refused(tmp_path: Path, taken: int) -> None:
    ports = Ports(tmp_path, tell=lambda text: pytest.fail(text))
    assert ports.pick("discord") == 0
    with pytest.raises(Held, match=rf"^Port {taken} is taken by .*\(process {os.getpid()}\): name another"):
        ports.pick("discord", taken)
    # Whoever names another than the last time is not told that it is another.
    for free in (free_port(), free_port()):
        assert ports.pick("discord", free) == free
        ports.keep("discord", at(free))
