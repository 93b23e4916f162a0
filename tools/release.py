"""`python -m tools.release 0.2.0`: the version where it is written, the changelog's part, a commit and a tag.

Everything is checked before anything is written, and nothing is pushed. docs/RELEASING.md says what goes with it.
"""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

UNRELEASED = "## Unreleased\n"
WRITTEN = {
    "pyproject.toml": r'(?m)(?<=^version = ")[^"]+',
    "Dockerfile": r"(?<=ARG VERSION=)\S+|(?<=tigerbrush:)\S+",
}
"""Where the version is written, by file."""


class Refused(Exception):
    """With what is to be done first."""


def number(version: str) -> tuple[int, ...]:
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        raise Refused(f"VERSION is {version!r}, and should be like 0.2.0")
    return tuple(map(int, version.split(".")))


def released(changelog: str, version: str, date: str) -> str:
    """The changelog, with what was unreleased under the version's own heading."""
    before, heading, rest = changelog.partition(UNRELEASED)
    if not heading or not rest.partition("\n## ")[0].strip():
        raise Refused(f"CHANGELOG.md has nothing under {UNRELEASED.strip()!r}")
    return f"{before}{UNRELEASED}\n## {version}, {date}\n{rest}"


def git(root: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=root, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def release(root: Path, version: str) -> None:
    """Raises Refused, with nothing changed."""
    texts = {name: (root / name).read_text() for name in (*WRITTEN, "CHANGELOG.md")}
    current = re.search(WRITTEN["pyproject.toml"], texts["pyproject.toml"])
    if current is None or number(version) < number(current[0]):
        raise Refused(f"VERSION is {version}, which is older than that of pyproject.toml")
    if git(root, "tag", "--list", f"v{version}"):
        raise Refused(f"{version} was released: there is a tag v{version}")
    if changed := git(root, "status", "--porcelain"):
        raise Refused(f"Commit or put away first what is not committed:\n{changed}")
    texts["CHANGELOG.md"] = released(texts["CHANGELOG.md"], version, f"{datetime.now(UTC):%Y-%m-%d}")
    for name, pattern in WRITTEN.items():
        texts[name] = re.sub(pattern, version, texts[name])
    for name, text in texts.items():
        (root / name).write_text(text)
    git(root, "commit", "--quiet", "--message", f"Release {version}", "--", *texts)
    git(root, "tag", "--annotate", f"v{version}", "--message", f"Tigerbrush {version}")


def main(arguments: list[str]) -> int:
    (version,) = arguments
    try:
        release(Path.cwd(), version)
    except Refused as why:
        print(f"Not released. {why}", file=sys.stderr)
        return 1
    print(
        f"Committed and tagged as v{version}. Next: git push --follow-tags; docs/RELEASING.md has the rest."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
