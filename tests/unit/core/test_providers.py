"""The owner names who paints; whoever is named has to be there."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.providers import load_catalogues, packages

OTHERS = "studio_of_others"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that may have packages of others. What is imported of them is forgotten again."""
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in imported():
        del sys.modules[name]


def imported() -> set[str]:
    return {name for name in sys.modules if name.partition(".")[0] == OTHERS}


def make(folder: Path, name: str, *modules: str) -> None:
    package = folder / OTHERS / name
    package.mkdir(parents=True)
    for module in modules:
        (package / f"{module}.py").write_text("")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("stability", ["worker.providers.stability"]),
        (" stability ,their.painter,, stability", ["worker.providers.stability", "their.painter"]),
        ("their.painter,stability", ["their.painter", "worker.providers.stability"]),
        (" , ", []),
    ],
)
def test_names_are_of_ours_unless_they_have_a_dot(typed: str, found: list[str]) -> None:
    assert packages(typed) == found


def test_what_a_package_offers_is_imported_and_nothing_else(elsewhere: Path) -> None:
    make(elsewhere, "first", "client", "catalogue")
    make(elsewhere, "second", "client")
    load_catalogues("studio_of_others.first,studio_of_others.second,stability")
    assert imported() == {OTHERS, f"{OTHERS}.first", f"{OTHERS}.first.catalogue", f"{OTHERS}.second"}


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        (" , ", "^names nobody$"),
        ("dalle", "^names dalle, of which there is no package$"),
        ("stability,nobody.there", r"^names nobody\.there, of which"),
        ("core.policy", r"^names core\.policy, of which"),
        ("stability; rm", "a name that no package can have"),
        ("tests.lives.", "a name that no package can have"),
        ("stäbility", "a name that no package can have"),
    ],
)
def test_who_is_not_there_is_named(typed: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        load_catalogues(typed)


def test_a_package_that_only_offers_and_does_not_paint_is_none(elsewhere: Path) -> None:
    make(elsewhere, "third", "catalogue")
    with pytest.raises(ValueError, match="of which there is no package"):
        load_catalogues("studio_of_others.third")


def test_a_name_may_have_large_letters_and_numbers(elsewhere: Path) -> None:
    make(elsewhere, "Studio_54", "client")
    load_catalogues("studio_of_others.Studio_54")
