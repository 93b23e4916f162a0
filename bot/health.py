"""The bot's own checks for /healthz."""

from bot.gateway.status import GatewayStatus
from ops.database_probe import DatabaseProbe
from ops.health import Check

GATEWAY_SECONDS_MAX = 60.0  # a resume takes seconds, and a new session starts within a minute
OVERDUE_SECONDS_MAX = 60.0


def disconnected(status: GatewayStatus) -> Check:
    def check() -> str | None:
        seconds = status.away_seconds
        if seconds <= GATEWAY_SECONDS_MAX:
            return None
        because = f": {status.problem}" if status.problem else ""
        return f"no connection to Discord for {seconds:.0f} s{because}"

    return check


def overdue(probe: DatabaseProbe) -> Check:
    """The probe asks in how many seconds the next reply is due."""

    def check() -> str | None:
        seconds = -(probe.answer or 0.0)
        return f"a reply is overdue for {seconds:.0f} s" if seconds > OVERDUE_SECONDS_MAX else None

    return check
