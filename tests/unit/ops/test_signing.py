"""The owner's certificate: what is taken, what is refused before the first picture, and what its signature says."""

import io

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from PIL import Image

from core.errors import Misconfigured
from core.provenance import Change, Mark
from core.settings import CredentialSettings
from ops import credentials
from ops.certificates import make_chain
from ops.credentials import Manifest
from ops.signing import Signer, SigningFailed, open_signer

MARK = Mark("trainedAlgorithmicMedia", "Core", "Tigerbrush", "")
PEM = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


def signer(certificate: str, key: str) -> Signer:
    found = open_signer(CredentialSettings(c2pa_certificate=certificate, c2pa_private_key=key))
    assert found is not None
    return found


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "orange").save(buffer, "PNG")
    return buffer.getvalue()


def test_without_a_certificate_nothing_is_signed() -> None:
    assert open_signer(CredentialSettings()) is None


def test_what_is_signed_says_by_whom_with_what_and_what_was_done() -> None:
    ours = signer(*make_chain("Fox & Co"))
    assert (ours.name, ours.has_run_out) == ("Fox & Co", False)
    found = credentials.read(ours.signed(png(), MARK, (Change.CROPPED,)))
    assert found is not None
    assert found.is_intact
    assert found.manifests == (
        Manifest("Fox & Co", "Tigerbrush", ("c2pa.created", "c2pa.cropped"), ("Core",)),
    )


def test_a_key_may_be_written_as_openssl_does_and_in_one_line() -> None:
    certificate, key = make_chain("Fox & Co")
    private = serialization.load_pem_private_key(key.encode(), None)
    sec1 = private.private_bytes(
        PEM[0], serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    assert "EC PRIVATE KEY" in sec1
    one_line = [text.replace("\n", "\\n") for text in (certificate, sec1)]
    assert signer(*one_line).signed(png(), MARK)


def keys() -> dict[str, tuple[str, str, str]]:
    """What is wrong with each, and how it is told."""
    certificate, key = make_chain("Fox & Co")
    leaf, root, _ = certificate.split("-----END CERTIFICATE-----\n")
    plain = serialization.NoEncryption()
    private = serialization.load_pem_private_key(key.encode(), None)
    locked = private.private_bytes(*PEM, serialization.BestAvailableEncryption(b"hunter2")).decode()
    others = {
        "rsa": rsa.generate_private_key(65537, 2048).private_bytes(*PEM, plain).decode(),
        "another curve": ec.generate_private_key(ec.SECP384R1()).private_bytes(*PEM, plain).decode(),
    }
    end = "-----END CERTIFICATE-----\n"
    return {
        "another's key": (
            certificate,
            make_chain("Fox & Co")[1],
            "C2PA_PRIVATE_KEY: is not that of the first",
        ),
        "the chain upside down": (root + end + leaf + end, key, "C2PA_PRIVATE_KEY: is not that of the first"),
        "locked": (certificate, locked.replace("ENCRYPTED ", ""), "C2PA_PRIVATE_KEY: cannot be read"),
        "cut": (certificate[:400] + "\n" + end, key, "C2PA_CERTIFICATE: cannot be read"),
        **{
            name: (certificate, other, "C2PA_PRIVATE_KEY: is of another kind")
            for name, other in others.items()
        },
    }


@pytest.mark.parametrize("name", keys())
def test_what_cannot_sign_is_refused_at_the_start_with_what_would_be_right(name: str) -> None:
    certificate, key, told = keys()[name]
    with pytest.raises(Misconfigured, match=f"^{told}") as refused:
        signer(certificate, key)
    assert "ES256" in str(refused.value) or "certificates as PEM" in str(refused.value)
    assert key.splitlines()[1] not in str(refused.value)


def test_without_what_signs_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "is_installed", lambda: False)
    with pytest.raises(Misconfigured, match=r"requirements/credentials\.txt"):
        signer(*make_chain("Fox & Co"))


def test_one_that_has_run_out_is_no_reason_not_to_start_but_signs_nothing() -> None:
    old = signer(*make_chain("Fox & Co", days=-1))
    assert old.has_run_out
    with pytest.raises(SigningFailed):
        old.signed(png(), MARK)
