"""What a gateway session remembers for a resume."""

import json
from typing import Any

from sandbox.discord.session import BUFFER_EVENTS_MAX, Connection, Session


class Recorder(Connection):
    """A connection that arrives nowhere."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []

    def send_text(self, text: str) -> None:
        self.received.append(json.loads(text))

    @property
    def numbers(self) -> list[int]:
        return [payload["s"] for payload in self.received]


def session(connection: Connection | None = None, intents: int = 0) -> Session:
    return Session("id", intents, 0, 1, connection)


def test_events_are_numbered_and_sent() -> None:
    connection = Recorder()
    one = session(connection)
    one.dispatch("READY", {"v": 10})
    one.dispatch("GUILD_CREATE", {})
    assert connection.received == [
        {"op": 0, "t": "READY", "s": 1, "d": {"v": 10}},
        {"op": 0, "t": "GUILD_CREATE", "s": 2, "d": {}},
    ]


def test_what_was_missed_or_dropped_is_replayed_and_nothing_else() -> None:
    first, second = Recorder(), Recorder()
    one = session(first)
    one.dispatch("A", {})
    one.dispatch("B", {}, drop=True)
    one.connection = None
    one.dispatch("C", {})
    assert first.numbers == [1]
    one.replay(1, second)
    assert [(payload["s"], payload["t"]) for payload in second.received] == [(2, "B"), (3, "C")]


def test_a_resume_is_possible_for_as_long_as_nothing_has_left_the_buffer() -> None:
    one = session()
    for _ in range(BUFFER_EVENTS_MAX):
        one.dispatch("A", {})
    assert one.can_resume_from(0)
    one.dispatch("A", {})
    assert not one.can_resume_from(0)
    connection = Recorder()
    assert one.can_resume_from(1)
    one.replay(1, connection)
    assert connection.numbers == list(range(2, BUFFER_EVENTS_MAX + 2))


def test_an_event_wants_one_of_its_intents_or_none() -> None:
    assert [session(intents=0b100).takes(intent) for intent in (0, 0b100, 0b110, 0b010)] == [
        True,
        True,
        True,
        False,
    ]
