"""All is well in the house, and each fault that is provoked is named, with what to do about it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import asyncpg
import pytest
from aiohttp import ClientSession, web

from core.settings import DatabaseSettings
from db.pool import open_pool
from tests.conftest import database_of
from tests.front import front
from tests.house import House, start
from tests.lives import waiting
from tests.member import Member, fault, text


@dataclass(frozen=True, slots=True)
class Said:
    status: int
    lines: list[str]

    @property
    def wrong(self) -> list[str]:
        return [line for line in self.lines if not line.startswith("ok ")]


async def doctor(house: House, room: str, *arguments: str, **changes: str | None) -> Said:
    environment = {**os.environ, **house.servers.environment, **changes}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", room, "doctor", *arguments),
        env={name: value for name, value in environment.items() if value is not None},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return Said(process.returncode or 0, said.decode().splitlines())


@pytest.fixture
async def exits() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as exits:
        yield exits


async def test_all_is_well_in_the_house(house: House, ada: Member, exits: AsyncExitStack) -> None:
    # Members reach the bucket by another name than the house does.
    environment = house.servers.environment
    members_way = await exits.enter_async_context(front(environment["AWS_ENDPOINT_URL_S3"]))
    public = f"{members_way.url}/{environment['BUCKET_NAME']}"
    environment["PUBLIC_BUCKET_URL"] = public
    environment["CREDITS_PER_MONTH"] = "500.5"
    await start(house, ada)
    for said in (
        await doctor(house, "bot", "--channel", ada.channels["paintings"]),
        await doctor(house, "worker"),
    ):
        assert (said.status, said.wrong) == (0, []), said.lines
        assert len(said.lines) >= 10
        assert f"ok    links: open at {public}, with the right bytes" in said.lines
    # What nobody has set works, but somebody should.
    said = await doctor(house, "bot", CREDITS_PER_MONTH=None)
    assert said.status == 0
    (line,) = said.wrong
    assert line.startswith(
        "look  limit: all members together may use 2500 credits a month, since the first start"
    )
    assert "/owner" in line

    owner_says = await ada.reply(await ada.use("doctor"), lambda m: "checks are ok" in text(m))
    assert "15 of 15 checks are ok" in text(owner_says), text(owner_says)
    assert owner_says["flags"] & 64
    await fault(
        house.servers.discord.url, "forbid", channel=ada.channels["paintings"], permission="ATTACH_FILES"
    )
    owner_says = await ada.reply(await ada.use("doctor"), lambda m: "checks are ok" in text(m))
    assert "missing: Attach Files" in text(owner_says)


async def test_nobody_but_the_owner_is_told(house: House, ada: Member, ben: Member) -> None:
    await house.bot()
    await ada.until_bot_is(online=True)
    refused = await ben.reply(await ben.use("doctor", channel="dm"), lambda m: "Only the owner" in text(m))
    assert "checks" not in text(refused)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is changed in the environment and done to the house, and what has to be said then."""

    room: str
    expected: str
    changes: dict[str, str | None] = field(default_factory=dict)
    provoke: Callable[[House], Awaitable[None]] | None = None
    channel: bool = False


async def _run_out_of_credits(house: House) -> None:
    house.servers.stability.credits = 1.5


async def _pause(house: House) -> None:
    connection = await asyncpg.connect(house.servers.environment["DATABASE_URL"])
    await connection.execute(
        "insert into alarms (kind, provider, detail, probe_at) values ('no_credit', 'stability', 'x', now())"
    )
    await connection.close()


async def _let_somebody_wait(house: House) -> None:
    settings = DatabaseSettings.model_validate({"database_url": house.servers.environment["DATABASE_URL"]})
    async with open_pool(settings, name="test") as pool:
        await waiting(pool)
        await pool.execute("update orders set created_at = now() - interval '1 hour'")
        await pool.execute("update jobs set run_after = now() + interval '1 day'")


async def _forbid(house: House, permission: str) -> None:
    url = house.servers.discord.url
    async with ClientSession() as session, session.get(f"{url}/sandbox/world") as response:
        channels = (await response.json())["channels"]
    channel = next(one["id"] for one in channels if one["name"] == "paintings")
    await fault(url, "forbid", channel=channel, permission=permission)


