"""Members who keep a line before the workers, and look at what has been painted meanwhile."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Container

from tests.conditions import until
from tests.drill.crowd import Crowd
from tests.drill.schedule import UNTOUCHED_MODEL
from tests.drill.wishes import order
from tests.member import Member

SIZE = {"model": UNTOUCHED_MODEL, "width": 320, "height": 320}
"""The smallest that there is: the machine has to paint them, too."""

LINE_LENGTH, UNANSWERED_MAX = 60, 6
"""So much waits at most: some seconds' worth of pictures, and commands that the bot has not answered yet."""

PAUSE_SECONDS, STUCK_SECONDS = 1 / 20, 60.0
SEEN_MAX = 200
"""Of the newest messages each member remembers so many: to look through all of them would take the machine."""


class Regulars(Crowd):
    """`open_jobs` counts what waits and what is painted; `answers` has the interactions that the bot has answered.
    `others` is how much they do beside, in all, a second."""

    actions = {"gallery": 3, "Next": 5, "Last": 1, "More": 4, "Favourite": 2, "Share": 1, "react": 8}  # noqa: RUF012

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
        self._unanswered: set[int] = set()

    async def ask(self) -> None:
        """Until all orders are given."""
        others = asyncio.create_task(super().ask())
        try:
            for number in range(self._orders):
                await asyncio.sleep(PAUSE_SECONDS)
                await until(self._waiting, lambda waits: not waits, within_seconds=STUCK_SECONDS)
                await self._order(number)
        finally:
            others.cancel()
            await asyncio.gather(others, return_exceptions=True)

    async def _waiting(self) -> bool:
        self._unanswered = {id_ for id_ in self._unanswered if id_ not in self._answers}
        return len(self._unanswered) >= UNANSWERED_MAX or await self._open_jobs() >= LINE_LENGTH

    async def _order(self, number: int) -> None:
        name, one = self._members_in_turn[number % len(self._members_in_turn)]
        wish = order(self._rng, f"{name}, order {number}") | SIZE
        self._unanswered.add(int(await one.imagine(**wish, channel="dm" if name == "Cleo" else "paintings")))
        self.asked["imagine"] += 1
        for id_ in list(one.seen)[:-SEEN_MAX]:
            del one.seen[id_]
