"""The modal behind Edit: prompt and size filled in, to be changed and asked for again.

It is read from the submission itself, not from the object that opened it: the bot may restart in between.
"""

import re
from dataclasses import replace
from typing import Any

import discord
from discord import ui

from bot.mentions import spelled_out
from bot.messages.prompts import check_size, clean, clean_negative_prompt, clean_prompt, escape
from bot.messages.words import Words
from bot.orders import again, place
from bot.rights.access import require_commands, visible_job
from bot.services import Interaction
from core.errors import InvalidRequest
from core.operations import PROMPT_LENGTH_MAX, SIDE_MAX, SIDE_MIN, check_options, painter
from db.orders import Job

CUSTOM_ID = re.compile(r"edit:(?P<id>[0-9]{1,18})")
_SIZE = re.compile(r"\s*(\d{1,5})\s*[x×*, ]\s*(\d{1,5})\s*", re.IGNORECASE)

# Nobody takes longer; until then discord.py keeps the modal in memory.
_TIMEOUT_SECONDS = 900.0


def edit_modal(job: Job, say: Words) -> ui.Modal:
    modal = ui.Modal(title=say("Paint it differently"), custom_id=f"edit:{job.id}", timeout=_TIMEOUT_SECONDS)
    prompt = ui.TextInput[Any](
        custom_id="prompt",
        style=discord.TextStyle.paragraph,
        default=job.prompt,
        max_length=PROMPT_LENGTH_MAX,
    )
    modal.add_item(ui.Label(text=say("What the picture should show"), component=prompt))
    size = ui.TextInput[Any](custom_id="size", default=f"{job.width} × {job.height}", max_length=20)
    description = say("Width × height in pixels, {least} to {most} each", least=SIDE_MIN, most=SIDE_MAX)
    modal.add_item(ui.Label(text=say("Size"), description=description, component=size))
    if painter(job.model).takes_negative_prompt:
        negative = ui.TextInput[Any](
            custom_id="negative_prompt",
            style=discord.TextStyle.paragraph,
            default=job.negative_prompt,
            max_length=PROMPT_LENGTH_MAX,
            required=False,
        )
        modal.add_item(ui.Label(text=say("What it should not show"), component=negative))
    return modal


async def submit(interaction: Interaction, job_id: int) -> None:
    job = await visible_job(interaction, job_id)
    await require_commands(interaction, job)
    filled_in = _filled_in(interaction.data)
    width, height = _size(filled_in.get("size", ""))
    negative = clean_negative_prompt(spelled_out(interaction, filled_in.get("negative_prompt", "")))
    check_options(painter(job.model), negative_prompt=negative, style=job.style)
    order = again(interaction, job)
    prompt = clean_prompt(spelled_out(interaction, filled_in.get("prompt", "")))
    await place(
        interaction, replace(order, prompt=prompt, width=width, height=height, negative_prompt=negative)
    )


def _filled_in(data: Any) -> dict[str, str]:
    """The texts by their custom ids, whatever holds them."""
    found: dict[str, str] = {}
    pending = [data]
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


def _size(text: str) -> tuple[int, int]:
    match = _SIZE.fullmatch(text)
    if match is None:
        raise InvalidRequest(
            "“{typed}” is not a size. Write the width and the height in pixels, such as 1024 × 768.",
            typed=escape(clean(text[:40])),
        )
    width, height = int(match[1]), int(match[2])
    check_size(width, height)
    return width, height
