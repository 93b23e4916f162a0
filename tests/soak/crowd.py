"""Members who keep a line before the workers, and look at what has been painted meanwhile."""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Container

from tests.conditions import until
from tests.drill.crowd import Crowd
from tests.drill.schedule import UNTOUCHED_MODEL
from tests.drill.wishes import order
from tests.member import Member

BESIDE = {"gallery": 3, "Next": 5, "Last": 1, "More": 4, "Favourite": 2, "Share": 1, "react": 8}

SIZE = {"model": UNTOUCHED_MODEL, "width": 320, "height": 320}
"""The smallest that there is: the machine has to paint them, too."""

LINE_LENGTH, UNANSWERED_MAX = 60, 6
"""So much waits at most: some seconds' worth of pictures, and commands that the bot has not answered yet."""

PAUSE_SECONDS, STUCK_SECONDS = 1 / 50, 300.0
TOO_LATE_SECONDS = 5.0
"""Discord takes no answer after three."""

SEEN_MAX = 200
"""Of the newest messages each member remembers so many: to look through all of them would take the machine."""


class Regulars(Crowd):
    """`open_jobs` counts what waits and what is painted; `answers` has the interactions that the bot has answered.
    `others` is how much they do beside, in all, a second."""

    actions = BESIDE

    def __init__(
        self,
        members: dict[str, Member],
        *,
        seed: int,
        orders: int,
        others: float,
        open_jobs: Callable[[], Awaitable[int]],
        answers: Container[int],
    ) -> None:
        super().__init__(members, seed=seed, per_second=others)
        self._members_in_turn = list(members.items())
        self._rng = random.Random(seed)
        self._orders = orders
        self._open_jobs = open_jobs
        self._answers = answers
        self._stopped = False
        self._unanswered: dict[int, float] = {}

    async def ask(self) -> None:
        """Until all orders are given."""
        others = asyncio.create_task(super().ask())
        try:
            for number in range(self._orders):
                await asyncio.sleep(PAUSE_SECONDS)
                await until(self._waiting, lambda waits: not waits, within_seconds=STUCK_SECONDS)
                if self._stopped or others.done():
                    break
                await self._order(number)
        finally:
            others.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await others

    def stop(self) -> None:
        """No more orders are given."""
        self._stopped = True

    async def _waiting(self) -> bool:
        now = time.monotonic()
        for id_, asked_at in list(self._unanswered.items()):
            if id_ in self._answers or now > asked_at + TOO_LATE_SECONDS:
                del self._unanswered[id_]
        return len(self._unanswered) >= UNANSWERED_MAX or await self._open_jobs() >= LINE_LENGTH

    async def _order(self, number: int) -> None:
        name, one = self._members_in_turn[number % len(self._members_in_turn)]
        wish = order(self._rng, f"{name}, order {number}") | SIZE
        if number % 3:
            wish.pop("count", None)
        try:
            id_ = await one.imagine(**wish, channel="dm" if name == "Cleo" else "paintings")
        except AssertionError as error:
            self.refused[str(error)[:80]] += 1
        else:
            self._unanswered[int(id_)] = time.monotonic()
            self.asked["imagine"] += 1
        for id_ in list(one.seen)[:-SEEN_MAX]:
            del one.seen[id_]
