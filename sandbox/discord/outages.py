"""REST calls that answer otherwise than they would: Discord's refusals, and what stands before Discord."""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from aiohttp import web

from sandbox.discord.wire import Json, encode


class Body(StrEnum):
    JSON = "json"
    """An error as Discord writes it; of a 2xx an empty object."""

    LIST = "list"
    HTML = "html"
    TEXT = "text"
    EMPTY = "empty"
    NULL = "null"
    CUT = "cut"
    """The connection ends without an answer."""


_PAGE = "<!DOCTYPE html><html><head><title>Attention Required!</title></head><body></body></html>"
_BLOCKED = "error code: 1015"


@dataclass(slots=True)
class RestFault:
    """`times` is None until it is healed. `applied`: the call is carried out, and only its answer is this."""

    status: int
    times: int | None = 1
    path: str = ""
    method: str = ""
    code: int = 0
    message: str = ""
    body: Body = Body.JSON
    via: bool = True
    retry_after_seconds: float | None = None
    applied: bool = False
    errors: Json | None = None
    for_all: bool = False

    @classmethod
    def read(cls, order: Json) -> "RestFault":
        """Raises KeyError, ValueError or TypeError for what is no such order."""
        status, times, pause = int(order["status"]), order.get("times", 1), order.get("retry_after")
        if not 200 <= status <= 599:
            raise ValueError("status")
        is_page = order.get("body") in ("html", "text")
        if not order.get("applied", False) and not is_page and status < 400:
            raise ValueError("applied")
        message = f"{status}: provoked"
        if status == 429:
            pause, message = 1.0 if pause is None else pause, "You are being rate limited."
        return cls(
            status,
            None if times is None else int(times),
            str(order.get("path", "")),
            str(order.get("method", "")),
            int(order.get("code", 0)),
            str(order.get("message", message)),
            Body(order.get("body", "json")),
            bool(order.get("via", True)),
            None if pause is None else float(pause),
            bool(order.get("applied", False)),
            order.get("errors"),
            bool(order.get("global", False)),
        )

    def meets(self, request: web.Request) -> bool:
        return self.times != 0 and self.path in request.path and self.method in ("", request.method)

    def answer(self) -> web.Response:
        headers = {}
        if self.retry_after_seconds is not None:
            headers["Retry-After"] = str(ceil(self.retry_after_seconds))
        if self.status == 429 and self.via:
            # Without Via, clients take it for the answer of a proxy that has locked them out.
            headers |= {"Via": "1.1 sandbox", "X-RateLimit-Scope": "global" if self.for_all else "shared"}
        content, content_type = self._content()
        return web.Response(
            status=self.status, headers=headers, body=content.encode(), content_type=content_type
        )

    def _content(self) -> tuple[str, str]:
        match self.body:
            case Body.HTML:
                return _PAGE, "text/html"
            case Body.TEXT:
                return _BLOCKED, "text/plain"
            case Body.EMPTY | Body.CUT:
                return "", "application/json"
            case Body.NULL:
                return "null", "application/json"
            case Body.LIST:
                return "[]", "application/json"
        if self.status < 400:
            return "{}", "application/json"
        error: Json = {"message": self.message, "code": self.code}
        if self.status == 429:
            error |= {"retry_after": self.retry_after_seconds, "global": self.for_all}
        if self.errors is not None:
            error["errors"] = self.errors
        return encode(error), "application/json"


class RestFaults:
    def __init__(self) -> None:
        self._orders: list[RestFault] = []

    def order(self, fault: RestFault) -> None:
        self._orders.append(fault)

    def heal(self) -> None:
        self._orders.clear()

    def meet(self, request: web.Request) -> RestFault | None:
        """The fault that this call meets, if any."""
        for fault in self._orders:
            if fault.meets(request):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None