FAULTS = {
    "a variable is missing": Fault(
        "bot", "WRONG settings: DISCORD_TOKEN: is missing", {"DISCORD_TOKEN": None}
    ),
    "a variable is wrong": Fault(
        "worker", "WRONG settings: WORKER_CONCURRENCY: ", {"WORKER_CONCURRENCY": "many"}
    ),
    "Postgres is away": Fault(
        "bot", "WRONG Postgres: does not answer", {"DATABASE_URL": "postgres://ann:secret-word@localhost:1/x"}
    ),
    "the bucket is another": Fault("worker", "WRONG bucket: cannot be used", {"BUCKET_NAME": "elsewhere"}),
    "the bucket's secret is wrong": Fault(
        "bot", "WRONG bucket: cannot be used", {"AWS_SECRET_ACCESS_KEY": "not-this-one"}
    ),
    "members reach the bucket elsewhere": Fault(
        "bot",
        "WRONG links: do not open at http://127.0.0.1:1/x: ",
        {"PUBLIC_BUCKET_URL": "http://127.0.0.1:1/x"},
    ),
    "links are to last longer than the service lets them": Fault(
        "worker", "WRONG links: answer 400 at ", {"LINK_TTL_SECONDS": "604801"}
    ),
    "the key is wrong": Fault(
        "worker", "WRONG Stability: does not answer as it should: bad_key", {"STABILITY_API_KEY": "sk-other"}
    ),
    "Stability is away": Fault(
        "worker", "WRONG Stability: does not answer", {"STABILITY_API_HOST": "http://localhost:1"}
    ),
    "the credits are used up": Fault(
        "worker", "WRONG Stability: 1.5 credits are left", provoke=_run_out_of_credits
    ),
    "the token is wrong": Fault(
        "bot", "WRONG token: Discord does not accept it", {"DISCORD_TOKEN": "not.this.one"}
    ),
    "nobody answers for Discord": Fault(
        "bot", "WRONG token: ClientConnectorError: Cannot", {"DISCORD_API_BASE": "http://127.0.0.1:1"}
    ),
    "the one server of the commands is another": Fault(
        "bot",
        "WRONG commands: 403 Forbidden (error code: 50001): Missing Access. Set COMMANDS_GUILD_ID to",
        {"COMMANDS_GUILD_ID": "123"},
    ),
    "the commands are not registered": Fault("bot", "WRONG commands: Discord has others, or none"),
    "all is paused": Fault("bot", "WRONG alarms: 1 open. The account with Stability", provoke=_pause),
    "no worker runs": Fault("bot", "WRONG workers: none is connected"),
    "somebody waits for long": Fault(
        "bot", "WRONG queue: 1 jobs wait, the oldest for 36", provoke=_let_somebody_wait
    ),
    "a permission is missing": Fault(
        "bot",
        "WRONG permissions: missing: Add Reactions",
        provoke=lambda house: _forbid(house, "ADD_REACTIONS"),
        channel=True,
    ),
    "the channel cannot be seen": Fault(
        "bot",
        "WRONG permissions: the channel cannot be seen",
        provoke=lambda house: _forbid(house, "VIEW_CHANNEL"),
        channel=True,
    ),
}


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS.keys())
async def test_a_fault_is_named(house: House, ada: Member, case: Fault) -> None:
    if case.provoke is not None:
        await case.provoke(house)
    channel = ("--channel", ada.channels["paintings"]) if case.channel else ()
    said = await doctor(house, case.room, *channel, **case.changes)
    assert said.status == 1
    assert [line for line in said.wrong if line.startswith(case.expected)], said.lines
    assert not any("secret-word" in line for line in said.lines)


async def test_a_schema_that_is_missing_and_a_second_url_that_leads_elsewhere(
    house: House, postgres_url: str
) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("drop database if exists bare")
    await connection.execute("create database bare")
    await connection.close()
    bare = database_of(postgres_url, "bare")
    said = await doctor(house, "worker", DATABASE_URL=bare)
    assert any(line.startswith("WRONG schema: ") and "python -m db migrate" in line for line in said.wrong)
    said = await doctor(house, "worker", DATABASE_LISTEN_URL=bare)
    expected = "WRONG Postgres: DATABASE_LISTEN_URL leads to another database than DATABASE_URL"
    assert any(line.startswith(expected) for line in said.wrong), said.lines


def _change_the_picture(response: web.Response) -> None:
    response.body = b"something else"


def _change_the_time(response: web.Response) -> None:
    response.headers["Date"] = "Wed, 01 Jan 2025 00:00:00 GMT"


@pytest.mark.parametrize(
    ("change", "expected"),
    [(_change_the_picture, "WRONG links: open something else"), (_change_the_time, "WRONG clock: ")],
)
async def test_what_stands_before_the_bucket_is_noticed(
    house: House, change: Callable[[web.Response], None], expected: str
) -> None:
    async with front(house.servers.environment["AWS_ENDPOINT_URL_S3"]) as one:

        async def answer(request: web.Request) -> web.Response | None:
            # Only to unsigned readers, those with a link.
            if "X-Amz-Signature" not in request.query and "Authorization" in request.headers:
                return None
            response = await one.passed_on(request)
            change(response)
            return response

        one.answer = answer
        said = await doctor(house, "worker", AWS_ENDPOINT_URL_S3=one.url)
    assert [line for line in said.wrong if line.startswith(expected)], said.lines
