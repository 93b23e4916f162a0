"""Interactions as the gateway brings them, into the real client: each is answered, whatever is in it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from itertools import count
from typing import Any, cast

import discord
import pytest
from discord.webhook.async_ import async_context
from hypothesis import example, given
from hypothesis import strategies as st

from bot.buttons import press
from bot.client import Client
from bot.controls import Action, JobButton
from bot.edit import CUSTOM_ID
from bot.forget import ForgetButton
from bot.gallery import open_picture, turn
from bot.gallery_page import Move, PageButton, PictureSelect
from bot.services import Services
from bot.words import Languages
from db.downloads import Downloads
from db.erasure import Erasure
from db.favourites import Favourites
from db.gallery import Gallery
from db.jobs import Job, Jobs
from db.models import PAINTERS, PIXELS_MAX, PROMPT_LENGTH_MAX, SIDE_MAX, SIDE_MIN
from db.pictures import Pictures
from db.pool import Pool
from db.replies import Replies
from sandbox.discord.rules.messages import read_parts
from sandbox.discord.rules.modals import read_modal
from tests.fuzz.examples import fuzz, json_values, texts
from tests.lives import painted, waiting

MEMBER, GUILD = 10, 20
BROKE = "Something in Tigerbrush broke"
_numbers = count(10_000)


class Shelf:
    """Pictures without a bucket."""

    link_ttl_seconds = 60

    async def preview(self, _job: Job) -> bytes:
        return b"webp"

    async def link(self, job: Job, *, download: bool = False) -> str:
        return f"https://b.example/{job.id}{'?download' * download}"


class Answers:
    """Stands where discord.py calls Discord's REST API, and takes what Discord would take."""

    def __init__(self) -> None:
        self.first: list[dict[str, Any]] = []
        self.later: list[dict[str, Any]] = []

    async def create_interaction_response(self, _id: int, _token: str, *, params: Any, **_: Any) -> Any:
        payload = params.payload
        if payload["type"] == 4:
            read_parts(payload["data"], {}, lambda: str(next(_numbers)))
        elif payload["type"] == 9:
            read_modal(payload["data"])
        self.first.append(payload)
        return {"interaction": {"id": "1", "type": 2, "response_message_id": str(next(_numbers))}}

    async def edit_original_interaction_response(self, *_: Any, payload: Any = None, **__: Any) -> Any:
        self.later.append(payload or {})
        return message([])

    async def execute_webhook(self, *_: Any, payload: Any = None, **__: Any) -> Any:
        self.later.append(payload or {})
        return message([])

    @property
    def said(self) -> str:
        return str([*self.first, *self.later])


def message(components: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": str(next(_numbers)), "type": 0, "channel_id": "30", "content": "", "flags": 1 << 15,
        "author": USER, "attachments": [], "embeds": [], "mentions": [], "mention_roles": [], "pinned": False,
        "mention_everyone": False, "tts": False, "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None, "components": components,
    }  # fmt: skip


USER = {"id": str(MEMBER), "username": "m", "discriminator": "0", "avatar": None, "global_name": None}


def interaction(kind: int, data: dict[str, Any], *, in_guild: bool, **more: Any) -> dict[str, Any]:
    plain = {
        "id": str(next(_numbers) << 22), "application_id": "1", "type": kind, "token": "token", "version": 1,
        "attachment_size_limit": 1 << 20, "locale": "en-US", "app_permissions": "0", "entitlements": [],
        "authorizing_integration_owners": {}, "context": 0 if in_guild else 1, "data": data, **more,
    }  # fmt: skip
    if not in_guild:
        return {**plain, "channel": {"id": "31", "type": 1}, "channel_id": "31", "user": USER}
    member = {
        "user": USER, "roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False,
        "flags": 0, "permissions": str((1 << 31) | (1 << 11)),
    }  # fmt: skip
    channel = {"id": "30", "type": 0, "name": "c", "position": 0}
    return {**plain, "guild_id": str(GUILD), "channel": channel, "channel_id": "30", "member": member}


@pytest.fixture
async def client(pool: Pool) -> AsyncIterator[Client]:
    await painted(pool, member_id=MEMBER)
    await painted(pool, member_id=MEMBER + 1, private=True)
    await waiting(pool, member_id=MEMBER)
    client = Client()
    client.services = Services(
        jobs=Jobs(pool),
        replies=Replies(pool),
        gallery=Gallery(pool),
        favourites=Favourites(pool),
        downloads=Downloads(pool),
        erasure=Erasure(pool),
        pictures=cast(Pictures, Shelf()),
        languages=Languages(),
        model="core",
        wake=lambda: None,
        press=press,
        turn=turn,
        open=open_picture,
    )
    client.add_dynamic_items(JobButton, PageButton, PictureSelect, ForgetButton)
    me = cast(Any, {**USER, "id": "1"})
    client._connection.user = discord.ClientUser(state=client._connection, data=me)
    async with client:
        yield client


