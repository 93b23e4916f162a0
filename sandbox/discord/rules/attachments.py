"""Files beside a message: those that come along and, on an edit, those that stay."""

import re
from dataclasses import dataclass, replace

from sandbox.discord.rules.form import Node
from sandbox.discord.state import Attachment

ATTACHMENTS_MAX = 10
ATTACHMENT_BYTES_MAX = 10 * 1024 * 1024
DESCRIPTION_LENGTH_MAX = 1024
FILENAME_LENGTH_MAX = 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart body, already looked at."""

    attachment: Attachment
    content: bytes


def clean_filename(name: str) -> str:
    """Discord keeps letters, digits, dots, dashes and underscores of a file's name."""
    return re.sub(r"[^\w.-]", "_", name, flags=re.ASCII).strip(".") or "unknown"


def merge_attachments(
    body: Node, old: tuple[Attachment, ...], uploads: dict[int, Upload]
) -> tuple[Attachment, ...]:
    """A list of attachments names those that stay and describes the new ones, by `id` = n of files[n].

    Without the list all old ones stay. New files need not be on it.
    """
    kept = {attachment.id: attachment for attachment in old} if "attachments" not in body.fields else {}
    before = {attachment.id: attachment for attachment in old}
    new = {number: upload.attachment for number, upload in uploads.items()}
    for node in body.items("attachments", maximum=ATTACHMENTS_MAX):
        _read_entry(node, before, kept, new)
    merged = (*kept.values(), *(new[number] for number in sorted(new)))
    if len(merged) > ATTACHMENTS_MAX:
        body.error("BASE_TYPE_MAX_LENGTH", f"Must be {ATTACHMENTS_MAX} or fewer in length.", "attachments")
    return merged


def _read_entry(
    node: Node, before: dict[str, Attachment], kept: dict[str, Attachment], new: dict[int, Attachment]
) -> None:
    # A kept attachment may be sent back as Discord returned it.
    node.only("id", "filename", "description", "title", "size", "url", "proxy_url", "width", "height",
              "content_type", "ephemeral", "duration_secs", "waveform", "flags", "is_spoiler", "spoiler",
              "placeholder", "placeholder_version")  # fmt: skip
    id_ = str(node.fields.get("id", ""))
    description = node.text("description", maximum=DESCRIPTION_LENGTH_MAX)
    filename = node.text("filename", minimum=1, maximum=FILENAME_LENGTH_MAX)
    if id_ in before:
        same = before[id_]
        kept[id_] = replace(same, description=description or None) if "description" in node.fields else same
    elif id_.isdecimal() and int(id_) in new:
        upload = new[int(id_)]
        name = clean_filename(filename) if filename else upload.filename
        new[int(id_)] = replace(upload, filename=name, description=description or None)
    elif not id_:
        node.error("BASE_TYPE_REQUIRED", "This field is required", "id")
    else:
        node.error("ATTACHMENT_NOT_FOUND", f"There is no file and no attachment with the id {id_}", "id")
