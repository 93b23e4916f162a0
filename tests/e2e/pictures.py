"""Pictures as whoever has a link to one gets them."""

import io

import aiohttp
from PIL import Image


async def download(url: str) -> Image.Image:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200
        return Image.open(io.BytesIO(await response.read()))
