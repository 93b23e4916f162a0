"""What a member typed: made safe to store, checked, and made safe to show."""

import re
import unicodedata

from bot.messages.words import rounded
from core.errors import InvalidRequest
from core.operations import PIXELS_MAX, PROMPT_LENGTH_MAX, SIDE_MAX, SIDE_MIN

ALT_TEXT_LENGTH_MAX = 1024
SHOWN_LENGTH_MAX = 3000
"""Of a message's 4,000 characters of text; the rest of them is for what else it says."""

_JOINERS = "\u200c\u200d"
# Postgres takes no NUL, UTF-8 no lone surrogates; what is not seen may hide or garble what is.
# The tags of a flag, such as Scotland's, belong to what is seen.
_UNSAFE = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f)"
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
# One between two that are seen makes one sign of them, as in emoji and in the scripts of India and Persia.
_LOOSE_JOINERS = re.compile(
    rf"(?<=[^\s{_JOINERS}])([{_JOINERS}])[{_JOINERS}]*(?=[^\s{_JOINERS}])|[{_JOINERS}]+"
)
_MARKDOWN = re.compile(r"([\\`*_~|<>\[\]()#@:./+-])")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp", "Mn"}


def clean(text: str) -> str:
    """Whatever a member typed, without what is not seen; the whitespace around it is not meant."""
    return _LOOSE_JOINERS.sub(r"\1", _UNSAFE.sub(r"\1", text)).strip()


def clean_prompt(text: str) -> str:
    """The prompt as it is stored. Raises InvalidRequest if nothing to see is left of it, or too much."""
    cleaned = clean(text)
    # U+2800 and the Hangul fillers count as letters or symbols but show nothing.
    if all(
        unicodedata.category(char) in _INVISIBLE or char in "\u2800\u3164\u115f\u1160\uffa0"
        for char in cleaned
    ):
        raise InvalidRequest(
            "The prompt is blank. Say in a few words what the picture should show, such as "
            "`/imagine prompt: a red fox in the snow`."
        )
    if len(cleaned) > PROMPT_LENGTH_MAX:
        raise InvalidRequest(
            "The prompt has {count} characters; it may have {most}.",
            count=len(cleaned),
            most=PROMPT_LENGTH_MAX,
        )
    return cleaned


def clean_negative_prompt(text: str | None) -> str | None:
    """None where nothing is left of it: then nothing was meant to be left out of the picture."""
    return clean(text or "") or None


def check_size(width: int, height: int) -> None:
    """Raises InvalidRequest. Discord's own limits on each side are not ours to rely on."""
    for side in (width, height):
        if not SIDE_MIN <= side <= SIDE_MAX:
            raise InvalidRequest(
                "{side} is not a side that a picture may have: {least} to {most} pixels.",
                side=side,
                least=SIDE_MIN,
                most=SIDE_MAX,
            )
    if width * height > PIXELS_MAX:
        largest = min(PIXELS_MAX // width, SIDE_MAX)
        raise InvalidRequest(
            "{width} × {height} is {size} megapixels, and a picture may have {most}. "
            "With a width of {width}, the height can be up to {largest}; "
            "1536 × 1024 and 1024 × 1536 are the largest of all.",
            width=width,
            height=height,
            size=rounded(width * height / 1e6, 2),
            most=rounded(PIXELS_MAX / 1e6, 2),
            largest=largest,
        )


def escape(text: str, length_max: int = SHOWN_LENGTH_MAX) -> str:
    """One line of text that Discord shows as it stands: no markdown, no mention, no link.

    Discord takes a backslash before any punctuation as "show it as it is".
    """
    shown = _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
    if len(shown) <= length_max:
        return shown
    # A cut must not leave half of an escaped pair behind.
    return shown[: length_max - 1].rstrip("\\") + "…"


def alt_text(prompt: str) -> str:
    return prompt if len(prompt) <= ALT_TEXT_LENGTH_MAX else prompt[: ALT_TEXT_LENGTH_MAX - 1] + "…"
