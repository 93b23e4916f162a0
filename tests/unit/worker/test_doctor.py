"""What the doctor says of the marks."""

import pytest

from core.errors import Misconfigured
from core.settings import CredentialSettings
from ops.certificates import make_chain
from ops.checks import CheckFailed, CheckWarned
from worker.doctor import mark_one


def settings(days: int) -> CredentialSettings:
    certificate, key = make_chain("Fox & Co", days=days)
    return CredentialSettings(c2pa_certificate=certificate, c2pa_private_key=key)


def test_it_says_what_marks_pictures() -> None:
    assert mark_one(CredentialSettings()) == (
        "pictures say in XMP that they were made by AI; they are not signed, as C2PA_CERTIFICATE is unset"
    )
    said = mark_one(settings(300))
    assert said.startswith(
        "pictures say in XMP that they were made by AI, and are signed as Fox & Co; the certificate"
    )


@pytest.mark.parametrize(
    ("days", "warning"), [(29, "is good until 20"), (-1, "the certificate ran out on 20")]
)
def test_it_warns_before_a_certificate_runs_out_and_after(days: int, warning: str) -> None:
    with pytest.raises(CheckWarned, match=warning):
        mark_one(settings(days))


def test_it_notices_a_mark_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.marking.png_with", lambda png, _xmp: png)
    with pytest.raises(CheckFailed, match="does not say so"):
        mark_one(settings(300))


def test_what_cannot_sign_is_named() -> None:
    wrong = settings(300).model_copy(update={"c2pa_private_key": settings(300).c2pa_private_key})
    with pytest.raises(Misconfigured, match="C2PA_PRIVATE_KEY"):
        mark_one(wrong)
