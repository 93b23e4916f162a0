"""The words that a server does not want: prompts are refused for them, or changed. Patterns are RE2's, which takes time
in proportion to the text, whatever the pattern."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import re2

from core.errors import InvalidRequest
from core.rules import WordRule

_MEMORY_MAX = 1 << 20
"""Bytes that a compiled pattern may take: RE2 refuses what would take more."""

_APART = r"[^\pL\pN\pM_]"


@lru_cache(maxsize=4096)
def _compiled(text: str, is_pattern: bool) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY_MAX
    words = r"\s+".join(re2.escape(word) for word in text.split())
    # RE2 looks neither ahead nor behind, and its \b knows ASCII alone.
    pattern = text if is_pattern else f"(^|{_APART})(?:{words})($|{_APART})"
    return re2.compile(pattern, options)


def check_word(rule: WordRule) -> None:
    """Raises InvalidRequest for a pattern that cannot be used."""
    try:
        found = _compiled(rule.text, rule.is_pattern).search("")
    except re2.error as error:
        raise InvalidRequest(
            "“{pattern}” is no pattern that RE2 knows: {reason}.", pattern=rule.text, reason=_reason(error)
        ) from error
    if found is not None or not rule.text.strip():
        raise InvalidRequest(
            "“{pattern}” fits every prompt. Say more exactly what is meant.", pattern=rule.text
        )


def unwanted(rules: Iterable[WordRule], text: str) -> WordRule | None:
    """The first rule by which this text is refused."""
    return next(
        (
            rule
            for rule in rules
            if rule.replacement is None and _compiled(rule.text, rule.is_pattern).search(text)
        ),
        None,
    )


def replaced(rules: Iterable[WordRule], text: str) -> str:
    """With the words of a server in place of those that it does not want."""
    for rule in rules:
        if rule.replacement is None:
            continue
        pattern, plain = _compiled(rule.text, rule.is_pattern), rule.replacement.replace("\\", r"\\")
        if rule.is_pattern:
            text = pattern.sub(plain, text)
        else:
            # Twice, as of two that stand together the first has taken what is between them.
            for _ in range(2):
                text = pattern.sub(rf"\1{plain}\2", text)
    return text


def _reason(error: Exception) -> str:
    """RE2 says it in bytes."""
    said = error.args[0] if error.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
