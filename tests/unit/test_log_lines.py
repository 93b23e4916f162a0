"""No line of the log ends without a reason: many exceptions of the libraries say nothing by themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for room in ("bot", "core", "db", "ops", "worker") for path in (ROOT / room).rglob("*.py")
)


def _classes() -> set[str]:
    """The exceptions that are our own, each of which says what it is about."""
    trees = (ast.parse(path.read_text()) for path in SOURCES)
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


OUR_OWN = _classes()


def _bare(source: str) -> Iterator[str]:
    for handler in ast.walk(ast.parse(source)):
        if not isinstance(handler, ast.ExceptHandler) or handler.name is None:
            continue
        caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if all(isinstance(one, ast.Name) and one.id in OUR_OWN for one in caught):
            continue
        calls = (node for node in ast.walk(handler) if isinstance(node, ast.Call))
        for call in calls:
            names = {one.id for one in call.args if isinstance(one, ast.Name)}
            if ast.unparse(call.func).startswith("log.") and handler.name in names:
                yield f"line {call.lineno}: {ast.unparse(call)}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_logged_of_an_exception_says_something(path: Path) -> None:
    assert list(_bare(path.read_text())) == []


def test_one_that_does_not_would_be_found() -> None:
    source = "try: pass\nexcept {}:\n    log.info('it: %s', {})\n"
    assert list(_bare(source.format("OSError as error", "error")))
    assert list(_bare(source.format("(LostJob, OSError) as error", "error")))
    assert not list(_bare(source.format("OSError as error", "reason(error)")))
    assert not list(_bare(source.format("LostJob as error", "error")))
