"""How much may be used: the fields of a form, and what was filled in. An empty one is no limit."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from discord import ui

from bot.controls.buttons import Say
from bot.controls.pages import Typed
from core.errors import InvalidRequest, Term
from core.rules import Rules

AT_ONCE = "at_once"
SPENDING = ("credits_per_day", "credits_per_month")

_TITLES = {
    AT_ONCE: Term("Pictures at once"),
    "credits_per_day": Term("Credits a day"),
    "credits_per_month": Term("Credits a month"),
}
_AT_ONCE_MAX = 100
_CREDITS_MAX = Decimal(1_000_000_000)
_LENGTH_MAX = 13
_WHOLE = re.compile("[0-9]{1,4}")
_CREDITS = re.compile(r"[0-9]{1,11}(?:[.,][0-9]{1,2})?")


def amount_fields(rules: Rules, names: Iterable[str], say: Say, about: str) -> list[ui.Label[Any]]:
    """`about` says what an empty one means."""
    return [
        ui.Label(
            text=say(_TITLES[name]),
            description=about,
            component=ui.TextInput[Any](
                custom_id=name,
                default=as_typed(getattr(rules, name)) or None,
                required=False,
                max_length=_LENGTH_MAX,
            ),
        )
        for name in names
    ]


def as_typed(value: Decimal | int | None) -> str:
    return "" if value is None else f"{Decimal(value).normalize():f}"


def typed_amounts(typed: Typed, names: Iterable[str]) -> dict[str, Decimal | int | None]:
    """Raises InvalidRequest."""
    return {name: _amount(name, "".join(typed.get(name, ())).strip()) for name in names}


def _amount(name: str, text: str) -> Decimal | int | None:
    if not text:
        return None
    if name == AT_ONCE:
        if _WHOLE.fullmatch(text) is None or int(text) > _AT_ONCE_MAX:
            raise InvalidRequest(
                "{field}: “{text}” is no whole number from 0 to {most}.",
                field=_TITLES[name],
                text=text,
                most=_AT_ONCE_MAX,
            )
        return int(text)
    value = Decimal(text.replace(",", ".")) if _CREDITS.fullmatch(text) else None
    if value is None or value > _CREDITS_MAX:
        raise InvalidRequest(
            "{field}: “{text}” is no number of credits from 0 to {most}, with two decimals at most.",
            field=_TITLES[name],
            text=text,
            most=int(_CREDITS_MAX),
        )
    return value
