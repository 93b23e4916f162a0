"""What it offers: one model, dearer than any of Stability's."""

from decimal import Decimal

from core.operations import IMAGINE, Model, offer

MODEL = Model(
    "make-believe",
    "Make-believe",
    "tests",
    Decimal(11),
    provider="make_believe",
    styles=(),
    takes_negative_prompt=False,
    on_menu=False,
)
offer(IMAGINE, MODEL)
