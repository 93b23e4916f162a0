"""Where a rule is passed over, the reason stands beside it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PASSED_OVER = re.compile(r"# (?:ruff: )?noqa|# type: ignore|# pragma: no")
_WITH_REASON = re.compile(
    r"# (?:ruff: )?noqa: [A-Z0-9, ]+ - \S|# type: ignore\[[a-z, -]+\]\s+# \S|# pragma: no \w+ - \S"
)


def test_whoever_passes_over_a_rule_says_why() -> None:
    files = (path for path in ROOT.glob("[!.]*/**/*.py") if path != Path(__file__))
    bare = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in files
        for line in path.read_text().splitlines()
        if _PASSED_OVER.search(line) and not _WITH_REASON.search(line)
    ]
    assert bare == []
