"""What GitHub and pre-commit read; that GitHub does what it says cannot be seen from here."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOW = yaml.safe_load((GITHUB / "workflows" / "checks.yml").read_text())


def steps(job: str, key: str) -> list[str]:
    return [step[key] for step in WORKFLOW["jobs"][job]["steps"] if key in step]


def test_ci_is_run_on_each_python_that_is_promised_up_to_the_images() -> None:
    job = WORKFLOW["jobs"]["run"]
    pythons = job["strategy"]["matrix"]["python"]
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert oldest == f">={pythons[0]}"
    assert [int(python.removeprefix("3.")) for python in pythons] == list(range(11, 11 + len(pythons)))
    assert (
        re.findall(r"^FROM python:(\d+\.\d+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[0] in pythons
    )
    assert job["container"]["image"].startswith("python:${{ matrix.python }}-")
    assert steps("run", "run") == [".ci/run"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_a_workflow_may_only_read_and_names_commits_and_no_tags() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    for job in WORKFLOW["jobs"]:
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) for action in steps(job, "uses"))


@pytest.mark.parametrize("form", sorted((GITHUB / "ISSUE_TEMPLATE").iterdir()), ids=lambda form: form.name)
def test_each_form_for_an_issue_asks_for_something(form: Path) -> None:
    told = yaml.safe_load(form.read_text())
    assert {"name", "description", "labels", "body"} == told.keys()
    fields = [field for field in told["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields) > 0
    assert all(field["attributes"]["label"] for field in fields)


def test_before_a_commit_runs_what_ci_runs_first() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["entry"] for hook in repository["hooks"]] == ["make lint"]
    assert re.search(r"^test: lint ", (ROOT / "Makefile").read_text(), re.MULTILINE)
