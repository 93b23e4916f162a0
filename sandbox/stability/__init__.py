"""A local Stability: what it speaks, and how to provoke its faults, is told in the README beside this."""

from sandbox.stability.server import Call, Exchange, StabilityServer

__all__ = ["Call", "Exchange", "StabilityServer"]
