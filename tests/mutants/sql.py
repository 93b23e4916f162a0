"""Which changes there are of SQL: comparisons, guards, states and sums."""

import re
from collections.abc import Iterator

from tests.mutants.change import Change

_HIDDEN = re.compile(r"--[^\n]*|'[^']*'")
_CLAUSE = re.compile(r"\b(select|from|where|set|on|having|when|values|returning|order by|group by|case)\b")
_CONDITIONAL = ("where", "on", "having", "when")

_SWAPS: tuple[tuple[str, str], ...] = (
    (r"<=", "<"),
    (r"<(?![=>])", "<="),
    (r"(?<![=<-])>=", ">"),
    (r"(?<![-=<])>(?!=)", ">="),
    (r"<>", "="),
    (r"\bis not null\b", "is null"),
    (r"\bis null\b", "is not null"),
    (r"\bnot exists\b", "exists"),
    (r"(?<!not )\bexists\b", "not exists"),
    (r"(?<= )\+(?= )", "-"),
    (r"(?<= )-(?= )", "+"),
    (r"\bleast\b", "greatest"),
    (r"\bgreatest\b", "least"),
    (r"\bmin\(", "max("),
    (r"\bmax\(", "min("),
    (r" desc\b", ""),
    (r"\bleft join\b", "join"),
    (r"\bunion all\b", "union"),
    (r" for update( of \w+)?( skip locked)?", ""),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"(?<![\w$.:])\d+(?![\w.])", "+1"),
    (r"\bor\b", "and"),
)
_STATES = {
    "queued": "running",
    "running": "queued",
    "done": "failed",
    "failed": "cancelled",
    "cancelled": "done",
    "billed": "free",
    "free": "billed",
    "unknown": "free",
    "open": "free",
    "member": "server",
    "server": "all",
    "all": "member",
}
_GUARD = re.compile(r"\n *((?:and|or) [^\n]*)(?=\n)")


def changes(path: str, source: bytes) -> Iterator[Change]:
    text = source.decode()
    shown = _HIDDEN.sub(lambda found: " " * len(found[0]), text)

    def change(start: int, end: int, new: str) -> Change:
        old = text[start:end]
        if new == "+1":
            new = str(int(old) + 1)
        first = len(text[:start].encode())
        return Change(path, text.count("\n", 0, start) + 1, first, first + len(old.encode()), old, new)

    for pattern, new in _SWAPS:
        for found in re.finditer(pattern, shown):
            yield change(*found.span(), new)
    for found in re.finditer(r"(?<= )=(?= )", shown):
        if _clause(shown, found.start()) in _CONDITIONAL:
            yield change(*found.span(), "<>")
    for found in re.finditer(r"\band\b", shown):
        if not re.search(r"between \S+ $", shown[: found.start()]):
            yield change(*found.span(), "or")
    for found in _HIDDEN.finditer(text):
        other = _STATES.get(found[0].strip("'"))
        if found[0].startswith("'") and other:
            yield change(*found.span(), f"'{other}'")
    # A guard that takes one line is left out.
    for found in _GUARD.finditer(shown):
        condition = found[1]
        if condition.count("(") == condition.count(")"):
            ends = len(condition) - len(condition.rstrip(" ;,"))
            yield change(found.start(1), found.end(1) - ends, "")


def _clause(shown: str, at: int) -> str:
    """The word that begins the clause which holds what is there."""
    clauses = _CLAUSE.findall(shown, 0, at)
    return clauses[-1] if clauses else ""
