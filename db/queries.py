"""Loads the named statements of `db/sql/`."""

import re
from functools import cache
from importlib import resources

_HEADING = re.compile(r"^-- (name|part): (\w+)$", re.MULTILINE)


@cache
def load(noun: str) -> dict[str, str]:
    """The statements of `sql/<noun>.sql`, each by the name in the line `-- name: ...` above it.

    What stands below `-- part: ...` is put in wherever a statement has that name in braces.
    """
    text = resources.files("db").joinpath("sql", f"{noun}.sql").read_text()
    _preamble, *found = _HEADING.split(text)
    texts: dict[str, dict[str, str]] = {"name": {}, "part": {}}
    for kind, name, body in zip(found[::3], found[1::3], found[2::3], strict=True):
        texts[kind][name] = body.strip()
    for name, statement in texts["name"].items():
        for part, body in texts["part"].items():
            statement = statement.replace(f"{{{part}}}", body)
        texts["name"][name] = statement
    return texts["name"]
