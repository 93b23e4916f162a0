"""What exiftool, which is none of ours, reads in a picture's file."""

import json
import shutil
import subprocess
from typing import Any

import pytest

needed = pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="exiftool is not installed (make exiftool)"
)


def tags(data: bytes) -> dict[str, Any]:
    """By group and name, such as `XMP-xmp:CreatorTool`; `ExifTool:Validate` is what it finds wrong."""
    command = ["exiftool", "-json", "-G1", "-all", "-validate", "-warning", "-error", "-"]
    answer = subprocess.run(command, input=data, capture_output=True, check=False)
    (found,) = json.loads(answer.stdout)
    assert isinstance(found, dict)
    return found


def ai_mark(data: bytes) -> tuple[str, str, str]:
    """The source type, the model and the tool; fails where the file is not valid, or says more than it should."""
    found = tags(data)
    assert found["ExifTool:Validate"] == "OK", found
    xmp = {name for name in found if name.startswith("XMP-")}
    assert xmp == {
        "XMP-iptcExt:DigitalSourceType", "XMP-iptcExt:AISystemUsed", "XMP-xmp:CreatorTool", "XMP-xmp:CreateDate"
    }  # fmt: skip
    return (
        found["XMP-iptcExt:DigitalSourceType"].rpartition("/")[2],
        found["XMP-iptcExt:AISystemUsed"],
        found["XMP-xmp:CreatorTool"],
    )
