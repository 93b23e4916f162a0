import pytest

from bot.messages.prompts import alt_text, escape
from bot.messages.words import ENGLISH


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


def test_alt_text_is_the_prompt_and_who_made_it_within_discords_limit() -> None:
    assert alt_text("a fox", ENGLISH) == "a fox (made by AI)"
    assert len(alt_text("x" * 2000, ENGLISH)) == 1024
