"""Which files are changed, and which tests belong to each: those that are quickest to notice come first."""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

TARGETS: dict[str, tuple[str, ...]] = {
    "core/operations.py": ("tests/unit/core/test_operations.py",),
    "core/*.py": (
        "tests/unit/core",
        "tests/unit/bot",
        "tests/unit/worker",
        "tests/integration/db/test_limits.py",
    ),
    "db/queue.py": ("tests/integration/db", "tests/integration/worker/test_job.py"),
    "db/sql/queue.sql": ("tests/integration/db", "tests/integration/worker/test_job.py"),
    "db/ledger.py": ("tests/integration/db",),
    "db/sql/ledger.sql": ("tests/integration/db",),
    "db/orders.py": ("tests/integration/db",),
    "db/sql/orders.sql": ("tests/integration/db",),
    "db/replies.py": ("tests/integration/db", "tests/integration/bot/test_replies.py"),
    "db/sql/replies.sql": ("tests/integration/db", "tests/integration/bot/test_replies.py"),
    "db/pictures.py": ("tests/integration/db", "tests/integration/bot"),
    "db/sql/pictures.sql": ("tests/integration/db", "tests/integration/bot"),
    "bot/replies/*.py": ("tests/unit/bot", "tests/integration/bot"),
    "bot/controls/*.py": ("tests/unit/bot", "tests/integration/bot"),
    "bot/rights/*.py": ("tests/unit/bot", "tests/integration/bot"),
    "worker/job.py": ("tests/unit/worker", "tests/integration/worker"),
    "worker/imaging.py": ("tests/unit/worker", "tests/integration/worker"),
}


def files(root: Path, wanted: list[str]) -> Iterator[str]:
    """Those whose paths begin so, or all."""
    for pattern in TARGETS:
        for path in sorted(root.glob(pattern)):
            name = path.relative_to(root).as_posix()
            if name.endswith("__init__.py") or (wanted and not name.startswith(tuple(wanted))):
                continue
            yield name


def tests_of(path: str) -> tuple[str, ...]:
    return next(tests for pattern, tests in TARGETS.items() if fnmatch(path, pattern))
