"""Content credentials (C2PA): who signed a picture's file, and what was done to it. For what is installed beside the
rest, and imported only where it is used. All of it takes milliseconds of one core: call it in a thread."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from core.errors import TigerbrushError, reason

if TYPE_CHECKING:
    import c2pa

_TEXT_LENGTH_MAX = 100
_ACTIONS_MAX = 20

SETTINGS: Mapping[str, Any] = {
    "builder": {"thumbnail": {"enabled": False}},
    # What is in a file must not send this process anywhere; and what was just signed is not read back each time.
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
}


class Unreadable(TigerbrushError):
    """There is a credential, and it cannot be made out."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one signer says; each text is a line, and empty where it does not say."""

    signer: str
    made_with: str
    actions: tuple[str, ...]
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Credential:
    """The newest manifest first, then those of the files that it was made from.

    `is_intact`: the file is what was signed.
    """

    manifests: tuple[Manifest, ...]
    is_intact: bool


def is_installed() -> bool:
    return find_spec("c2pa") is not None


def may_have_one(data: bytes) -> bool:
    """What is certain is dear to find out, and this is not; also where none of it is installed."""
    return b"jumb" in data and b"c2pa" in data


def read(data: bytes) -> Credential | None:
    """Of a PNG, a JPEG or a WebP; None where it has none. Raises Unreadable."""
    import c2pa

    try:
        with (
            settings_context() as context,
            c2pa.Reader(mime(data), io.BytesIO(data), context=context) as reader,
        ):
            state = reader.get_validation_state()
            store = _Store.model_validate(json.loads(reader.json()))
    except c2pa.C2paError.ManifestNotFound:
        return None
    except (c2pa.C2paError, ValueError) as error:
        raise Unreadable(reason(error)) from error
    return Credential(tuple(one.told() for one in store.line()), state != "Invalid")


def settings_context(signer: "c2pa.Signer | None" = None) -> "c2pa.Context":
    import c2pa

    return c2pa.Context(c2pa.Settings.from_dict(dict(SETTINGS)), signer)


def mime(data: bytes) -> str:
    if data.startswith(b"\x89PNG"):
        return "image/png"
    return "image/webp" if data[8:12] == b"WEBP" else "image/jpeg"


class _Agent(BaseModel):
    name: str = ""


class _Action(BaseModel):
    action: str
    softwareAgent: _Agent | str = ""

    @property
    def agent(self) -> str:
        return self.softwareAgent if isinstance(self.softwareAgent, str) else self.softwareAgent.name


class _Actions(BaseModel):
    actions: list[_Action]


class _Assertion(BaseModel):
    label: str
    data: Any = None


class _Signature(BaseModel):
    issuer: str | None = None
    common_name: str | None = None


class _Ingredient(BaseModel):
    relationship: str = ""
    active_manifest: str | None = None


class _Manifest(BaseModel):
    claim_generator_info: list[_Agent] = []
    assertions: list[_Assertion] = []
    ingredients: list[_Ingredient] = []
    signature_info: _Signature = _Signature()

    def told(self) -> Manifest:
        actions = [action for one in self.assertions for action in _actions(one)]
        signature = self.signature_info
        return Manifest(
            _line(signature.issuer or signature.common_name or ""),
            _line(self.claim_generator_info[0].name if self.claim_generator_info else ""),
            _lines(action.action for action in actions),
            _lines(action.agent for action in actions),
        )


class _Store(BaseModel):
    active_manifest: str
    manifests: dict[str, _Manifest]

    def line(self) -> Iterator[_Manifest]:
        """From the newest to the one that the first picture had."""
        left, label = dict(self.manifests), self.active_manifest
        while (one := left.pop(label, None)) is not None:
            yield one
            parents = (of.active_manifest for of in one.ingredients if of.relationship == "parentOf")
            label = next(filter(None, parents), "")


def _actions(assertion: _Assertion) -> list[_Action]:
    """What another wrote there may be anything."""
    if not assertion.label.startswith("c2pa.actions"):
        return []
    try:
        return _Actions.model_validate(assertion.data).actions
    except ValidationError:
        return []


def _lines(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(_line, texts))))[:_ACTIONS_MAX]


def _line(text: str) -> str:
    return " ".join(text.split())[:_TEXT_LENGTH_MAX]
