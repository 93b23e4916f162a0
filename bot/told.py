"""The outermost frame of a press or a modal: whatever it ends by, the member is told."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from bot.messages.errors import tell
from bot.services import Interaction

P = ParamSpec("P")


def told(
    handler: Callable[Concatenate[Interaction, P], Awaitable[None]],
) -> Callable[Concatenate[Interaction, P], Coroutine[Any, Any, None]]:
    @wraps(handler)
    async def handle(interaction: Interaction, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await handler(interaction, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the outermost frame: discord.py would only log it
            await tell(interaction, error)

    return handle
