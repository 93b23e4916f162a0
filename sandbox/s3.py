"""An S3 server that comes as a wheel: it checks signatures and keeps its data in a folder."""

import sys
from dataclasses import dataclass
from pathlib import Path

ACCESS_KEY = "sandbox-access-key"
SECRET_KEY = "sandbox-secret-key"
REGION = "auto"
BUCKET = "tigerbrush"

VARIABLES = (
    "AWS_ENDPOINT_URL_S3",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "BUCKET_NAME",
)
"""What `fly storage create` sets."""


@dataclass(frozen=True, slots=True)
class S3Command:
    """How to start the server: nanio takes its credentials from the environment."""

    arguments: list[str]
    environment: dict[str, str]


def s3_command(directory: Path, port: int) -> S3Command:
    # A bucket is a folder, so making one takes no client.
    (directory / BUCKET).mkdir(parents=True, exist_ok=True)
    return S3Command(
        [sys.executable, "-m", "nanio", "serve", "--data-dir", str(directory), "--host", "127.0.0.1",
         "--port", str(port), "--region", REGION, "--log-level", "warning", "--no-access-log"],
        {"NANIO_ACCESS_KEY": ACCESS_KEY, "NANIO_SECRET_KEY": SECRET_KEY},
    )  # fmt: skip


def bucket_environment(port: int) -> dict[str, str]:
    values = (f"http://127.0.0.1:{port}", ACCESS_KEY, SECRET_KEY, REGION, BUCKET)
    return dict(zip(VARIABLES, values, strict=True))
