"""The signs of a card's states: the application's own emoji, which move, once it is known that Discord has them."""

from dataclasses import dataclass


@dataclass(slots=True)
class Signs:
    """As they stand in a text."""

    waiting: str = "⏳"
    painting: str = "🔄"
    done: str = "✓"
