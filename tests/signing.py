"""Who signs pictures in tests."""

from functools import cache

from core.settings import CredentialSettings
from ops.certificates import make_chain
from ops.signing import Signer, open_signer


@cache
def signer(organisation: str, days: int = 300) -> Signer:
    """By a certificate of its own, good for so many days; below 0 it has run out."""
    certificate, key = make_chain(organisation, days=days)
    found = open_signer(CredentialSettings(c2pa_certificate=certificate, c2pa_private_key=key))
    assert found is not None
    return found
