"""`python -m worker doctor`: the checks that both share, and those of Stability."""

import aiohttp

from core.errors import FailureCode, JobFailed, reason
from core.operations import PAINTERS
from db.bucket.client import open_bucket
from db.pool import open_pool
from ops.checks import Check, Finding, Trouble
from ops.storage_checks import Doctor
from worker.providers.stability.client import Stability
from worker.settings import WorkerSettings

CREDITS_MIN = float(max(model.credits for model in PAINTERS.values()))
"""What one picture of the dearest model takes."""


async def examine_worker(settings: WorkerSettings) -> list[Finding]:
    async with (
        open_pool(settings, name="doctor") as pool,
        open_bucket(settings) as bucket,
        aiohttp.ClientSession(proxy=settings.proxy_for(settings.stability_api_host)) as session,
    ):
        stability = Stability(
            session,
            host=settings.stability_api_host,
            key=settings.stability_api_key.get_secret_value(),
            timeout_seconds=10,
        )

        async def look() -> str:
            return await _account(stability)

        return await Doctor(settings, pool, bucket).examine([Check("Stability", look)])


async def _account(stability: Stability) -> str:
    try:
        credits = await stability.balance()
    except JobFailed as error:
        remedy = (
            "Set STABILITY_API_KEY anew; keys are at platform.stability.ai."
            if error.code is FailureCode.BAD_KEY
            else "Is STABILITY_API_HOST right? Stability has a status page."
        )
        raise Trouble(f"does not answer as it should: {reason(error)}", remedy) from error
    if credits < CREDITS_MIN:
        raise Trouble(f"{credits:g} credits are left", "Buy some at platform.stability.ai.")
    return f"the key is good for {credits:g} credits"
