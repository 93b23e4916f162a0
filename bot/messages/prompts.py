"""What a member typed, made safe to show."""

import re

from bot.messages.words import Words

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


def alt_text(prompt: str, say: Words) -> str:
    """What can be seen comes first, as it is read out; that it was made by AI stands after the longest."""
    made_by = say("made by AI")
    made = f" ({made_by})"
    room = ALT_TEXT_LENGTH_MAX - len(made)
    return f"{prompt if len(prompt) <= room else prompt[: room - 1] + '…'}{made}"
