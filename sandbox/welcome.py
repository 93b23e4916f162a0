"""A first evening: a picture that is there already, prompts to click, and who paints."""

import aiohttp

from sandbox.account import Account
from sandbox.discord import DiscordServer
from sandbox.discord.interactions import COMMAND
from sandbox.discord.wire import Json

SAMPLE = "a red fox in the snow"
PROMPTS = (
    "a lighthouse at night, long exposure",
    "a city in the rain, neon lights",
    "mountains at dawn over a quiet lake",
)
_TEXT = 3


def welcome(account: Account | None) -> Json:
    return {"note": note(account), "prompts": PROMPTS}


def note(account: Account | None) -> str:
    if account is None:
        return (
            "These pictures are drawn by a local stand-in: to it, “a red fox” is a snowy hill. "
            "STABILITY_API_KEY=sk-... make run has Stability paint them."
        )
    return (
        f"Stability paints these ({account.host}), and your key pays: 3 credits (0.03 USD) "
        "for a picture by Stable Image Core. The others' prices stand in the list of models."
    )


async def ask_for_sample(discord: DiscordServer) -> str:
    """As the first server's owner does, in its first channel; the id of the interaction."""
    world = discord.world
    channel = next(one.id for one in world.channels.values() if one.guild_id == world.guild.id)
    url = f"{discord.url}/sandbox/members/{world.guild.owner_id}/channels/{channel}/interactions"
    options = [{"name": "prompt", "type": _TEXT, "value": SAMPLE}]
    body = {"type": COMMAND, "data": {"name": "imagine", "options": options}, "locale": "en-US"}
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        session.post(url, json=body) as response,
    ):
        return str((await response.json())["id"])
