"""Signs pictures with the owner's certificate, so that whoever has one can tell what was done to it, and by whom."""

import io
import logging
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.errors import Misconfigured, TigerbrushError, reason
from core.provenance import SOURCE_TYPES, Change, Mark
from core.settings import CredentialSettings
from ops import credentials

if TYPE_CHECKING:
    import c2pa

log = logging.getLogger(__name__)

CERTIFICATE, KEY = "C2PA_CERTIFICATE", "C2PA_PRIVATE_KEY"

_PARENT = "parent"


class SigningFailed(TigerbrushError):
    """The picture is there without a signature."""


@dataclass(frozen=True, slots=True)
class Signer:
    """`name` is who signs, as the certificate has it."""

    context: "c2pa.Context"
    name: str
    expires_at: datetime

    @property
    def has_run_out(self) -> bool:
        return datetime.now(UTC) >= self.expires_at

    def signed(
        self, data: bytes, mark: Mark, changes: Sequence[Change] = (), *, parent: bytes | None = None
    ) -> bytes:
        """The file, with what was done to it since it was made; or since it was `parent`, a file that has a credential
        and keeps it as the ingredient of this one. Raises SigningFailed."""
        import c2pa

        made: dict[str, Any] = {
            "action": "c2pa.created",
            "digitalSourceType": SOURCE_TYPES + mark.source_type,
            "softwareAgent": {"name": mark.model},
        }
        if parent is not None:
            made = {"action": "c2pa.opened", "parameters": {"ingredientIds": [_PARENT]}}
        actions = [made, *({"action": str(change)} for change in changes)]
        manifest = {
            "claim_generator_info": [{"name": mark.tool}],
            "assertions": [{"label": "c2pa.actions", "data": {"actions": actions}}],
        }
        buffer = io.BytesIO()
        try:
            with c2pa.Builder(manifest, context=self.context) as builder:
                if parent is not None:
                    ingredient = {"relationship": "parentOf", "label": _PARENT}
                    builder.add_ingredient(ingredient, credentials.mime(parent), io.BytesIO(parent))
                builder.sign(credentials.mime(data), io.BytesIO(data), buffer)
        except c2pa.C2paError as error:
            raise SigningFailed(reason(error)) from error
        return buffer.getvalue()


def signed(
    signer: Signer | None, data: bytes, mark: Mark, changes: Sequence[Change], *, came: bytes
) -> bytes:
    """What was made of the file that `came`, with the credential that this may have; as it is where nobody can sign: no
    picture is lost over it, and a certificate that has run out is upkeep's to notice."""
    if signer is None or signer.has_run_out:
        return data
    try:
        if credentials.may_have_one(came):
            try:
                return signer.signed(data, mark, changes, parent=came)
            except SigningFailed as error:
                log.warning("the credential with which it came cannot be kept: %s", error)
        return signer.signed(data, mark, changes)
    except SigningFailed as error:
        log.error("it is not signed: %s", error)
        return data


def open_signer(settings: CredentialSettings) -> Signer | None:
    """None where the owner gave no certificate. Raises Misconfigured."""
    if settings.c2pa_certificate is None or settings.c2pa_private_key is None:
        return None
    if not credentials.is_installed():
        right = "unset, or requirements/credentials.txt installed"
        raise Misconfigured(CERTIFICATE, "needs c2pa-python, which is not installed", right=right)
    return _signer(settings.c2pa_certificate, settings.c2pa_private_key.get_secret_value())


def _signer(certificate: str, key: str) -> Signer:
    import c2pa
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        chain = x509.load_pem_x509_certificates(certificate.encode())
        first = chain[0]
        expires_at = first.not_valid_after_utc
    except ValueError as error:
        raise _wrong(CERTIFICATE, "cannot be read") from error
    try:
        private = serialization.load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise _wrong(KEY, "cannot be read, or has a password") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
        raise _wrong(KEY, "is of another kind")
    if private.public_key() != first.public_key():
        raise _wrong(KEY, f"is not that of the first certificate in {CERTIFICATE}")
    # A reader that trusts a root has it, and no other is helped by it.
    chain = [first, *(one for one in chain[1:] if one.issuer != one.subject)]
    sent = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)
    plain = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        info = c2pa.C2paSignerInfo("es256", sent, plain, None)
        context = credentials.settings_context(c2pa.Signer.from_info(info))
    except c2pa.C2paError as error:
        raise _wrong(CERTIFICATE, f"is not taken ({reason(error)})") from error
    names = [*first.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME), *first.subject]
    signer = Signer(context, str(names[0].value) if names else "?", expires_at)
    if not signer.has_run_out:
        try:
            signer.signed(_DOT, Mark("", "", "", ""))
        except SigningFailed as error:
            raise _wrong(CERTIFICATE, f"is not taken ({error})") from error
    return signer


def _wrong(variable: str, wrong: str) -> Misconfigured:
    field = CredentialSettings.model_fields[variable.lower()]
    return Misconfigured(variable, wrong, right=field.description or "")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_DOT = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\0"))
    + _chunk(b"IEND", b"")
)
"""A picture of one pixel, to try whether all that is needed is there."""
