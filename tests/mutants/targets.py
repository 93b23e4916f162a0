"""Which files are changed, and which tests belong to each: those that are quickest to notice come first."""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path


def _in(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{folder}/test_{name}.py" for name in names)


_OF_THE_QUEUE = (
    *_in(
        "integration/db",
        "queue_guards",
        "queue",
        "probes",
        "pause",
        "ledger",
        "cancel",
        "rate_limits",
        "queue_model",
    ),
    *_in("integration/worker", "job", "bill"),
)
_OF_ORDERS = _in(
    "integration/db", "neighbours", "estimates", "cancel", "status", "limits", "probes", "queue_guards", "queue",
    "ledger", "queue_model",
)  # fmt: skip
_OF_REPLIES = (
    *_in("integration/db", "shown", "replies", "status", "cancel", "neighbours", "probes"),
    *_in("integration/bot", "replies", "ways", "several"),
)
_OF_PICTURES = (
    *_in("integration/db", "gallery_pages", "gallery", "neighbours"),
    *_in("integration/bot", "access", "visibility", "pages", "shelf"),
)
TARGETS: dict[str, tuple[str, ...]] = {
    "core/*.py": ("tests/unit/core", "tests/unit/bot", "tests/unit/worker", *_in("integration/db", "limits")),
    "db/queue.py": _OF_THE_QUEUE,
    "db/sql/queue.sql": _OF_THE_QUEUE,
    "db/ledger.py": _in("integration/db", "ledger", "limits", "queue_model"),
    "db/sql/ledger.sql": _in("integration/db", "ledger", "limits", "queue_model"),
    "db/orders.py": _OF_ORDERS,
    "db/sql/orders.sql": _OF_ORDERS,
    "db/replies.py": _OF_REPLIES,
    "db/sql/replies.sql": _OF_REPLIES,
    "db/pictures.py": _OF_PICTURES,
    "db/sql/pictures.sql": _OF_PICTURES,
    "db/migrations/0002_pictures.sql": _in("integration/db", "gallery", "replies", "copies", "queue"),
    "db/migrations/0008_shelf.sql": _in("integration/db", "gallery"),
    "db/migrations/0003_ledger.sql": _in(
        "integration/db", "limits", "ledger", "queue", "orders", "queue_guards", "replies", "queue_model"
    ),
    "bot/replies/reconciler.py": _in("unit/bot", "reconciler"),
    "bot/replies/messenger.py": _in("unit/bot", "messenger", "messenger_routes"),
    "bot/replies/copies.py": _in("unit/bot", "copies"),
    "bot/replies/download_reactions.py": _in("unit/bot", "download_reactions"),
    "bot/replies/reaction_downloads.py": _in("unit/bot", "reaction_downloads"),
    "bot/sending.py": _in("unit/bot", "messenger_routes", "reaction_downloads"),
    "bot/replies/fair_line.py": _in("unit/bot", "fairline"),
    "bot/controls/*.py": _in("unit/bot", "page_controls", "presses"),
    "bot/presses.py": _in("unit/bot", "presses"),
    "bot/orders.py": _in("unit/bot", "presses"),
    "bot/rights/access.py": _in("unit/bot", "presses"),
    "bot/rights/*.py": _in("unit/bot", "visible", "audience"),
    "worker/job.py": _in("unit/worker", "job"),
    "worker/storage.py": _in("unit/worker", "storage"),
    "worker/watch.py": _in("unit/worker", "watch"),
    "worker/imaging.py": _in("unit/worker", "imaging"),
    "worker/marking.py": _in("unit/worker", "marking"),
    "ops/signing.py": (*_in("unit/ops", "signing"), *_in("unit/worker", "marking")),
    "ops/credentials.py": (*_in("unit/ops", "signing"), *_in("unit/worker", "marking")),
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
