"""Members who keep asking, whatever happens: new pictures, the same again, what can be done with one, or never mind."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.drill.wishes import change, order, upload, verb
from tests.member import Member, Message, buttons_of, interaction_of, is_done, text, walk

NAMES = ("Ada", "Ben", "Cleo")
ACTIONS = {
    "imagine": 35, "change": 6, "Again": 7, "Cancel": 8, "Edit": 3, "Vary": 3, "More": 17, "verb": 22, "Favourite": 3,
    "Delete": 9, "Keep it": 1, "gallery": 4, "Share": 2, "react": 4,
}  # fmt: skip
CONFIRM = "Delete it for good"
PANEL, VERBS, PICTURES = "Favourite", "verbs", "gallery:open"
"""By what these are known: a button, and two menus by their custom ids."""

STEPS = ("verb:", "sure:")
"""Of the custom ids of what a verb asks: the buttons that go on with it."""

RECENT = 5
"""Among how many of the newest messages one is chosen."""

EPHEMERAL = 1 << 6
_SIZE = re.compile(r"(\d+) × (\d+)")


class Crowd:
    actions = ACTIONS

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
            (action,) = rng.choices(list(self.actions), list(self.actions.values()))
            number += 1
            wish, channel = order(rng, f"{name} {number}"), rng.choice(places)
            try:
                if action == "gallery":
                    await one.use("gallery", channel=channel, favourites=rng.random() < 0.3)
                elif action == "change":
                    command, options = change(rng, wish["prompt"])
                    await one.use(command, channel=channel, **options)
                    action = command
                elif action == "imagine" or not (done := await self._go_on(one, action, rng, wish["prompt"])):
                    await one.imagine(**wish, channel=channel)
                    action = "imagine"
                else:
                    action = done
                self.asked[action] += 1
            except AssertionError as error:
                self.refused[str(error)[:80]] += 1

    async def _go_on(self, one: Member, action: str, rng: random.Random, prompt: str) -> str:
        """With what was begun earlier, or else from a picture: what was done, or nothing where there is neither."""
        if action in ("Edit", "verb") and one.modals:
            await one.submit(one.modals.pop(), prompt=prompt, target="sky", reference=[upload(rng)])
            return "a form"
        if action == "verb":
            return await self._choose_verb(one, rng)
        if action == "Delete" and await self._press(one, CONFIRM, rng):
            return CONFIRM
        if action == "react":
            return "react" if await self._react(one, rng) else ""
        if action == "More" and rng.random() < 0.3 and await self._open_one(one, rng):
            return "More, of several"
        return action if await self._press(one, action, rng) else ""

    async def _choose_verb(self, one: Member, rng: random.Random) -> str:
        """From a panel, or the next step of one that was chosen: a menu, a question."""
        possible = _newest(one, lambda message: _menu(message, VERBS) is not None or bool(_steps(message)))
        if not possible:
            return ""
        message = rng.choice(possible)
        steps = _steps(message)
        if steps:
            step = rng.choice(steps)
            await one.press(message, step["label"])
            return ":".join(step["custom_id"].split(":")[:3])
        menu = _menu(message, VERBS) or {}
        found = _SIZE.search(text(message))
        pixels = int(found[1]) * int(found[2]) if found else 0
        value = verb(rng, [option["value"] for option in menu["options"]], pixels)
        if not value:
            return ""
        await one.choose(message, value)
        return ":".join(value.split(":")[:3])

    async def _open_one(self, one: Member, rng: random.Random) -> bool:
        """Of the pictures under an order of several, or on a page."""
        possible = _newest(one, lambda message: _menu(message, PICTURES) is not None)
        if not possible:
            return False
        message = rng.choice(possible)
        menu = _menu(message, PICTURES) or {}
        await one.choose(message, rng.choice(menu["options"])["value"])
        return True

    async def _react(self, one: Member, rng: random.Random) -> bool:
        """To one of the newest pictures that everybody sees there."""
        possible = _newest(one, lambda message: is_done(message) and not message["flags"] & EPHEMERAL)
        if not possible:
            return False
        await one.react(rng.choice(possible))
        return True

    async def _press(self, one: Member, action: str, rng: random.Random) -> bool:
        """Presses the button of a message that has it; false where there is none."""
        possible = _newest(one, lambda message: _offers(message, action, one))
        if not possible:
            return False
        await one.press(rng.choice(possible), action)
        return True


class Patient(Crowd):
    """Members who at once ask for `count` pictures that are answered later, and then wait."""

    def __init__(self, members: dict[str, Member], *, seed: int, count: int) -> None:
        super().__init__(members, seed=seed, per_second=1)
        self._count = count

    async def _ask(self, name: str, one: Member) -> None:
        rng, names = random.Random(f"{self._seed} {name}"), list(self._members)
        for number in range(names.index(name), self._count, len(names)):
            channel = "dm" if name == "Cleo" else "paintings"
            prompt = f"a place with the number {number}"
            await one.use("change relight", channel=channel, image=upload(rng), prompt=prompt)
            self.asked["change relight"] += 1


def _newest(one: Member, fits: Callable[[Message], bool]) -> list[Message]:
    newest = (versions[-1] for id_, versions in one.seen.items() if id_ not in one.deleted)
    return [message for message in newest if fits(message)][-RECENT:]


def _menu(message: Message, custom_id: str) -> dict[str, Any] | None:
    """The only menu of a message, if it is this one."""
    menus = [component for component in walk(message) if component["type"] == 3]
    return menus[0] if len(menus) == 1 and menus[0]["custom_id"] == custom_id else None


def _steps(message: Message) -> list[dict[str, Any]]:
    return [
        component
        for component in walk(message)
        if component["type"] == 2 and component.get("custom_id", "").startswith(STEPS)
    ]


def _offers(message: Message, action: str, one: Member) -> bool:
    if not buttons_of(message).get(action):
        return False
    return action not in ("Cancel", "Delete") or _is_of(message, one)


def _is_of(message: Message, one: Member) -> bool:
    metadata = message.get("interaction_metadata") or {}
    return interaction_of(message) is not None and metadata["user"]["id"] == one.user_id
