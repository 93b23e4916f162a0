"""`python -m tests.drill.bot`: the bot, for members who ask for several pictures in words: no option is for it."""

import re
import runpy
from dataclasses import replace

from core.orders import Progress, Request
from db.orders import Orders

_SEVERAL = re.compile(r", ([2-4]) times$")

_create = Orders.create


async def _several(orders: Orders, request: Request) -> Progress | None:
    found = _SEVERAL.search(request.prompt)
    return await _create(orders, replace(request, count=int(found[1])) if found else request)


if __name__ == "__main__":
    Orders.create = _several  # type: ignore[method-assign, assignment]
    runpy.run_module("bot", run_name="__main__", alter_sys=True)
