"""Signs what is painted, as Stability does (C2PA), by a certificate that is made at the start."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import TypeAlias

from sandbox.stability.work import Work

Sign: TypeAlias = Callable[[bytes, Work], bytes]

_MADE_BY_AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_NO_THUMBNAILS = {"builder": {"thumbnail": {"enabled": False}}, "verify": {"verify_after_sign": False}}


def new_sign() -> Sign | None:
    """Takes a few milliseconds a picture; None where nothing that signs is installed."""
    if find_spec("c2pa") is None:
        return None
    import c2pa

    info = c2pa.C2paSignerInfo("es256", *_certificate(), None)
    context = c2pa.Context(c2pa.Settings.from_dict(_NO_THUMBNAILS), c2pa.Signer.from_info(info))

    def sign(content: bytes, work: Work) -> bytes:
        created = {"action": "c2pa.created", "digitalSourceType": _MADE_BY_AI}
        manifest = {
            "claim_generator_info": [{"name": "Stability AI (local)"}],
            "assertions": [{"label": "c2pa.actions", "data": {"actions": [created]}}],
        }
        signed = io.BytesIO()
        with c2pa.Builder(json.dumps(manifest), context=context) as builder:
            builder.sign(f"image/{work.kind.lower()}", io.BytesIO(content), signed)
        return signed.getvalue()

    return sign


def _certificate() -> tuple[bytes, bytes]:
    """And its key, as PEM. Who vouches for it is forgotten."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key, root_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    subject, root = (
        x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)])
        for name in ("Stability AI (local)", "Nobody")
    )
    now, critical = datetime.now(UTC), True
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder(root, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(False, None), critical)
        .add_extension(usage, critical)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), not critical)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), not critical
        )
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return certificate.public_bytes(pem), key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
