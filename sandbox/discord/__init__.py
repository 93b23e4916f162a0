"""A local Discord: what it speaks, and how to provoke its faults, is told in the README beside this."""

from sandbox.discord.exchange import Exchange
from sandbox.discord.server import DiscordServer

__all__ = ["DiscordServer", "Exchange"]
