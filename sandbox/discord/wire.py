"""JSON as it goes over the wire."""

import json
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


def encode(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def iso8601(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="microseconds")