async def bring(client: Client, caplog: pytest.LogCaptureFixture, payload: dict[str, Any]) -> Answers:
    """All that comes of it. What discord.py had to catch, nobody was told of; so it breaks the test."""
    answers = Answers()
    async_context.set(cast(Any, answers))
    caplog.clear()
    before = asyncio.all_tasks()
    client._connection.parse_interaction_create(cast(Any, payload))
    async with asyncio.timeout(5):
        while tasks := {task for task in asyncio.all_tasks() - before if not _is_a_views_end(task)}:
            await asyncio.gather(*tasks)
    for task in asyncio.all_tasks() - before:
        task.cancel()
    lost = [
        record
        for record in caplog.records
        if record.name.startswith("discord") and record.levelno >= logging.ERROR
    ]
    assert lost == []
    assert len(answers.first) <= 1
    return answers


def _is_a_views_end(task: asyncio.Task[Any]) -> bool:
    """discord.py keeps the view of an ephemeral message for as long as its token lives."""
    return "timeout_task" in str(task.get_coro())


async def check_jobs(client: Client) -> None:
    """Whatever was stored can be painted; and the next example finds room for one more."""
    pool = client.services.jobs._pool
    for row in await pool.fetch("select * from jobs where state = 'queued'"):
        job = Job.from_row(row)
        assert job.model in PAINTERS or job.parent_id is not None
        assert 0 < len(job.prompt) <= PROMPT_LENGTH_MAX
        if job.parent_id is None:
            assert SIDE_MIN <= min(job.width, job.height) <= max(job.width, job.height) <= SIDE_MAX
            assert job.width * job.height <= PIXELS_MAX
    await pool.execute("delete from jobs where id > 3")


def option(name: str, value: object) -> dict[str, Any]:
    kind = 5 if isinstance(value, bool) else 4 if isinstance(value, int) else 3
    return {"name": name, "type": kind, "value": value}


numbers = st.integers(-1, 2000) | st.integers() | st.sampled_from([2**31, 2**63, 2**64, 10**40])
bounded = st.fixed_dictionaries(
    {"prompt": texts},
    optional={
        "width": numbers,
        "height": numbers,
        "seed": numbers,
        "shape": st.sampled_from(["square", "tall", "round", ""]) | texts,
        "model": st.sampled_from([*PAINTERS, "upscale-fast", "dall-e"]) | texts,
        "style": st.sampled_from(["anime", "no-style"]) | texts,
        "negative_prompt": texts,
        "private": st.booleans(),
        "spoiler": st.booleans(),
    },
)


@fuzz(120)
@given(options=bounded, in_guild=st.booleans())
@example({"prompt": "fox", "width": -5}, True)
@example({"prompt": "fox", "seed": 2**64}, True)
@example({"prompt": "fox", "seed": -1}, True)
@example({"prompt": "fox", "model": "upscale-fast"}, True)
@example({"prompt": "fox", "shape": "round"}, False)
@example({"prompt": "x" * 2001}, False)
async def test_a_picture_is_ordered_or_refused_in_words(
    client: Client, caplog: pytest.LogCaptureFixture, options: dict[str, Any], in_guild: bool
) -> None:
    data = {"id": "5", "name": "imagine", "type": 1, "options": [option(*pair) for pair in options.items()]}
    answers = await bring(client, caplog, interaction(2, data, in_guild=in_guild))
    assert [answer["type"] for answer in answers.first] == [4]
    assert BROKE not in answers.said
    await check_jobs(client)


commands = st.sampled_from(["imagine", "gallery", "queue", "forget-me", "imagin", "IMAGINE", ""]) | texts
names = st.sampled_from(["prompt", "width", "search", "member", "favourites", "page_size", "nobody"]) | texts


@fuzz(120)
@given(
    name=commands,
    options=st.lists(
        st.tuples(names, st.sampled_from([3, 4, 5, 10]), json_values)
        # Who or what is named by its id is looked up by discord.py, before anything of ours runs.
        | st.tuples(names, st.integers(6, 9), st.integers(0, 2**64).map(str)),
        max_size=4,
    ),
    in_guild=st.booleans(),
)
@example("gallery", [("page_size", 4, 0)], True)
@example("gallery", [("page_size", 4, 10)], True)
@example("gallery", [("search", 3, "x" * 6000)], True)
async def test_any_command_with_any_options_is_answered(
    client: Client,
    caplog: pytest.LogCaptureFixture,
    name: str,
    options: list[tuple[str, int, Any]],
    in_guild: bool,
) -> None:
    given_ = [{"name": name, "type": kind, "value": value} for name, kind, value in options]
    data = {"id": "5", "name": name, "type": 1, "options": given_}
    answers = await bring(client, caplog, interaction(2, data, in_guild=in_guild))
    assert len(answers.first) == 1
    assert answers.first[0]["type"] == 4 or len(answers.later) == 1
    await check_jobs(client)


