"""A release in a repository of its own, which has the files that name the version."""

import tomllib
from pathlib import Path

import pytest

from tools.release import WRITTEN, Refused, git, main, release

ROOT = Path(__file__).parents[3]
CHANGELOG = "# Changelog\n\n## Unreleased\n\nPictures fly.\n\n## 0.0.9, 2026-01-01\n\nThey walk.\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for part in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{part}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{part}_EMAIL", "ada@example.org")
    for name in WRITTEN:
        (tmp_path / name).write_text((ROOT / name).read_text())
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "All")
    return tmp_path


def test_a_release_is_a_commit_with_the_version_everywhere_and_a_tag(repository: Path) -> None:
    release(repository, "12.0.1")
    assert 'version = "12.0.1"\n' in (repository / "pyproject.toml").read_text()
    dockerfile = (repository / "Dockerfile").read_text()
    assert dockerfile.count("12.0.1") == dockerfile.count("ARG VERSION=") + dockerfile.count("tigerbrush:")
    changelog = (repository / "CHANGELOG.md").read_text()
    assert "## Unreleased\n\n## 12.0.1, 20" in changelog
    assert changelog.index("## 12.0.1") < changelog.index("Pictures fly.") < changelog.index("## 0.0.9")
    assert git(repository, "status", "--porcelain") == ""
    assert git(repository, "describe") == "v12.0.1"
    assert git(repository, "show", "--no-patch", "--format=%s", "HEAD") == "Release 12.0.1"


def test_the_first_release_may_have_the_version_that_is_written(repository: Path) -> None:
    current = tomllib.loads((repository / "pyproject.toml").read_text())["project"]["version"]
    release(repository, current)
    assert git(repository, "describe") == f"v{current}"


@pytest.mark.parametrize("version", ["", "1", "1.2", "v1.2.3", "1.02.3", "1.2.3rc1", "0.0.1"])
def test_what_is_no_later_version_is_refused(repository: Path, version: str) -> None:
    with pytest.raises(Refused, match="VERSION"):
        release(repository, version)


def test_nothing_is_released_twice_without_changes_or_beside_what_is_not_committed(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    release(repository, "12.0.1")
    with pytest.raises(Refused, match="there is a tag v12"):
        release(repository, "12.0.1")
    with pytest.raises(Refused, match="nothing under '## Unreleased'"):
        release(repository, "12.0.2")
    (repository / "CHANGELOG.md").write_text(CHANGELOG)
    monkeypatch.chdir(repository)
    assert main(["12.0.2"]) == 1
    assert "not committed:\nM CHANGELOG.md" in capsys.readouterr().err
    assert git(repository, "tag") == "v12.0.1"
