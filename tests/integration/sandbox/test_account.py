"""What is said of a key of Stability's before anything is painted with it."""

import pytest

from sandbox.account import HOST, Account, account
from sandbox.stability import StabilityServer


async def test_the_balance_is_said_or_why_it_is_not_known() -> None:
    server = StabilityServer(key="sk-mine", credits=93.25)
    await server.start()
    assert await Account(server.url, "sk-mine").balance() == "93.2 credits are left"
    assert await Account(server.url, "sk-other").balance() == "it refuses the key (status 401)"
    assert (
        await Account(f"{server.url}/v0", "sk-mine").balance() == "it does not say the balance (status 404)"
    )
    await server.stop()
    words = await Account(server.url, "sk-mine").balance()
    assert words == "it could not be asked (ClientConnectorError)"
    assert (await Account("nowhere", "sk-mine").balance()).startswith("it could not be asked")


@pytest.mark.parametrize(
    "environment", [{}, {"STABILITY_API_KEY": ""}, {"STABILITY_API_HOST": "https://a.b"}]
)
def test_without_a_key_there_is_none(environment: dict[str, str]) -> None:
    assert account(environment) is None


def test_a_key_is_for_stability_itself_and_is_not_shown() -> None:
    found = account({"STABILITY_API_KEY": "sk-mine"})
    assert found == Account(HOST, "sk-mine")
    assert "sk-mine" not in repr(found)
