"""A refusal in the shapes that Stability's two APIs give it."""

from uuid import uuid4

from aiohttp import web


class ApiError(Exception):
    """`problems` are v2beta's `errors`; v1 has them as one message."""

    def __init__(self, status: int, name: str, *problems: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {name}: {'; '.join(problems)}")
        self.status = status
        self.name = name
        self.problems = problems
        self.headers = headers or {}

    def response(self, path: str) -> web.Response:
        body: dict[str, object] = {"id": uuid4().hex, "name": self.name}
        if path.startswith("/v1/"):
            # The vendor's document demands a status and does not describe it.
            body |= {"message": "; ".join(self.problems), "status": self.status}
        else:
            body["errors"] = list(self.problems)
        return web.json_response(body, status=self.status, headers=self.headers)
