"""What is kept of the calls: the bill, and what went over the wire."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from sandbox.stability.work import Input, Work


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture that came with a call: its sides in pixels, its size in bytes."""

    width: int
    height: int
    bytes: int
    sha256: str

    @classmethod
    def of(cls, picture: Input) -> "Sent":
        digest = hashlib.sha256(picture.content).hexdigest()
        return cls(picture.width, picture.height, len(picture.content), digest)


@dataclass(frozen=True, slots=True)
class Call:
    """One call for a picture. `sha256` is that of the picture sent; `billed` is in credits; `at` is
    when it was answered, in seconds since the epoch.

    `fields` are the form's texts as they came, and `inputs` its pictures. A call that is answered later is
    billed when it is submitted, and has a `generation_id`: what became of it is in the server's `generations`.
    """

    path: str
    model: str
    prompt: str
    negative_prompt: str
    style: str
    seed: int
    status: int
    sha256: str | None
    request_id: str
    billed: float
    at: float
    fields: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, Sent] = field(default_factory=dict)
    client_id: str = ""
    client_user_id: str = ""
    generation_id: str | None = None

    @classmethod
    def of(cls, request: web.Request, work: Work, request_id: str, status: int, at: float) -> "Call":
        """What is known of it before its bill."""
        return cls(
            request.path,
            work.model,
            work.prompt,
            work.negative_prompt,
            work.style,
            work.seed,
            status,
            None,
            request_id,
            0.0,
            at,
            work.fields,
            {name: Sent.of(picture) for name, picture in work.inputs.items()},
            request.headers.get("stability-client-id", ""),
            request.headers.get("stability-client-user-id", ""),
        )


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call of either API as it went over the wire, to be checked against the vendor's document.

    `body` is empty for a form: see `Call.fields`.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    content_type: str
    answer: bytes

    @classmethod
    async def of(cls, request: web.Request, response: web.Response) -> "Exchange":
        return cls(
            request.method,
            request.path,
            {name: value for name, value in request.headers.items() if name != "Authorization"},
            # A form was read as a stream, of which nothing is left.
            b"" if request.content_type == "multipart/form-data" else await request.read(),
            response.status,
            response.content_type,
            response.body if isinstance(response.body, bytes) else b"",
        )
