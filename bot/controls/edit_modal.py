"""The modal behind Edit. It is read from the submission alone: the bot may restart between the two."""

import re
from typing import Any

import discord
from discord import ui

from bot.controls.buttons import Say
from core.operations import PROMPT_LENGTH_MAX, SIDE_DEFAULT
from core.orders import Order

CUSTOM_ID = re.compile(r"edit:(?P<id>[0-9]{1,18})")
_TIMEOUT_SECONDS = 900.0  # until then discord.py keeps the modal in memory


def edit_modal(order: Order, say: Say, *, size_hint: str, with_negative_prompt: bool) -> ui.Modal:
    modal = ui.Modal(
        title=say("Paint it differently"), custom_id=f"edit:{order.id}", timeout=_TIMEOUT_SECONDS
    )
    prompt = _text("prompt", order.prompt)
    modal.add_item(ui.Label(text=say("What the picture should show"), component=prompt))
    width, height = order.size or (SIDE_DEFAULT, SIDE_DEFAULT)
    size = ui.TextInput[Any](custom_id="size", default=f"{width} × {height}", max_length=20)
    modal.add_item(ui.Label(text=say("Size"), description=size_hint, component=size))
    if with_negative_prompt:
        negative = _text("negative_prompt", order.negative_prompt, required=False)
        modal.add_item(ui.Label(text=say("What it should not show"), component=negative))
    return modal


def _text(custom_id: str, default: str | None, *, required: bool = True) -> ui.TextInput[Any]:
    return ui.TextInput(
        custom_id=custom_id,
        style=discord.TextStyle.paragraph,
        default=default,
        max_length=PROMPT_LENGTH_MAX,
        required=required,
    )


def filled_in(submission: Any) -> dict[str, str]:
    """The texts by the custom ids of their fields, wherever in the submission these are."""
    found: dict[str, str] = {}
    pending = [submission]
    while pending:
        component = pending.pop()
        if isinstance(component, list):
            pending += component
        elif isinstance(component, dict):
            name, value = component.get("custom_id"), component.get("value")
            if isinstance(name, str) and isinstance(value, str):
                found[name] = value
            pending += component.get("components"), component.get("component")
    return found
