"""What was done to the pictures that a picture is made from, in words."""

from decimal import Decimal

from bot.messages.failures import said
from bot.messages.prompts import escape
from bot.messages.words import Words
from core.operations import (
    CUT_OUT,
    ERASE,
    EXTEND,
    IN_STYLE,
    PAINT_OVER,
    RECOLOR,
    RELIGHT,
    REPLACE,
    SKETCH,
    STRUCTURE,
    TRANSFER,
    UPSCALE,
    VARY,
)
from core.orders import Order

_CHANGES = {
    VARY.name: said("varied, strength {strength}"),
    REPLACE.name: said("“{target}” replaced"),
    RECOLOR.name: said("“{target}” recolored"),
    ERASE.name: said("a part erased"),
    PAINT_OVER.name: said("a part painted over"),
    EXTEND.name: said("extended {sides}"),
    CUT_OUT.name: said("cut out"),
    RELIGHT.name: said("in another place and light"),
    SKETCH.name: said("from a sketch"),
    STRUCTURE.name: said("with the same structure"),
    IN_STYLE.name: said("in the style of a picture"),
    TRANSFER.name: said("with the style of another picture"),
    UPSCALE.name: said("enlarged"),
}
_SIDES = {
    "left": said("to the left"),
    "right": said("to the right"),
    "up": said("upwards"),
    "down": said("downwards"),
}
_TARGET_LENGTH_MAX = 100


def what_was_done(order: Order, say: Words) -> str | None:
    """None for what is painted from words."""
    if order.operation not in _CHANGES:
        return None
    params = order.params
    return say(
        _CHANGES[order.operation],
        strength=Decimal(f"{params.get('strength', 0):g}"),
        target=escape(params.get("target", ""), _TARGET_LENGTH_MAX),
        sides=", ".join(say(text) for side, text in _SIDES.items() if params.get(side)),
    )
