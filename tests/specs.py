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
STABILITY_V2BETA = "stability-v2beta-openapi.json"


@cache
def find_spec(name: str) -> dict[str, Any] | None:
    file = DIRECTORY / name
    if not file.exists():
        return None
    document: dict[str, Any] = json.loads(file.read_text())
    for change in document.get("x-probe-patch", ()):
        _replace(document, change["path"], change["value"])
    return document


def spec(name: str) -> dict[str, Any]:
    """Skips the test that asks for a document which is not there."""
    document = find_spec(name)
    if document is None:
        pytest.skip(
            f"contract not checked: {DIRECTORY / name} is not there; name its folder in OPENAPI_SPECS"
        )
    return document


def _replace(document: dict[str, Any], pointer: str, value: Any) -> None:
    """Where a server was seen to differ from its document, the server counts."""
    *way, last = (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
    place = document
    for step in way:
        place = place[step]
    place[last] = value
