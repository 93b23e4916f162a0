"""`python -m benchmarks.stability`: a Stability that answers any call at once with the same picture.

It prints its URL, so it is in the way of nothing that is measured: a process of its own, and no work in it.
"""

import argparse
import asyncio
import io

from aiohttp import web
from PIL import Image

SIDE = 1024


def picture() -> bytes:
    """A PNG of about 1.5 MB: soft forms, and a little grain."""
    channels = [Image.effect_noise((8, 8), 90).resize((SIDE, SIDE)) for _ in range(3)]
    grain = Image.effect_noise((SIDE, SIDE), 40).convert("RGB")
    buffer = io.BytesIO()
    Image.blend(Image.merge("RGB", channels), grain, 0.05).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


async def serve(latency_seconds: float) -> None:
    content = picture()

    async def paint(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.sleep(latency_seconds)
        return web.Response(body=content, content_type="image/png", headers={"seed": "7"})

    app = web.Application()
    app.router.add_post("/{path:.*}", paint)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print("http://{}:{}".format(*runner.addresses[0]), flush=True)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stability", description=__doc__)
    parser.add_argument("--latency-seconds", type=float, default=0)
    asyncio.run(serve(parser.parse_args().latency_seconds))


if __name__ == "__main__":
    main()
