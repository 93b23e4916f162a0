"""What the bot logs of what members typed: nothing, whatever becomes of it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.messages.content import Content
from bot.replies.download_reactions import DownloadReactions
from bot.replies.messenger import Messenger, OutOfReach, Shown
from bot.replies.reconciler import Reconciler
from core.orders import Estimate, Progress, Reply
from core.redaction import Redaction
from core.settings import DatabaseSettings
from db.bucket.client import Bucket
from db.orders import Orders
from db.pool import Pool
from ops.logs import JobFilter, TextFormatter
from sandbox.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT
from tests.connected import Connected, connected
from tests.lives import stored

TYPED = "my secret garden"
SETTINGS = DatabaseSettings.model_validate({"database_url": "postgres://localhost/house"})


@pytest.fixture
async def bot(database_url: str, pool: Pool, bucket: Bucket) -> AsyncIterator[Connected]:
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket) as one:
        yield one


class Written(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.addFilter(JobFilter())
        self.setFormatter(TextFormatter(Redaction(SETTINGS)))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def written(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.INFO)
    handler = Written()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def command(name: str, **options: object) -> dict[str, Any]:
    kinds = {str: 3, int: 4, bool: 5}
    given = [{"name": key, "type": kinds[type(value)], "value": value} for key, value in options.items()]
    return {"id": "5", "name": name, "type": 1, "options": given}


def press(custom_id: str) -> tuple[dict[str, Any], list[Any]]:
    button = {"type": 2, "style": 2, "label": "x", "custom_id": custom_id, "id": 2}
    return {"custom_id": custom_id, "component_type": 2}, [{"type": 1, "id": 1, "components": [button]}]


async def said_by_a_library(_orders: Orders, progress: Progress) -> Estimate:
    async def say() -> None:
        logging.getLogger("asyncio").warning("a library says %r", progress.order.prompt)

    await asyncio.create_task(say())
    return Estimate()


async def deliver_a_reply(bot: Connected) -> None:
    """By a reconciler in front of a Discord that repeats what it refuses."""
    services = bot.client.services

    class Refusing(Messenger):
        async def deliver(self, reply: Reply, content: Content) -> Shown | None:
            raise OutOfReach(f"{reply.order.prompt!r} is no good")

    reconciler = Reconciler(
        services.orders, services.replies, services.picture_store, Refusing(bot.client, services.instruments),
        DownloadReactions(bot.client, services.rules.servers, reaction="x"), services.languages,
        services.instruments, concurrency=1,
    )  # fmt: skip
    await reconciler._reconcile(await stored(bot.pool, 1))


async def test_nothing_that_is_typed_is_logged_whatever_becomes_of_it(
    bot: Connected, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    def modal(**fields: str) -> dict[str, Any]:
        components = [{"type": 4, "custom_id": name, "value": value} for name, value in fields.items()]
        return {"custom_id": "edit:1", "components": components}

    await bot.interact(COMMAND, command("imagine", prompt=TYPED))
    await bot.interact(COMMAND, command("imagine", prompt=TYPED, style=TYPED))
    await bot.interact(COMMAND, command("imagine", prompt=TYPED, model=TYPED))
    await bot.interact(COMMAND, command("gallery", search=TYPED))
    await bot.interact(MODAL_SUBMIT, modal(prompt=TYPED, size=TYPED))
    await bot.interact(MODAL_SUBMIT, {"custom_id": TYPED, "components": []})
    for custom_id in (TYPED, f"order:{TYPED}:1", f"gallery:n:1:0:6:0:{TYPED}"):
        data, row = press(custom_id)
        await bot.interact(COMPONENT, data, components=row)
    focused = {"name": "search", "type": 3, "value": TYPED, "focused": True}
    await bot.interact(AUTOCOMPLETE, {"id": "6", "name": "gallery", "type": 1, "options": [focused]})

    async def broken(*_arguments: object, **_more: object) -> None:
        raise ValueError(f"{TYPED!r} is no good")

    # A library's own line, in whatever task of the handler's.
    monkeypatch.setattr("db.orders.Orders.estimate", said_by_a_library)
    await bot.interact(COMMAND, command("imagine", prompt=f"<@{bot.member_id}> in {TYPED}"))
    assert sum("a library says" in line for line in written.lines) == 1
    monkeypatch.setattr("db.orders.Orders.create", broken)
    monkeypatch.setattr("db.pictures.Pictures.page", broken)
    await bot.interact(COMMAND, command("imagine", prompt=TYPED))
    await bot.interact(COMMAND, command("gallery", search=TYPED))
    await bot.interact(MODAL_SUBMIT, modal(prompt=TYPED, size="512 x 512"))
    # What was typed for another's picture, and is asked for again by one who typed nothing.
    await bot.pool.execute("update orders set prompt = $1, private = false", TYPED)
    data, row = press("order:again:1")
    await bot.interact(COMPONENT, data, components=row)
    await deliver_a_reply(bot)
    assert sum("tried again" in line for line in written.lines) == 1
    refused = ("an interaction was refused", "what was filled in was refused")
    assert sum(any(what in line for what in refused) for line in written.lines) >= 3
    assert sum("an interaction failed" in line for line in written.lines) >= 3
    assert [line for line in written.lines if "garden" in line] == []
