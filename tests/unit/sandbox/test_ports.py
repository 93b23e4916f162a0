"""A port that is taken is said, and by whom."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.ports import HOST, Held, Ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        yield other.getsockname()[1]


def test_another_is_used_where_that_of_the_last_time_is_taken(tmp_path: Path, taken: int) -> None:
    told: list[str] = []
    (tmp_path / "ports.json").write_text(f'{{"discord": {taken}}}')
    port = Ports(tmp_path, tell=told.append).pick("discord")
    assert port != taken
    (said,) = told
    assert said.startswith(f"Port {taken}, which the page had, is taken by ")
    assert said.endswith(f" (process {os.getpid()}): it is {port} now.")
    assert Ports(tmp_path, tell=told.append).pick("discord") == port
    assert len(told) == 1


def test_one_that_was_named_is_taken_or_refused(tmp_path: Path, taken: int) -> None:
    ports = Ports(tmp_path, tell=lambda text: pytest.fail(text))
    with pytest.raises(Held, match=rf"^Port {taken} is taken by .*\(process {os.getpid()}\): name another"):
        ports.pick("discord", taken)
    free = ports.pick("discord")
    assert ports.pick("discord", free) == free
