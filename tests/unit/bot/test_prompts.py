import pytest

from bot.messages.prompts import alt_text, check_size, clean_prompt, escape
from core.errors import InvalidRequest


@pytest.mark.parametrize(
    "blank", ["", " ", "\n\t", "\u200b\u200b", "\u2800", "\u3164", "\x00\x01", "\u202e", "\ufe0f"]
)
def test_a_prompt_that_shows_nothing_is_refused_with_an_example(blank: str) -> None:
    with pytest.raises(InvalidRequest, match="a red fox in the snow"):
        clean_prompt(blank)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  a red fox  ", "a red fox"),
        ("one\ntwo", "one\ntwo"),
        ("nul\x00 and bell\x07", "nul and bell"),
        ("half a \ud800pair", "half a pair"),
        ("left \u202eright", "left right"),
        ("zero\u200b width \ufeffand \u00adsoft", "zero width and soft"),
        ("\u061c\u200e\u200fmarks\u2066 of\u2069 \u2060direction\ufff9", "marks of direction"),
        ("hidden\U000e0041\U000e0042 tags \x85here", "hidden tags here"),
        ("\u200djoined\u200d\u200c\u200dtwice\u200d to \u200cnothing", "joined\u200dtwice to nothing"),
        (
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        ),
        ("👩\u200d🚀 on the moon", "👩\u200d🚀 on the moon"),
        ("नमस्\u200cते", "नमस्\u200cते"),
        ("🦊", "🦊"),
    ],
)
def test_a_prompt_keeps_all_that_can_be_stored_and_seen(typed: str, stored: str) -> None:
    assert clean_prompt(typed) == stored


@pytest.mark.parametrize(
    ("width", "height"), [(256, 256), (1536, 1024), (1024, 1536), (1254, 1254), (256, 1536)]
)
def test_sizes_within_the_bounds_pass(width: int, height: int) -> None:
    check_size(width, height)


@pytest.mark.parametrize(
    ("width", "height", "right"), [(1536, 1536, "up to 1024"), (1300, 1300, "up to 1209")]
)
def test_a_size_that_is_too_large_is_refused_with_what_would_be_right(
    width: int, height: int, right: str
) -> None:
    with pytest.raises(InvalidRequest, match=right):
        check_size(width, height)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**bold**", r"\*\*bold\*\*"),
        ("# heading\n- list", r"\# heading \- list"),
        ("<@123> @everyone", r"\<\@123\> \@everyone"),
        ("[x](https://example.com)", r"\[x\]\(https\:\/\/example\.com\)"),
        ("back\\slash", r"back\\slash"),
        ("||spoiler|| `code`", r"\|\|spoiler\|\| \`code\`"),
    ],
)
def test_markdown_and_mentions_are_shown_as_they_were_typed(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_a_long_prompt_is_cut_between_escapes() -> None:
    cut = escape("*" * 2000, length_max=100)
    assert len(cut) <= 100
    assert cut.endswith("*…")


def test_alt_text_is_the_prompt_within_discords_limit() -> None:
    assert alt_text("a fox") == "a fox"
    assert len(alt_text("x" * 2000)) == 1024
