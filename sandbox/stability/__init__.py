"""A local Stability: what it speaks, and how to provoke its faults, is told in the README beside this."""

from sandbox.stability.calls import Call, Exchange, Sent
from sandbox.stability.generations import Generation
from sandbox.stability.server import StabilityServer

__all__ = ["Call", "Exchange", "Generation", "Sent", "StabilityServer"]
