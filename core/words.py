"""The words that a server does not want: prompts are refused for them, or changed. Patterns are RE2's, which takes time
in proportion to the text, whatever the pattern."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import re2

from core.errors import InvalidRequest
from core.operations import PROMPT_LENGTH_MAX
from core.rules import WordRule

_MEMORY_MAX = 1 << 18
"""Bytes that a compiled pattern may take: RE2 refuses what would take more."""

_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
"""Thai, Lao, Tibetan, Burmese, Khmer, Japanese and Chinese: where a word ends cannot be seen there."""

_SELECTORS = re.compile("[\ufe00-\ufe0f]")
_BYTES = re.compile(r"(?<!\\)(?:\\\\)*\\C")


def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY_MAX
    return re2.compile(pattern, options)


# Patterns may take much memory each, words take little.
_pattern = lru_cache(maxsize=256)(_compile)


@lru_cache(maxsize=4096)
def _word(text: str) -> Any:
    return _compile(r"\s+".join(re2.escape(word) for word in plain_form(text).split()))


def check_word(rule: WordRule) -> None:
    """Raises InvalidRequest for a word or a pattern that cannot be used."""
    if rule.is_pattern and _BYTES.search(rule.text):
        raise InvalidRequest(
            "“{pattern}” takes letters apart into bytes by \\C, which a prompt does not have.",
            pattern=rule.text,
        )
    try:
        found = _compile(rule.text).search("") if rule.is_pattern else None
    except re2.error as error:
        raise InvalidRequest(
            "“{pattern}” is no pattern that RE2 knows: {reason}.", pattern=rule.text, reason=_reason(error)
        ) from error
    if found is not None or not plain_form(rule.text).strip():
        raise InvalidRequest(
            "“{pattern}” fits every prompt. Say more exactly what is meant.", pattern=rule.text
        )


def unwanted(rules: Iterable[WordRule], text: str) -> WordRule | None:
    """The first rule by which this text is refused."""
    return next((rule for rule in rules if rule.replacement is None and _found(rule, text)[1]), None)


def replaced(rules: Iterable[WordRule], text: str) -> str:
    """With the words of a server in place of those that it does not want. Raises InvalidRequest where it grows beyond
    the length of a prompt."""
    for rule in rules:
        if rule.replacement is None:
            continue
        known, spans = _found(rule, text)
        if not spans:
            continue
        ends = [0, *(end for _, end in spans)]
        starts = [*(start for start, _ in spans), len(known)]
        text = rule.replacement.join(known[end:start] for end, start in zip(ends, starts, strict=True))
        if len(text) > PROMPT_LENGTH_MAX:
            raise InvalidRequest(
                "With the words that this server puts in place of others it has {count} characters; it may have "
                "{most}. Say it shorter.",
                count=len(text),
                most=PROMPT_LENGTH_MAX,
            )
    return text


def plain_form(text: str) -> str:
    """Without what looks the same and is written otherwise: full-width letters, ligatures, what is not seen."""
    if text.isascii():
        return text
    seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFKC", _SELECTORS.sub("", seen))


def _found(rule: WordRule, text: str) -> tuple[str, list[tuple[int, int]]]:
    """Where it fits, and in which text: this one or, where it fits oftener there, its plain form."""
    # What is no Unicode, such as half of a pair, counts as one character.
    text = text.encode(errors="replace").decode()
    spans, plain = list(_spans(rule, text)), plain_form(text)
    if plain != text and len(more := list(_spans(rule, plain))) > len(spans):
        return plain, more
    return text, spans


def _spans(rule: WordRule, text: str) -> Iterator[tuple[int, int]]:
    compiled = _pattern(rule.text) if rule.is_pattern else _word(rule.text)
    for match in compiled.finditer(text):
        start, end = match.span()
        # RE2 looks neither ahead nor behind, and its \b knows ASCII alone.
        if start < end and (rule.is_pattern or (_is_edge(text, start) and _is_edge(text, end))):
            yield start, end


def _is_edge(text: str, position: int) -> bool:
    """Whether a word may end or begin before this character."""
    beside = text[max(0, position - 1) : position + 1]
    return len(beside) < 2 or position == 0 or not all(map(_joins, beside))


def _joins(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM" and _WITHOUT_SPACES.match(char) is None


def _reason(error: Exception) -> str:
    """RE2 says it in bytes."""
    said = error.args[0] if error.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
