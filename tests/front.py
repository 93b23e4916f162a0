"""What stands before a bucket: it passes requests on, or answers for itself as proxies and edges do."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import ClientSession, web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


class Front:
    """`answer` may answer in the bucket's place; None passes the request on. `asked` are all requests."""

    def __init__(self, bucket_url: str) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.answer: Answer | None = None
        self._bucket_url = bucket_url

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path_qs}")
        if self.answer is not None and (answered := await self.answer(request)) is not None:
            return answered
        return await self.passed_on(request)

    async def passed_on(self, request: web.Request) -> web.Response:
        async with (
            ClientSession(auto_decompress=False) as session,
            session.request(
                request.method,
                self._bucket_url + request.raw_path,
                headers=request.headers,
                data=await request.read(),
            ) as answer,
        ):
            headers = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
            return web.Response(status=answer.status, body=await answer.read(), headers=headers)


@asynccontextmanager
async def front(bucket_url: str) -> AsyncIterator[Front]:
    one = Front(bucket_url)
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", one.handle)
    # What breaks off in the middle has nothing more to wait for.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield one
    finally:
        await runner.cleanup()
