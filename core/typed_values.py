"""What an owner typed as a variable's value: `docker run --env-file`, systemd and forms leave quotes and comments."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr

_BLANK = r"[\s\u200b-\u200f\u2060\ufeff]"
"""White space, and the marks that editors and pastes leave without showing them."""

_AROUND = re.compile(f"^{_BLANK}+|{_BLANK}+$")
_COMMENT = re.compile(f"{_BLANK}#.*", re.DOTALL)

SHOWN_LENGTH_MAX = 30
"""What is longer may be a key that went into the wrong variable."""


def as_meant(name: str, annotation: Any, value: Any) -> Any:
    """Without what surrounds it, and one of several words whatever its case; empty where nothing is left."""
    if not isinstance(value, str):
        return value
    text = _bare(name, value)
    if get_origin(annotation) is Literal:
        return next((one for one in get_args(annotation) if one.casefold() == text.casefold()), text)
    counts = any(kind in (int, Decimal) for kind in _kinds(annotation))
    if counts and re.fullmatch(r"\d{1,3}(\.\d{3})+", text):
        # A number that means a thousand here, and one there, is refused as none.
        return f"{text} (thousands?)"
    return text


def _bare(name: str, value: str) -> str:
    whole = _AROUND.sub("", value)
    if (inner := _unquoted(whole)) is None:
        whole = _AROUND.sub("", _COMMENT.sub("", value))
        # The whole line may have been pasted into a form.
        whole = re.sub(f"^(?:export +)?{name}=", "", whole, flags=re.IGNORECASE)
        inner = _unquoted(whole)
    return whole if inner is None else _AROUND.sub("", inner)


def _unquoted(value: str) -> str | None:
    """None: there are no quotes around it, or more than one pair."""
    if len(value) < 2 or value[0] != value[-1] or value[0] not in "\"'" or value[0] in value[1:-1]:
        return None
    return value[1:-1]


def shown(annotation: Any, value: object) -> str | None:
    """For the line that refuses it; None for what may be a secret, or has one in it."""
    is_secret = SecretStr in _kinds(annotation)
    if is_secret or not isinstance(value, str) or "@" in value or len(value) > SHOWN_LENGTH_MAX:
        return None
    return repr(value)


def _kinds(annotation: Any) -> Iterator[Any]:
    yield annotation
    for one in get_args(annotation):
        yield from _kinds(one)


def alike(name: str, names: list[str]) -> str | None:
    """One of the names that is the variable's but for what a file's reader left on it, such as a BOM."""
    for one in names:
        bare = re.sub(r"^(?:export|set)\s+|[^\w]", "", one.strip(), flags=re.IGNORECASE)
        if bare.upper() == name and one.upper() != name:
            return repr(one)
    return None
