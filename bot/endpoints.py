"""Where Discord is. discord.py has no setting for it; its two seams are touched here and nowhere else."""

import discord.gateway
import discord.http
from yarl import URL


def point_at(api_base: str, gateway_url: str | None) -> None:
    discord.http.Route.BASE = api_base
    if gateway_url is not None:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)
