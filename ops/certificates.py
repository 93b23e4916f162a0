"""Makes a key and a certificate to try signing with: it is vouched for by nobody but itself."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAYS = 365

_OTHER_USES = """
    content_commitment key_encipherment data_encipherment key_agreement encipher_only decipher_only
"""


def make_chain(organisation: str, *, days: int = DAYS) -> tuple[str, str]:
    """The certificates and the private key, both as PEM. With days below 0 they have run out."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    until = datetime.now(UTC) + timedelta(days=days)
    # C2PA takes no certificate that vouches for itself.
    root = _name(organisation, "root")
    certificates = [
        _certificate(_name(organisation, "pictures"), key, root, root_key, until),
        _certificate(root, root_key, root, root_key, until),
    ]
    pem = serialization.Encoding.PEM
    written = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return "".join(one.public_bytes(pem).decode() for one in certificates), written.decode()


def _name(organisation: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    until: datetime,
) -> x509.Certificate:
    is_root = subject == issuer
    usage = dict.fromkeys(_OTHER_USES.split(), False)
    builder = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(until - timedelta(days=2 * DAYS))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(is_root, None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, **usage),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )
    if not is_root:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
    return builder.sign(issuer_key, hashes.SHA256())
