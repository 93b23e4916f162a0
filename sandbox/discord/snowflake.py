"""Discord's ids: the time in milliseconds since 2015, and 22 bits that make them unique."""

from collections.abc import Callable

DISCORD_EPOCH_SECONDS = 1_420_070_400


class Snowflakes:
    """Each is larger than all before it, even if the clock is set back."""

    def __init__(self, clock: Callable[[], float], last: str = "0") -> None:
        self._clock = clock
        self._last = int(last)

    @property
    def last(self) -> str:
        return str(self._last)

    def next(self) -> str:
        milliseconds = int((self._clock() - DISCORD_EPOCH_SECONDS) * 1000)
        self._last = max(milliseconds << 22, self._last + 1)
        return str(self._last)

    def skip_millisecond(self) -> None:
        """What comes next is of a later one than all before."""
        self._last |= (1 << 22) - 1


def time_of(snowflake: str) -> float:
    return (int(snowflake) >> 22) / 1000 + DISCORD_EPOCH_SECONDS
