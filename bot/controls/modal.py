"""A form before it has fields."""

from discord import ui


def new_modal(custom_id: str, title: str) -> ui.Modal:
    """discord.py does not keep it in memory, as whatever is sent with it is known by its custom id."""
    modal = ui.Modal(title=title, custom_id=custom_id)
    modal.stop()
    return modal
