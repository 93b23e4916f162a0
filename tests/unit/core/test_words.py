# ruff: noqa: RUF001 - what looks the same as another letter is what these are about
"""The words that a server does not want, in every script, and patterns that are made to do harm."""

import pytest

from core.errors import InvalidRequest
from core.operations import PROMPT_LENGTH_MAX
from core.rules import WORDS_MAX, WordRule
from core.words import check_word, replaced, unwanted

NASTY = [
    "(a+)+$",
    "(a|aa)*b",
    "(.*)*x",
    "(x+x+)+y",
    "(([a-z])+.)+[A-Z]([a-z])+$",
    r"(\pL*)*\d",
    "a{1,100}a{1,100}b",
    ".*" * 60 + "z",
]


def word(text: str, by: str | None = None, *, is_pattern: bool = False) -> WordRule:
    return WordRule(text=text, replacement=by, is_pattern=is_pattern)


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("bad", "a BAD fox"),
        ("bad", "bad"),
        ("bad", "so-bad!"),
        ("bad", "a_bad_fox"),
        ("bad", "a ｂａｄ fox"),
        ("bad", "a b\u200bad fox"),
        ("ｂａｄ", "a bad fox"),
        ("bad fox", "a bad \u3000\n fox"),
        ("schön", "eine SCHÖNE, schöne, scho\u0308n"),
        ("Straße", "die straße"),
        ("плохо", "очень ПЛОХО."),
        ("κακό", "πολύ ΚΑΚΌ"),
        ("猫", "一只黑猫在雪地里"),
        ("坏猫", "一只坏猫"),
        ("ねこ", "くろねこがいる"),
        ("แมว", "ภาพแมวดำ"),
        ("cat", "我的cat很好"),
        ("नमस्ते", "नमस्ते दुनिया"),
        ("c++", "in c++, please"),
        ("🔫", "a🔫b"),
        ("❤️", "a ❤ here"),
        ("a.b", "an a.b here"),
        ("ﬁne", "all is fine"),
    ],
)
def test_a_word_is_found_as_it_may_be_written(text: str, prompt: str) -> None:
    check_word(word(text))
    assert unwanted([word(text)], prompt) == word(text)


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("bad", "a badge and abad"),
        ("ba", "bär"),
        ("sch", "schön"),
        ("пло", "плохо"),
        ("a.b", "an axb"),
        ("bad fox", "badfox"),
        ("cat", "cat2"),
        ("नम", "नमस्ते"),
    ],
)
def test_a_word_is_not_found_in_another(text: str, prompt: str) -> None:
    assert unwanted([word(text)], prompt) is None


@pytest.mark.parametrize(
    ("rules", "prompt", "painted"),
    [
        ([word("cat", "dog")], "cat cat, Cat; cats", "dog dog, dog; cats"),
        ([word("cat", "big cat")], "cat cat cat", "big cat big cat big cat"),
        ([word("cat", r"\1 \\ \g<0> \n")], "a cat", r"a \1 \\ \g<0> \n"),
        ([word("cat", "")], "a cat here", "a  here"),
        ([word("猫", "狗")], "黑猫白猫", "黑狗白狗"),
        ([word("cat", "dog")], "½ cat ｃａｔ", "1⁄2 dog dog"),
        ([word("cat", "dog")], "½ ｃ cat", "½ ｃ dog"),
        ([word("cat", "dog"), word("dog", "fox")], "cat", "fox"),
        ([word(r"c(.)t", r"\1", is_pattern=True)], "cut cat", r"\1 \1"),
        ([word(r"x*", "y", is_pattern=True)], "axxb", "ayb"),
        ([word("cat")], "a cat", "a cat"),
    ],
)
def test_words_are_put_in_place_of_others(rules: list[WordRule], prompt: str, painted: str) -> None:
    assert replaced(rules, prompt) == painted


def test_half_a_pair_is_a_character() -> None:
    broken = "a cat \ud83d and \udc31"
    assert unwanted([word("cat")], broken) == word("cat")
    assert replaced([word("cat", "dog")], broken) == "a dog ? and ?"
    assert unwanted([word("a.c", is_pattern=True)], "a\ud83dc") is not None


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (word("(", is_pattern=True), "missing"),
        (word("(?=x)", is_pattern=True), "no pattern that RE2 knows"),
        (word(r"(x)\1", is_pattern=True), "no pattern that RE2 knows"),
        (word("((a{100}){100}){100}", is_pattern=True), "no pattern that RE2 knows"),
        (word("(?:" + r"\pL{50}" * 20 + "){20}", is_pattern=True), "too large"),
        (word(r"a\C", is_pattern=True), "bytes"),
        (word("x*", is_pattern=True), "fits every prompt"),
        (word("^", is_pattern=True), "fits every prompt"),
        (word("\u200b"), "fits every prompt"),
        (word("  "), "fits every prompt"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(rule: WordRule, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        check_word(rule)


@pytest.mark.parametrize("pattern", NASTY)
def test_no_pattern_hangs(pattern: str) -> None:
    """An engine that backtracks would not come to an end of these."""
    rules = [word(pattern, is_pattern=True), word(pattern, "x", is_pattern=True)]
    check_word(rules[0])
    for prompt in ("a" * PROMPT_LENGTH_MAX, "x" * PROMPT_LENGTH_MAX, "ä" * PROMPT_LENGTH_MAX):
        unwanted(rules, prompt)
        assert len(replaced(rules, prompt)) <= PROMPT_LENGTH_MAX


def test_no_replacement_grows_beyond_a_prompt() -> None:
    rules = [word(f"[{chr(97 + n % 26)}-z]", "z" * 200, is_pattern=True) for n in range(WORDS_MAX)]
    with pytest.raises(InvalidRequest, match="Say it shorter"):
        replaced(rules, "z" * PROMPT_LENGTH_MAX)
