"""What a server means by Retry-After: seconds, or a date."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def seconds_of(asked: object) -> float | None:
    """How long from now, as a number, its text or a date that is to come; None for what is none of these."""
    if isinstance(asked, (int, float)) and not isinstance(asked, bool):
        return float(asked) if 0 <= asked < float("inf") else None
    text = asked.strip() if isinstance(asked, str) else ""
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?", text):
        return float(text)
    try:
        until = parsedate_to_datetime(text)
        seconds = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return seconds if seconds > 0 else None
