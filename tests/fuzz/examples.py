"""How much is tried, and what members and servers may send that nobody thinks of."""

import os
from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

_T = TypeVar("_T")
_E = TypeVar("_E", bound=BaseException)

_MORE = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""For a night of looking: so many examples of each test, and others each time."""


def fuzz(examples: int) -> settings:
    return settings(
        max_examples=_MORE or examples,
        derandomize=not _MORE,
        deadline=None,
        # What is found is written down as an explicit example; a file of the last run is not for the suite.
        database=None,
        # The servers behind a test are the same for all examples, and none of them changes what they are.
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


_NASTY = st.sampled_from(
    [
        "\0",
        "\x1b",
        "\ud800",
        "\udfff",
        "\u202e",
        "\u2066",
        "\u200b",
        "\u200d",
        "\ufe0f",
        "\u2800",
        "\u0301",
        "\u3164",
        "\u2028",
        "\x85",
        "👩\u200d🚀",
        "🇩🇪",
        "مرحبا",
        "\uff46\uff4f\uff58",
        "ß",
        "İ",
        "\U0010ffff",
        "\\",
        "`",
        "```",
        "**",
        "__",
        "~~",
        "||",
        "# ",
        "-# ",
        "> ",
        ">>> ",
        "- ",
        "1. ",
        "<@1>",
        "<@&1>",
        "<#1>",
        "@everyone",
        "@here",
        "</imagine:1>",
        "<t:1:R>",
        "<:a:1>",
        ":fox:",
        "[a](https://b.c)",
        "https://b.c",
        "<https://b.c>",
        "a@b.c",
        "discord.gg/x",
        "{",
        "}",
        "{0}",
        "%s",
        "'",
        '"',
        ";--",
        "&",
        "|",
        "!",
        ":*",
        "(",
        ")",
        "\n",
        "\t",
        " ",
        "a",
        "fox",
    ]
)

anything = st.text(st.characters(categories=None), max_size=300)
"""Characters of every category, lone surrogates among them."""

nasty = st.lists(_NASTY, max_size=60).map("".join)
texts = st.one_of(
    anything, nasty, st.tuples(_NASTY, st.integers(1, 2000)).map(lambda x: (x[0] * x[1])[:2000])
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | nasty,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def outcome(work: Callable[[], _T], refusal: type[_E]) -> _T | _E:
    """What came of it, or the one error that may; any other breaks the test."""
    try:
        return work()
    except refusal as error:
        return error
