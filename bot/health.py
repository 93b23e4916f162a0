"""What is wrong with a bot that runs: the checks of its own for /healthz."""

from bot.client import Client
from ops.database_probe import DatabaseProbe
from ops.health import Check

GATEWAY_SECONDS_MAX = 60.0
"""How long the gateway may be away: a resume takes seconds, and a new session is due within a minute."""

OVERDUE_SECONDS_MAX = 60.0
"""How long a reply that is due may stay as it is before that is a problem."""


def disconnected(client: Client) -> Check:
    def check() -> str | None:
        seconds = client.away_seconds
        if seconds <= GATEWAY_SECONDS_MAX:
            return None
        because = f": {client.problem}" if client.problem else ""
        return f"no connection to Discord for {seconds:.0f} s{because}"

    return check


def unregistered(client: Client) -> Check:
    return lambda: client.registration.overdue


def overdue(probe: DatabaseProbe) -> Check:
    """The probe asks in how many seconds the next reply is due."""

    def check() -> str | None:
        seconds = -(probe.answer or 0.0)
        return f"a reply is overdue for {seconds:.0f} s" if seconds > OVERDUE_SECONDS_MAX else None

    return check
