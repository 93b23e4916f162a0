"""What the buttons of an order do, and the modal behind Edit. Each press is checked anew for who may do it."""

import re
from dataclasses import replace

from bot.controls.buttons import Action, on
from bot.controls.edit_modal import edit_modal, filled_in
from bot.mentions import spelled_out
from bot.messages.prompts import escape
from bot.orders import again, cancel, submit
from bot.rights.access import require_control, require_imagine, visible_order
from bot.services import Interaction, services_of, words_of
from bot.told import told
from core.errors import InvalidRequest
from core.operations import IMAGINE, SIDE_MAX, SIDE_MIN
from core.validation import clean, model_on_offer

_SIZE = re.compile(r"\s*(\d{1,5})\s*[x×*, ]\s*(\d{1,5})\s*", re.IGNORECASE)


@on(Action.CANCEL)
@told
async def press_cancel(interaction: Interaction, order_id: int) -> None:
    order = await visible_order(interaction, order_id)
    require_control(interaction, order)
    await cancel(interaction, order)
    # The reconciler shows how it ended.
    await interaction.response.defer()


@on(Action.AGAIN)
@told
async def press_again(interaction: Interaction, order_id: int) -> None:
    order = await visible_order(interaction, order_id)
    await require_imagine(interaction, order)
    await submit(interaction, again(interaction, order))


@on(Action.EDIT)
@told
async def press_edit(interaction: Interaction, order_id: int) -> None:
    say = words_of(interaction)
    order = await visible_order(interaction, order_id)
    await require_imagine(interaction, order)
    model = model_on_offer(IMAGINE, order.model, services_of(interaction).model)
    modal = edit_modal(
        order,
        say,
        size_hint=say("Width × height in pixels, {least} to {most} each", least=SIDE_MIN, most=SIDE_MAX),
        with_negative_prompt=model.takes_negative_prompt,
    )
    await interaction.response.send_modal(modal)


@told
async def submit_edit(interaction: Interaction, order_id: int) -> None:
    order = await visible_order(interaction, order_id)
    await require_imagine(interaction, order)
    texts = filled_in(interaction.data)
    width, height = _size(texts.size)
    request = replace(again(interaction, order), prompt=spelled_out(interaction, texts.prompt)).with_params(
        width=width, height=height, negative_prompt=spelled_out(interaction, texts.negative_prompt)
    )
    await submit(interaction, request)


def _size(text: str) -> tuple[int, int]:
    match = _SIZE.fullmatch(text)
    if match is None:
        raise InvalidRequest(
            "“{typed}” is not a size. Write the width and the height in pixels, such as 1024 × 768.",
            typed=escape(clean(text[:40])),
        )
    return int(match[1]), int(match[2])