@fuzz(40)
@given(typed=texts)
async def test_any_text_being_typed_is_answered_with_suggestions(
    client: Client, caplog: pytest.LogCaptureFixture, typed: str
) -> None:
    focused = {"name": "search", "type": 3, "value": typed, "focused": True}
    data = {"id": "6", "name": "gallery", "type": 1, "options": [focused]}
    (answer,) = (await bring(client, caplog, interaction(4, data, in_guild=True))).first
    assert all(1 <= len(choice["value"]) <= 100 for choice in answer["data"]["choices"])


numerals = st.sampled_from(["1", "2", "3", "0", "01", "9" * 18, "9" * 19, "9" * 20, "-1", "٣", ""])
presses = st.one_of(
    st.builds("job:{}:{}".format, st.sampled_from([*Action, "agai"]), numerals),
    st.builds(
        "gallery:{}:{}:{}:{}:{}:{}".format,
        st.sampled_from([*Move, "x"]),
        numerals,
        numerals,
        st.integers(0, 10),
        st.integers(0, 2),
        texts.map(lambda text: text[:40]),
    ),
    texts.map(lambda text: text[:100]),
)


@fuzz(120)
@given(custom_id=presses, in_guild=st.booleans())
@example("job:again:9999999999999999999", True)
@example("gallery:n:9999999999999999999:0:6:0:", True)
@example("gallery:s:1:99999999999999999999:6:0:", True)
@example("gallery:s:1:9999999999999999999:6:0:", True)
async def test_any_press_is_answered_or_is_not_ours(
    client: Client, caplog: pytest.LogCaptureFixture, custom_id: str, in_guild: bool
) -> None:
    button = {"type": 2, "style": 2, "label": "x", "custom_id": custom_id, "id": 2}
    shown = message([{"type": 1, "id": 1, "components": [button]}])
    data = {"custom_id": custom_id, "component_type": 2}
    answers = await bring(client, caplog, interaction(3, data, in_guild=in_guild, message=shown))
    items = (JobButton, PageButton, ForgetButton)
    ours = any(item.__discord_ui_compiled_template__.fullmatch(custom_id) for item in items)
    assert len(answers.first) == ours
    # A member of such a number there is none, so who asks for their pictures may be told of a fault.
    assert BROKE not in answers.said or "9" * 19 in custom_id
    await check_jobs(client)
    # Some presses end or erase what the next example is about.
    await client.services.jobs._pool.execute("update jobs set erased_at = null, prompt = 'fox' where id < 3")


@fuzz(40)
@given(values=st.lists(numerals | texts, max_size=3))
@example([])
@example(["x"])
@example(["9" * 19])
async def test_any_choice_in_the_menu_is_answered(
    client: Client, caplog: pytest.LogCaptureFixture, values: list[str]
) -> None:
    menu = {"type": 3, "custom_id": "gallery:open", "id": 2, "options": [{"label": "x", "value": "1"}]}
    shown = message([{"type": 1, "id": 1, "components": [menu]}])
    data = {"custom_id": "gallery:open", "component_type": 3, "values": values}
    answers = await bring(client, caplog, interaction(3, data, in_guild=True, message=shown))
    assert len(answers.first) == 1
    assert BROKE not in answers.said


fields = st.dictionaries(
    st.sampled_from(["prompt", "size", "negative_prompt", "else"]), texts | st.just("512 x 512")
)


@fuzz(80)
@given(
    custom_id=st.builds("edit:{}".format, numerals) | st.just("edit:1") | texts,
    components=json_values.map(lambda value: value if isinstance(value, list) else [value])
    | fields.map(
        lambda typed: [
            {"type": 18, "component": {"type": 4, "custom_id": name, "value": value}}
            for name, value in typed.items()
        ]
    ),
)
@example("edit:9999999999999999999", [])
@example("edit:1", [{"custom_id": "prompt", "value": "fox"}, {"custom_id": "size", "value": "٣٠٠ × ٣٠٠"}])
async def test_any_modal_is_answered_or_is_not_ours(
    client: Client, caplog: pytest.LogCaptureFixture, custom_id: str, components: list[Any]
) -> None:
    data = {"custom_id": custom_id, "components": components}
    answers = await bring(client, caplog, interaction(5, data, in_guild=True))
    assert len(answers.first) == (CUSTOM_ID.fullmatch(custom_id) is not None)
    assert BROKE not in answers.said
    await check_jobs(client)
