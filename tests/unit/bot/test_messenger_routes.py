"""What goes to Discord by each way to a reply, and what each of its answers means."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import discord
import pytest

from bot.instruments import Instruments
from bot.messages.content import Content, File, notice
from bot.replies.messenger import Messenger, OutOfReach, Shown, Undeliverable
from core.orders import Progress, Reply, State
from ops.metrics import new_registry
from tests.jobs import done, job, order, progress, reply
from tests.unit.bot.edge import EPHEMERAL, Edge, refusal

NOT_HERE, GONE, UNKNOWN = refusal(403, 50013, "No  access"), refusal(404, 10003), refusal(404, 10008)
ALIVE = timedelta(minutes=5)
SECRET = order(private=True)
CONTENT = Content(notice("done"), (File("fox.webp", b"webp", "a fox"),))


@pytest.fixture
def edge(monkeypatch: pytest.MonkeyPatch) -> Edge:
    return Edge().take_webhooks(monkeypatch)


def replied(shown: Progress | None = None, **changes: Any) -> Reply:
    """In its channel, 30, by the message 5; the token is alive."""
    return reply(
        shown or done(), **{"message_id": 5, "token_expires_at": datetime.now(UTC) + ALIVE, **changes}
    )


def messenger(edge: Edge, instruments: Instruments | None = None) -> Messenger:
    return Messenger(cast("Any", edge), instruments or Instruments(new_registry()))


async def deliver(edge: Edge, of: Reply) -> Shown | None:
    return await messenger(edge).deliver(of, CONTENT)


def close(edge: Edge, **ways: BaseException) -> None:
    for name, error in ways.items():
        edge.faults[name] = [error]


def files(how: dict[str, Any]) -> list[tuple[str, str | None, bytes]]:
    found: list[discord.File] = how.get("attachments") or how["files"]
    return [(file.filename, file.description, file.fp.read()) for file in found]


SENT = [("fox.webp", "a fox", b"webp")]


async def test_a_token_edits_the_message_through_the_proxy_and_tells_where_it_is(edge: Edge) -> None:
    edge.at_channel = 31
    assert await deliver(edge, replied()) == Shown(31, 5)
    ((name, _channel, message_id, how),) = edge.calls
    assert (name, message_id, how["proxy"], how["view"]) == ("token", 5, "http://proxy", CONTENT.view)
    assert files(how) == SENT


async def test_where_the_answer_is_not_known_the_token_names_the_first_one(edge: Edge) -> None:
    assert await deliver(edge, replied(message_id=None)) == Shown(30, 5)
    assert [call[2] for call in edge.calls] == ["@original"]


async def test_what_was_said_to_its_member_alone_is_no_place_for_a_public_reply(edge: Edge) -> None:
    edge.flags = EPHEMERAL
    assert await deliver(edge, replied()) is None
    assert await deliver(edge, replied(done(of=SECRET))) == Shown(30, 5)


@pytest.mark.parametrize("shown", [done(), progress(job(state=State.RUNNING))])
async def test_the_bot_edits_its_message_where_that_is(edge: Edge, shown: Progress) -> None:
    assert await deliver(edge, replied(shown, token=None, channel_id=77)) == Shown(77, 5)
    assert await deliver(edge, replied(shown, token=None)) == Shown(30, 5)
    assert [(name, channel_id, id_) for name, channel_id, id_, _how in edge.calls] == [
        ("edit", 77, 5),
        ("edit", 30, 5),
    ]
    assert edge.calls[0][3]["view"] is CONTENT.view
    assert files(edge.calls[0][3]) == SENT


async def test_a_reply_that_nothing_finds_is_posted_in_its_channel_by_a_nonce_of_its_order(
    edge: Edge,
) -> None:
    assert await deliver(edge, replied(token=None, message_id=None)) == Shown(30, 501)
    ((name, channel_id, _id, how),) = edge.calls
    assert (name, channel_id, how["nonce"], how["guild_id"]) == ("post", 30, "order-1", 20)
    assert files(how) == SENT


async def test_at_last_its_own_member_is_sent_it_by_direct_message(edge: Edge) -> None:
    close(edge, token=NOT_HERE, edit=NOT_HERE, post=NOT_HERE)
    assert await deliver(edge, replied()) == Shown(1010, 505)
    assert edge.names() == ["token", "edit", "post", "open", "direct"]
    assert edge.calls[3][1] == 10
    name, channel_id, _id, how = edge.calls[4]
    assert (name, channel_id, how["nonce"]) == ("direct", 1010, "order-1")
    assert files(how) == SENT


async def test_a_private_reply_goes_to_its_member_alone_and_is_taken_back_where_it_was(edge: Edge) -> None:
    close(edge, token=NOT_HERE)
    assert await deliver(edge, replied(done(of=SECRET))) is not None
    assert edge.names() == ["token", "open", "direct", "take back"]
    assert edge.calls[-1][2:] == (5, {"proxy": "http://proxy"})
    edge.calls.clear()
    # It is a direct message already, and stays.
    close(edge, token=NOT_HERE, edit=NOT_HERE)
    assert await deliver(edge, replied(done(of=SECRET), channel_id=77)) is not None
    assert edge.names() == ["token", "edit", "open", "direct"]
    edge.calls.clear()
    assert await deliver(edge, replied(done(of=SECRET), token=None)) is not None
    assert edge.names() == ["open", "direct"]


async def test_a_public_reply_is_not_taken_back_for_a_direct_message(edge: Edge) -> None:
    close(edge, token=NOT_HERE, edit=NOT_HERE, post=NOT_HERE)
    await deliver(edge, replied())
    assert "take back" not in edge.names()
    assert "delete" not in edge.names()


async def test_that_it_could_not_be_taken_back_is_no_fault(edge: Edge) -> None:
    close(edge, token=NOT_HERE)
    edge.faults["take back"] = [ConnectionError()]
    assert await deliver(edge, replied(done(of=SECRET))) is not None


@pytest.mark.parametrize("token", [None, "token"])
async def test_a_reply_that_was_deleted_is_not_posted_again(edge: Edge, token: str | None) -> None:
    close(edge, token=UNKNOWN, edit=UNKNOWN)
    with pytest.raises(Undeliverable, match="the reply was deleted"):
        await deliver(edge, replied(token=token))
    # A token finds only what was sent by it; the bot finds all.
    assert edge.names() == (["token", "edit"] if token else ["edit"])


async def test_a_private_reply_that_was_deleted_is_sent_to_nobody(edge: Edge) -> None:
    close(edge, token=UNKNOWN)
    with pytest.raises(Undeliverable, match="the reply was deleted"):
        await deliver(edge, replied(done(of=SECRET)))
    assert edge.names() == ["token"]


async def test_an_answer_that_never_came_is_not_one_that_was_deleted(edge: Edge) -> None:
    close(edge, token=UNKNOWN)
    assert await deliver(edge, replied(message_id=None)) == Shown(30, 502)
    assert edge.names() == ["token", "post"]


async def test_no_way_at_all_says_what_each_answered(edge: Edge) -> None:
    close(edge, token=NOT_HERE, edit=refusal(403, 50001, ""), post=GONE, direct=NOT_HERE)
    with pytest.raises(OutOfReach) as raised:
        await deliver(edge, replied())
    assert str(raised.value) == (
        "by token: No access; as bot: 403; in the channel: No; by direct message: No access"
    )


async def test_where_all_is_gone_nothing_is_waited_for(edge: Edge) -> None:
    close(edge, token=GONE, edit=GONE, post=GONE, open=refusal(404, 10013))
    with pytest.raises(Undeliverable):
        await deliver(edge, replied())


async def test_an_intermediate_state_is_not_worth_waiting_for(edge: Edge) -> None:
    running = progress(job(state=State.RUNNING))
    close(edge, token=NOT_HERE, edit=NOT_HERE)
    with pytest.raises(Undeliverable, match="by token: No access; as bot: No access"):
        await deliver(edge, replied(running))
    with pytest.raises(Undeliverable, match="no way is left"):
        await deliver(edge, replied(running, token=None, message_id=None))


@pytest.mark.parametrize("fault", [refusal(503, 0), refusal(429, 0), ConnectionError()])
async def test_a_fault_that_passes_is_raised_at_once(edge: Edge, fault: Exception) -> None:
    close(edge, token=fault)
    with pytest.raises(type(fault)):
        await deliver(edge, replied())
    assert edge.names() == ["token"]


async def test_each_delivery_and_each_fault_is_counted_by_its_way(edge: Edge) -> None:
    registry = new_registry()
    close(edge, token=NOT_HERE)
    await messenger(edge, Instruments(registry)).deliver(replied(), CONTENT)
    assert registry.get_sample_value("tigerbrush_reply_edits_total", {"way": "bot"}) == 1
    failed = {"way": "token", "code": "50013"}
    assert registry.get_sample_value("tigerbrush_reply_edit_failures_total", failed) == 1


async def test_what_discord_took_is_delivered_whatever_it_answered(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sending.is_taken", lambda _error: True)
    close(edge, token=KeyError("id"))
    assert await deliver(edge, replied(channel_id=31)) == Shown(31, 5)
    assert edge.names() == ["token"]
    # Where it is is asked for, if that is not known yet.
    close(edge, token=KeyError("id"))
    assert await deliver(edge, replied(message_id=None)) == Shown(30, 5)
    assert edge.names()[1:] == ["token", "fetch"]
    assert edge.calls[-1][2] == "@original"
    close(edge, token=KeyError("id"), fetch=ConnectionError())
    assert await deliver(edge, replied(message_id=None)) is None
    close(edge, edit=KeyError("id"))
    assert await deliver(edge, replied(token=None)) == Shown(30, 5)
    # By its nonce Discord tells of a message again.
    edge.calls.clear()
    close(edge, post=KeyError("id"))
    assert await deliver(edge, replied(token=None, message_id=None)) == Shown(30, 502)
    assert [how["nonce"] for *_call, how in edge.calls] == ["order-1", "order-1"]
    close(edge, post=KeyError("id"))
    edge.faults["post"].append(KeyError("id"))
    assert await deliver(edge, replied(token=None, message_id=None)) is None


@pytest.mark.parametrize(
    ("of", "removed"),
    [
        ({}, ("delete", 30, 5)),
        ({"token": None, "channel_id": 77}, ("delete", 77, 5)),
        ({"message_id": None}, ("take back", 30, "@original")),
        ({"shown": done(of=SECRET)}, ("take back", 30, 5)),
        ({"shown": done(of=SECRET), "channel_id": 77}, ("delete", 77, 5)),
    ],
)
async def test_a_reply_is_removed_by_who_finds_it(
    edge: Edge, of: dict[str, Any], removed: tuple[str, int, Any]
) -> None:
    await messenger(edge).remove(replied(**of))
    assert [call[:3] for call in edge.calls] == [removed]


async def test_what_cannot_be_found_is_not_removed(edge: Edge) -> None:
    await messenger(edge).remove(replied(message_id=None, token=None))
    with pytest.raises(Undeliverable, match="nothing but its token"):
        await messenger(edge).remove(replied(done(of=SECRET), token=None))
    assert edge.calls == []


async def test_what_keeps_a_reply_from_being_removed(edge: Edge) -> None:
    close(edge, delete=UNKNOWN)
    await messenger(edge).remove(replied())
    close(edge, delete=NOT_HERE)
    with pytest.raises(OutOfReach, match="the message could not be removed: No access"):
        await messenger(edge).remove(replied())
    close(edge, delete=refusal(503, 0))
    with pytest.raises(discord.HTTPException):
        await messenger(edge).remove(replied())
