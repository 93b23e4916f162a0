"""A picture as v2beta sends it."""

import base64
import json

from aiohttp import web

from sandbox.stability.work import Work


def answer(work: Work, content: bytes, finish_reason: str) -> web.Response:
    type_ = f"image/{work.kind.lower()}"
    if work.as_json:
        encoded = base64.b64encode(content).decode()
        body = {"image": encoded, "finish_reason": finish_reason, "seed": work.seed}
        return web.Response(
            body=json.dumps(body).encode(), headers={"Content-Type": f"application/json; type={type_}"}
        )
    headers = {"Content-Type": type_, "finish-reason": finish_reason, "seed": str(work.seed)}
    return web.Response(body=content, headers=headers)
