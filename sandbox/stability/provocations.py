"""Faults on demand: by a word in the prompt, or for the next calls."""

import re
from collections import Counter
from dataclasses import dataclass

EDGE_STATUSES = (200, 400, 401, 402, 403, 404, 408, 410, 413, 422, 425, 429, 500, 502, 503)

_OF_A_CALL = frozenset(
    {
        "refuse",  # 403 content_moderation
        "blur",  # 200 with finish-reason CONTENT_FILTERED and a blurred picture, which is billed
        "language",  # 422 invalid_language
        "429",  # rate limited
        "500",  # an internal fault
        "garbage",  # 200 with bytes that are no picture
        "half",  # the connection closes in the middle of the picture
        "reset",  # the connection closes before the answer
        "hang",  # no answer for ten minutes
        "huge",  # a body without an end
        "bomb",  # a small PNG that claims to be 40,000 x 40,000
        "unauthorized",  # 401
        "payment",  # 402
        "permission",  # 403 permission_denied, which is no filter's
        "language400",  # 400 invalid_language
        "moderation400",  # 400 bad_request, whose words are of moderation
        "408",  # timed out, in Stability's own words
        "425",  # too early, in Stability's own words
        "error-reason",  # 200 with finish-reason ERROR, which is not billed
        "json-filtered",  # 200 with JSON that says CONTENT_FILTERED, which is billed
        "json-picture",  # 200 with the picture in JSON, which is billed
        "redirect",  # 307 to another host
        "public-figure",  # 422 public_figure
    }
    # What stands before Stability answers: a page, a JSON of its own, or nothing, with a status.
    | {f"{body}{status}" for body in ("html", "json", "empty") for status in EDGE_STATUSES}
)
_OF_A_RESULT = "result-"
KINDS = _OF_A_CALL | {f"{_OF_A_RESULT}{kind}" for kind in (*_OF_A_CALL, "lost")}
"""Those of a result are met where it is fetched; `result-lost` is 404, as though it had never begun."""

_WORD = re.compile(r"\[([a-z0-9-]+)( once)?\]")


@dataclass(slots=True)
class _Order:
    kind: str
    times: int
    match: str


class Provocations:
    def __init__(self) -> None:
        self._orders: list[_Order] = []
        self._met: Counter[tuple[str, str]] = Counter()

    def order(self, kind: str, times: int, match: str) -> None:
        """The next `times` calls whose words or path contain `match` meet the fault. ValueError: it is unknown."""
        if kind not in KINDS:
            raise ValueError(f"kind: must be one of {', '.join(sorted(KINDS))}")
        self._orders.append(_Order(kind, times, match))

    def clear(self) -> None:
        """Forgets the orders; words in a prompt go on to count."""
        self._orders.clear()

    def of(self, words: str, path: str) -> str | None:
        """The fault that this call meets, if any; asking counts as one call."""
        return self._next(words, path, _OF_A_CALL)

    def of_result(self, words: str, path: str) -> str | None:
        """The fault that a call for the result of those meets, named as that of a call would be."""
        kind = self._next(words, path, KINDS - _OF_A_CALL)
        return kind and kind.removeprefix(_OF_A_RESULT)

    def _next(self, words: str, path: str, kinds: frozenset[str]) -> str | None:
        for order in self._orders:
            if order.times > 0 and order.kind in kinds and order.match in f"{path}\n{words}":
                order.times -= 1
                return order.kind
        found = next((one for one in _WORD.finditer(words) if one[1] in kinds), None)
        if found is None:
            return None
        self._met[words, found[0]] += 1
        return None if found[2] and self._met[words, found[0]] > 1 else found[1]
