from typing import Any

import pytest

from tools.audit import report

SOUND = {"name": "attrs", "version": "26.1.0", "vulns": []}
UNKNOWN = {
    "name": "yarl",
    "skip_reason": "Dependency not found on PyPI and could not be audited: yarl (1.25.1)",
}
VULNERABLE = {
    "name": "pillow",
    "version": "13.0.0",
    "vulns": [{"id": "CVE-2026-1", "fix_versions": ["13.0.1"], "aliases": [], "description": "It overflows"}],
}


@pytest.mark.parametrize(
    ("packages", "status", "said"),
    [
        ([SOUND], 0, "0 vulnerabilities are known in 1 packages."),
        ([SOUND, UNKNOWN], 0, "NOT AUDITED, as the index does not answer for them: yarl."),
        ([UNKNOWN], 0, "NOT AUDITED, as the index does not answer for them: all packages."),
        (
            [UNKNOWN, VULNERABLE],
            1,
            "pillow 13.0.0: CVE-2026-1, mended in 13.0.1: It overflows\n1 vulnerabilities",
        ),
    ],
)
def test_what_is_vulnerable_fails_and_what_could_not_be_asked_is_said(
    packages: list[dict[str, Any]], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report({"dependencies": packages, "fixes": []}) == status
    assert said in capsys.readouterr().out
