"""`python -m worker doctor`: the checks that both share, and what is left of each provider's account."""

from core.errors import reason
from core.failures import FailureCode, JobFailed
from core.operations import MODELS
from db.bucket.client import open_bucket
from db.pool import open_pool
from ops.checks import Check, CheckFailed, Finding, run_checks
from ops.storage_checks import StorageChecks
from worker.providers.provider import Provider, open_providers
from worker.settings import WorkerSettings


async def examine_worker(settings: WorkerSettings) -> list[Finding]:
    async with (
        open_pool(settings, name="doctor") as pool,
        open_bucket(settings) as bucket,
        open_providers(settings) as providers,
    ):
        checks = [*StorageChecks(settings, pool, bucket).all(), *map(_check, providers)]
        return await run_checks(checks, settings)


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
