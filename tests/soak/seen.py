"""What the bot's messages said last, also those that the local Discord has no room for any more."""

from sandbox.discord import Exchange
from tests.drill.crowd import EPHEMERAL
from tests.drill.evidence import Answers, Evidence, Shown, shown_in


class Seen(Answers):
    """As Discord answered each call of the bot that made or changed one."""

    def __init__(self) -> None:
        super().__init__()
        self._messages: dict[tuple[int, int], Shown] = {}

    def see(self, exchange: Exchange) -> None:
        super().see(exchange)
        message = exchange.answer
        if exchange.status == 200 and isinstance(message, dict) and "components" in message:
            place = int(message["channel_id"]), int(message["id"])
            is_ephemeral = bool(message["flags"] & EPHEMERAL)
            self._messages[place] = shown_in(*place, message, exchange.arrived_at, is_ephemeral)

    def complete(self, evidence: Evidence) -> None:
        """Puts what was crowded out beside what is there still."""
        for place, shown in self._messages.items():
            if shown.id < evidence.crowded_out_before.get(shown.channel_id, 0):
                evidence.messages.setdefault(place, shown)
        evidence.crowded_out_before.clear()
