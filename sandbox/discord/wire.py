"""JSON as it goes over the wire."""

import json
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


def encode(value: object) -> str:
    # Escaped, so that half of a surrogate pair goes over the wire as well, as it would from Discord.
    return json.dumps(value, separators=(",", ":"))


def iso8601(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="microseconds")
