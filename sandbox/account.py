"""An account with Stability in earnest: whoever sets its key has the sandbox's pictures painted there, and pays."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp

HOST = "https://api.stability.ai"
TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Account:
    host: str
    key: str = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        return {"STABILITY_API_KEY": self.key, "STABILITY_API_HOST": self.host}

    async def balance(self) -> str:
        """In words, as its owner is told; the same where it cannot be known."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        headers = {"Authorization": f"Bearer {self.key}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
                session.get(f"{self.host}/v1/user/balance", headers=headers) as response,
            ):
                if response.status != 200:
                    refused = (
                        "refuses the key" if response.status in (401, 403) else "does not say the balance"
                    )
                    return f"it {refused} (status {response.status})"
                return f"{float((await response.json())['credits']):,.1f} credits are left"
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            return f"it could not be asked ({type(error).__name__})"


def account(environment: Mapping[str, str]) -> Account | None:
    key = environment.get("STABILITY_API_KEY")
    return Account(environment.get("STABILITY_API_HOST") or HOST, key) if key else None
