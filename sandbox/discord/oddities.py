"""Events of another shape than Discord documents: it adds and changes fields without a word."""

import copy
from dataclasses import dataclass
from typing import Any

from sandbox.discord.wire import Json

GONE = "gone"
"""In the place of a value: nothing is to stand there."""


@dataclass(slots=True)
class _Oddity:
    kind: str
    changes: dict[str, Any]
    times: int


class Oddities:
    def __init__(self) -> None:
        self._orders: list[_Oddity] = []

    def order(self, kind: str, changes: dict[str, Any], times: int) -> None:
        """For the next events of the kind. `changes` is by path, such as `message.reactions.0.me`."""
        self._orders.append(_Oddity(kind, changes, times))

    def applied_to(self, kind: str, data: Json) -> Json:
        order = next((one for one in self._orders if one.kind == kind and one.times > 0), None)
        if order is None:
            return data
        order.times -= 1
        odd = copy.deepcopy(data)
        for path, value in order.changes.items():
            _change(odd, path.split("."), value)
        return odd


def _change(data: Any, path: list[str], value: Any) -> None:
    """Where the event has no such place, such as a member in direct messages, it stays as it is."""
    *way, last = [int(step) if step.isdecimal() else step for step in path]
    try:
        for step in way:
            data = data[step]
        if value == GONE:
            del data[last]
        else:
            data[last] = value
    except (LookupError, TypeError):
        return
