"""`python -m worker contract`: whether the providers take what is sent to them, as far as it can be tried for free."""

import asyncio
from collections import Counter

from core.providers import packages
from worker.providers.provider import Verdict, contract_of
from worker.settings import WorkerSettings


def check_contracts(settings: WorkerSettings) -> int:
    """Prints a line for each trial, and returns the exit status: 0 where all that were tried are right."""
    return asyncio.run(_check(settings))


async def _check(settings: WorkerSettings) -> int:
    verdicts: Counter[Verdict] = Counter()
    for package in packages(settings.providers):
        contract = contract_of(package)
        if contract is None:
            print(f"{package} has nothing to try.")
            continue
        print(contract.about(settings))
        async for trial in contract.trials(settings):
            verdicts[trial.verdict] += 1
            print(trial.line, flush=True)
    print(", ".join(f"{count} {verdict}" for verdict, count in verdicts.items()) or "nothing was tried")
    return 0 if verdicts.keys() <= {Verdict.RIGHT, Verdict.SKIPPED} else 1
