"""The vendors' OpenAPI documents. They are not ours to ship: without them tests are skipped, and say so."""

import json
import os
from functools import cache, reduce
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
    # Where the vendor's server was seen to differ from the vendor's document; each replaces a value.
    for patch in document.get("x-probe-patch", ()):
        *steps, last = (step.replace("~1", "/") for step in patch["path"].split("/")[1:])
        reduce(lambda place, step: place[step], steps, document)[last] = patch["value"]
    return document


def spec(name: str) -> dict[str, Any]:
    """Skips the test that asks for a document which is not there."""
    document = find_spec(name)
    if document is None:
        pytest.skip(
            f"contract not checked: {DIRECTORY / name} is not there; name its folder in OPENAPI_SPECS"
        )
    return document
