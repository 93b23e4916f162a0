"""`python -m worker doctor`: what both check, what marks pictures, and what is left of each provider's account."""

import asyncio
from datetime import UTC, datetime, timedelta

from PIL import Image

from core.errors import Misconfigured, reason
from core.failures import FailureCode, JobFailed
from core.operations import MODELS
from core.provenance import TOOL, Mark, SourceType, mark_in
from core.settings import CredentialSettings
from db.bucket.client import open_bucket
from db.pool import open_pool
from ops import credentials
from ops.checks import Check, CheckFailed, CheckWarned, Finding, run_checks
from ops.signing import CERTIFICATE, KEY, open_signer
from ops.storage_checks import StorageChecks
from worker import imaging
from worker.marking import Marker
from worker.providers.provider import Provider, open_providers
from worker.settings import WorkerSettings

CERTIFICATE_DAYS_LEFT_MIN = 30


async def examine_worker(settings: WorkerSettings) -> list[Finding]:
    async with (
        open_pool(settings, name="doctor") as pool,
        open_bucket(settings) as bucket,
        open_providers(settings) as providers,
    ):
        checks = [*StorageChecks(settings, pool, bucket).all(), _marks(settings), *map(_check, providers)]
        return await run_checks(checks, settings)


def _marks(settings: WorkerSettings) -> Check:
    async def check() -> str:
        try:
            return await asyncio.to_thread(mark_one, settings)
        except Misconfigured as error:
            raise CheckFailed(str(error), "Set it anew, or unset both.") from error

    return Check(
        "marks", check, remedy="Is what requirements/credentials.txt names installed as it is there?"
    )


def mark_one(settings: CredentialSettings) -> str:
    """Marks a picture as any other, and reads it back."""
    signer = open_signer(settings)
    painted = imaging.encode(Image.new("RGB", (64, 64), "orange"), "PNG")
    mark = Mark(SourceType.GENERATED, "doctor", TOOL, datetime.now(UTC).isoformat(timespec="seconds"))
    pictures = Marker(signer).prepare(mark, painted, (48, 48))
    files = pictures.original, pictures.preview
    if any(mark_in(file) != mark for file in files):
        raise CheckFailed(
            "a picture that was marked does not say so", "Report it as a fault of this program."
        )
    if signer is None:
        return (
            f"pictures say in XMP that they were made by AI; they are not signed, as {CERTIFICATE} is unset"
        )
    anew = f"Set {CERTIFICATE} and {KEY} anew."
    if signer.has_run_out:
        raise CheckWarned(f"the certificate ran out on {signer.expires_at:%Y-%m-%d}: XMP alone marks", anew)
    found = [credentials.read(file) for file in files]
    if not all(one is not None and one.is_intact for one in found):
        raise CheckFailed("a picture that was signed does not pass c2pa's reader", anew)
    text = f"pictures say in XMP that they were made by AI, and are signed as {signer.name}"
    until = f"the certificate is good until {signer.expires_at:%Y-%m-%d}"
    if signer.expires_at - datetime.now(UTC) < timedelta(days=CERTIFICATE_DAYS_LEFT_MIN):
        raise CheckWarned(f"{text}; {until}", anew)
    return f"{text}; {until}"


def _check(provider: Provider) -> Check:
    async def check() -> str:
        try:
            credits = await provider.balance()
        except JobFailed as error:
            remedy = (
                f"Set {provider.key_variable} anew; keys are at {provider.account_url}."
                if error.code is FailureCode.BAD_KEY
                else f"Is {provider.host_variable} right? {provider.title} has a status page."
            )
            raise CheckFailed(f"does not answer as it should: {reason(error)}", remedy) from error
        # What one picture of its dearest model takes.
        if credits < max(model.credits for model in MODELS.values() if model.provider == provider.name):
            raise CheckFailed(f"{credits:g} credits are left", f"Buy some at {provider.account_url}.")
        return f"the key is good for {credits:g} credits"

    return Check(provider.title, check)
