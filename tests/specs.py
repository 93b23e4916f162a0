"""The vendors' OpenAPI documents. They are not ours to ship: without them tests are skipped, and say so."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

DIRECTORY = Path(os.environ.get("OPENAPI_SPECS", Path(__file__).parents[1] / "specs"))


DISCORD = "discord-openapi.json"
STABILITY_V1 = "stability-v1-openapi.json"


@cache
def find_spec(name: str) -> dict[str, Any] | None:
    file = DIRECTORY / name
    if not file.exists():
        return None
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def spec(name: str) -> dict[str, Any]:
    """Skips the test that asks for a document which is not there."""
    document = find_spec(name)
    if document is None:
        pytest.skip(
            f"contract not checked: {DIRECTORY / name} is not there; name its folder in OPENAPI_SPECS"
        )
    return document
