"""What a picture's file says of itself, in words. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from bot.messages.failures import said
from bot.messages.prompts import escape
from bot.messages.words import Words
from core.provenance import Change, Mark, SourceType
from ops.credentials import Credential, Manifest

_READER = "<https://verify.contentauthenticity.org>"

_SOURCES: dict[str, str] = {
    SourceType.GENERATED: said("🤖 Made by AI"),
    SourceType.COMPOSITE: said("🤖 Made by AI, from something that was handed in"),
}
_ACTIONS: dict[str, str] = {
    "c2pa.created": said("created"),
    "c2pa.opened": said("opened"),
    Change.CROPPED: said("cropped"),
    Change.RESIZED: said("resized"),
    Change.CONVERTED: said("saved in another format"),
    Change.EDITED: said("edited"),
}


class Unread(StrEnum):
    NO_READER = "no_reader"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class FileSays:
    mark: Mark | None
    credential: Credential | Unread | None


def origin_text(says: FileSays, say: Words, *, is_small: bool) -> str:
    lines = [say("### 🔏 What the file says")]
    if is_small:
        lines.append(say("-# This is what the small version says; the full size is not looked at."))
    lines.append(say("It has no note of its own.") if says.mark is None else _note(says.mark, say))
    match says.credential:
        case None:
            lines.append(say("It is not signed."))
        case Unread.NO_READER:
            lines.append(say("✍️ It is signed, but nothing is installed here that reads by whom."))
        case Unread.BROKEN:
            lines.append(say("⚠️ It is signed, but what was signed cannot be read."))
        case Credential():
            lines += [_signed(one, say) for one in says.credential.manifests]
            lines.append(
                say("✅ Nobody has changed it since.")
                if says.credential.is_intact
                else say("⚠️ It was changed after that.")
            )
    if says.credential is not None:
        text = say("Whether a signer is who they say, {reader} tells.", reader=_READER)
        lines.append(f"-# {text}")
    return "\n".join(lines)


def _note(mark: Mark, say: Words) -> str:
    source = say(_SOURCES[mark.source_type]) if mark.source_type in _SOURCES else escape(mark.source_type)
    return " · ".join(filter(None, [source, *map(escape, (mark.model, mark.tool, mark.made_at[:10]))]))


def _signed(manifest: Manifest, say: Words) -> str:
    actions = [
        say(_ACTIONS[one]) if one in _ACTIONS else one.removeprefix("c2pa.") for one in manifest.actions
    ]
    found = [", ".join(filter(None, [*actions, *manifest.models])), manifest.made_with]
    signer = escape(manifest.signer) or say("somebody who gives no name")
    text = say("✍️ Signed by **{signer}**", signer=signer)
    return " · ".join([text, *(escape(one) for one in found if one)])
