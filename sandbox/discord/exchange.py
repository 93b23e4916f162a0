"""One REST call of the bot as it went over the wire, to be checked against Discord's own document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """`path` is what follows `/api/v10`; `request` is the JSON of the body, or its `payload_json`.

    `answer` is None where it is no JSON. `arrived_at` is in seconds since the epoch, by the server's clock.
    `provoked`: a fault on demand answered it.
    """

    method: str
    path: str
    query: Mapping[str, str]
    request: Any | None
    status: int
    answer: Any | None
    arrived_at: float
    provoked: bool = False
