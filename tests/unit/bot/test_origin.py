"""What a file says, in words that a member understands, whoever wrote it."""

import pytest

from bot.messages.origin import FileSays, Unread, origin_text
from bot.messages.words import ENGLISH, Languages
from core.provenance import Mark
from ops.credentials import Credential, Manifest

GERMAN = Languages().of("de")
MARK = Mark("compositeWithTrainedAlgorithmicMedia", "Core", "Tigerbrush", "2026-11-27T20:00:00+00:00")
OURS = Manifest("Fox & Co", "Tigerbrush", ("c2pa.opened", "c2pa.resized"), ())
THEIRS = Manifest("Stability AI Ltd", "", ("c2pa.created",), ("Stable Image Core",))


def text(says: FileSays) -> str:
    return origin_text(says, ENGLISH, is_small=False)


def test_each_signer_has_a_line_and_the_newest_is_first() -> None:
    assert text(FileSays(MARK, Credential((OURS, THEIRS), is_intact=True))).splitlines()[1:] == [
        r"🤖 Made by AI, from something that was handed in · Core · Tigerbrush · 2026\-11\-27",
        "✍️ Signed by **Fox & Co** · opened, resized · Tigerbrush",
        "✍️ Signed by **Stability AI Ltd** · created, Stable Image Core",
        "✅ Nobody has changed it since.",
        "-# Whether a signer is who they say, <https://verify.contentauthenticity.org> tells.",
    ]
    said = origin_text(FileSays(MARK, Credential((OURS, THEIRS), is_intact=True)), GERMAN, is_small=True)
    assert "✍️ Signiert von **Fox & Co** · geöffnet, skaliert · Tigerbrush" in said


@pytest.mark.parametrize(
    ("says", "said"),
    [
        (FileSays(None, None), "It has no note of its own.\nIt is not signed."),
        (FileSays(None, Credential((THEIRS,), is_intact=False)), "⚠️ It was changed after that."),
        (FileSays(None, Unread.BROKEN), "what was signed cannot be read"),
        (FileSays(None, Unread.NO_READER), "nothing is installed here"),
    ],
)
def test_what_is_not_there_or_not_in_order_is_said(says: FileSays, said: str) -> None:
    assert said in text(says)


def test_whatever_a_stranger_wrote_is_shown_as_it_is() -> None:
    odd = Manifest("**[x](https://evil.example)**", "@everyone", ("com.fox.**run**",), ("<@1>",))
    said = text(FileSays(Mark("# odd", "`x`", "", ""), Credential((odd,), is_intact=True)))
    assert "](https" not in said
    assert r"\@everyone" in said
    assert r"\<\@1\>" in said
