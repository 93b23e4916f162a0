"""What a member typed, wherever it is in an interaction: the log is not to repeat it."""

from typing import Any

_TYPED = {"value", "values", "custom_id"}


def typed_in(data: Any) -> set[str]:
    """The texts of options and fields, and custom ids, which may be of any text as well."""
    found: set[str] = set()
    pending = [(data, False)]
    while pending:
        part, typed = pending.pop()
        if isinstance(part, dict):
            pending += [(value, key in _TYPED) for key, value in part.items()]
        elif isinstance(part, list):
            pending += [(value, typed) for value in part]
        elif isinstance(part, str) and typed:
            found.add(part)
    return found
