"""Loads the named statements of `db/sql/`."""

import re
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def load(noun: str) -> dict[str, str]:
    """The statements of `sql/<noun>.sql` by the name that stands in the line `-- name: ...` above each."""
    text = resources.files("db").joinpath("sql", f"{noun}.sql").read_text()
    _preamble, *parts = _NAME.split(text)
    return dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
