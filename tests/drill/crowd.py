"""Members who keep asking, whatever happens: new pictures, the same again, larger, gone, or never mind."""

import asyncio
import random
from collections import Counter
from typing import Any

from tests.drill.schedule import UNTOUCHED_MODEL
from tests.member import Member, Message, buttons_of, interaction_of, is_done

NOUNS = "fox owl castle lake forest boat tower robot cat garden".split()
MANNERS = "red quiet golden snowy neon old bright stormy tiny endless".split()

# What is asked for and how often: the first two pass through untouched, the others are cut to size.
SIZES: tuple[tuple[dict[str, Any], int], ...] = (
    ({"model": UNTOUCHED_MODEL, "width": 512, "height": 512}, 5),
    ({"model": UNTOUCHED_MODEL, "width": 320, "height": 384}, 3),
    ({"model": UNTOUCHED_MODEL, "width": 300, "height": 260}, 2),
    ({"model": "core", "width": 512, "height": 384}, 1),
)
ACTIONS = {
    "imagine": 65, "Again": 9, "Cancel": 8, "Upscale": 3, "Edit": 4, "Delete": 5, "gallery": 4, "Share": 2,
    "react": 4,
}  # fmt: skip
SEVERAL_SHARE = 0.1
"""Of the orders, so many are for more than one picture."""

CONFIRM = "Delete it for good"
EPHEMERAL = 1 << 6
UPSCALED_PIXELS_MAX = 400 * 400
"""Beyond it an enlargement takes too long for a machine that has to do all at once."""


class Crowd:
    def __init__(self, members: dict[str, Member], *, seed: int, per_second: float) -> None:
        self._members = members
        self._seed = seed
        self._pause_seconds = len(members) / per_second
        self.asked: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        """By the local Discord itself, before the bot heard of it."""

    async def ask(self) -> None:
        """Until it is cancelled."""
        await asyncio.gather(*(self._ask(name, one) for name, one in self._members.items()))

    async def _ask(self, name: str, one: Member) -> None:
        rng = random.Random(f"{self._seed} {name}")
        # Who may not use commands in the server still may in direct messages.
        places = ["dm"] if name == "Cleo" else ["paintings"] * 6 + ["announcements", "dm"]
        number = 0
        while True:
            await asyncio.sleep(rng.uniform(0.4, 1.6) * self._pause_seconds)
            (action,) = rng.choices(list(ACTIONS), list(ACTIONS.values()))
            number += 1
            order, channel = _order(rng, f"{name} {number}"), rng.choice(places)
            try:
                if action == "gallery":
                    await one.use("gallery", channel=channel)
                elif action == "imagine" or not await self._go_on(one, action, rng, order["prompt"]):
                    await one.imagine(**order, channel=channel)
                    action = "imagine"
                self.asked[action] += 1
            except AssertionError as error:
                self.refused[str(error)[:80]] += 1

    async def _go_on(self, one: Member, action: str, rng: random.Random, prompt: str) -> bool:
        """With what was begun earlier, or else from a picture; false where there is neither."""
        if action == "Edit" and one.modals:
            await one.submit(one.modals.pop(), prompt=prompt)
            return True
        if action == "Delete" and await self._press(one, CONFIRM, rng):
            return True
        if action == "react":
            return await self._react(one, rng)
        return await self._press(one, action, rng)

    async def _react(self, one: Member, rng: random.Random) -> bool:
        """To one of the newest pictures that everybody sees there."""
        newest = (versions[-1] for id_, versions in one.seen.items() if id_ not in one.deleted)
        possible = [message for message in newest if is_done(message) and not message["flags"] & EPHEMERAL]
        if not possible:
            return False
        await one.react(rng.choice(possible[-5:]))
        return True

    async def _press(self, one: Member, action: str, rng: random.Random) -> bool:
        """Presses the button of a message that has it; false where there is none."""
        possible = [
            versions[-1]
            for id_, versions in one.seen.items()
            if id_ not in one.deleted and _offers(versions[-1], action, one)
        ]
        if not possible:
            return False
        await one.press(rng.choice(possible[-5:]), action)
        return True


def _offers(message: Message, action: str, one: Member) -> bool:
    if not buttons_of(message).get(action):
        return False
    if action == "Upscale":
        return all(m["width"] * m["height"] <= UPSCALED_PIXELS_MAX for m in message.get("attachments", []))
    if action == "Delete":
        # An enlargement is known by its bytes alone, and the question takes the place of a private picture.
        return _is_of(message, one) and "Upscale" in buttons_of(message) and not message["flags"] & EPHEMERAL
    return action != "Cancel" or _is_of(message, one)


def _is_of(message: Message, one: Member) -> bool:
    metadata = message.get("interaction_metadata") or {}
    return interaction_of(message) is not None and metadata["user"]["id"] == one.user_id


def _order(rng: random.Random, number: str) -> dict[str, Any]:
    sizes, weights = zip(*SIZES, strict=True)
    (size,) = rng.choices(sizes, weights)
    options = {**size, "prompt": f"a {rng.choice(MANNERS)} {rng.choice(NOUNS)} for {number}"}
    if rng.random() < SEVERAL_SHARE:
        options["count"] = rng.randint(2, 4)
    if rng.random() < 0.1:
        options["private"] = True
    return options
