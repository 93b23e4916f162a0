"""What is on a picture, and not only its size: nothing is squeezed, turned over or another's."""

import pytest

from sandbox.stability import painter
from tests import marked
from tests.e2e.pictures import download
from tests.e2e.test_gallery import open_gallery, prompts
from tests.e2e.test_privacy import is_sent
from tests.house import House, start
from tests.member import Member, is_done, link_of, pictures_of

# Between the shapes that the model paints, so that much has to be cut off.
SIZES = ((532, 260), (260, 532), (300, 300), (340, 300))


async def test_a_picture_is_cut_to_its_size_and_shown_so_everywhere(
    house: House, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(painter, "paint", marked.paint)
    house.servers.stability.latency_seconds = 0
    await start(house, ada)
    asked = [await ada.imagine(f"a fox {w} wide", width=w, height=h) for w, h in SIZES]
    replies = [await ada.reply(interaction, is_done) for interaction in asked]
    for (width, height), done in zip(SIZES, replies, strict=True):
        original = await download(link_of(done))
        assert (original.format, original.size) == ("PNG", (width, height))
        marked.check(original)
        preview = await download(pictures_of(done)[0]["media"]["url"])
        assert preview.width / preview.height == pytest.approx(width / height, rel=0.02)
        marked.check(preview)

    page = await open_gallery(ada)
    for item in pictures_of(page):
        marked.check(await download(item["media"]["url"]))
    # Each number opens the picture that it stands on.
    for number, prompt in enumerate(prompts(page), start=1):
        opened = await ada.reply(await ada.press(page, str(number)), is_done)
        original = await download(link_of(opened))
        assert prompt == f"a fox {original.width} wide"
        marked.check(original)
    await ada.react(replies[0])
    sent = await ada.message(is_sent)
    for url in (pictures_of(sent)[0]["media"]["url"], link_of(sent)):
        image = await download(url)
        assert image.size == SIZES[0]
        marked.check(image)
    larger = await ada.reply(await ada.more(replies[3], "Upscale"), is_done)
    image = await download(link_of(larger))
    assert image.size == (1360, 1200)
    marked.check(image)
