"""`python -m tests.image`: builds the image and has the tests of it run."""

import os
import subprocess
import sys
import time

from tests.image.base import mirror
from tests.image.containers import containers, lacking
from tests.image.image import STORE, build


def main() -> int:
    if reason := lacking() or (None if mirror() else "apt has no Debian to make a base from"):
        print(f"The image is not built here, and not tested: {reason}.")
        return 0
    with containers() as made:
        began = time.monotonic()
        image = build(made)
        print(
            f"The image is built in {time.monotonic() - began:.0f} s, and is {image.bytes_above_base / 1e6:.0f} MB"
            " above its base.",
            flush=True,
        )
        command = [sys.executable, "-m", "pytest", "--no-cov", "--quiet", "tests/image"]
        return subprocess.run(command, env={**os.environ, STORE: str(made.directory)}).returncode


if __name__ == "__main__":
    sys.exit(main())
