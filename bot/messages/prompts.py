"""What a member typed, made safe to show."""

import re

ALT_TEXT_LENGTH_MAX = 1024
TEXT_LENGTH_MAX = 3990  # of a message's 4,000 characters
SHOWN_LENGTH_MAX = 3000  # of them, beside all else
CARD_LENGTH_MAX = 300  # of a card that others scroll by

_MARKDOWN = re.compile(r"([\\`*_~|<>\[\]()#@:./+-])")


def escape(text: str, length_max: int = SHOWN_LENGTH_MAX) -> str:
    """One line of text that Discord shows as it is: no markdown, no mention, no link."""
    shown = _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
    if len(shown) <= length_max:
        return shown
    # No lone backslash may be left at the end.
    return shown[: length_max - 1].rstrip("\\") + "…"


def alt_text(prompt: str) -> str:
    return prompt if len(prompt) <= ALT_TEXT_LENGTH_MAX else prompt[: ALT_TEXT_LENGTH_MAX - 1] + "…"
