"""Whatever Discord, or what stands before it, answers: a finished picture reaches its member, and once."""

import logging
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest

from bot.replies.copies import PAUSE_SECONDS_MIN
from core.orders import Reply
from core.settings import DatabaseSettings
from db.bucket.client import Bucket
from db.erasure import Erasure
from db.pool import Pool
from sandbox.discord.interactions import COMMAND, COMPONENT, MODAL_SUBMIT
from sandbox.discord.state import Interaction, Message
from tests.conditions import until
from tests.connected import BOUND_SECONDS, caught
from tests.lives import fill
from tests.places import first_of
from tests.replying import Replying, replying

DONE = "Full size"
RUNNING = "🔄"
WAITING = "⏳"
EDIT, POST, DELETE = "PATCH", "POST", "DELETE"
BY_TOKEN, MESSAGES, DIRECT = "/webhooks/", "/messages", "/users/@me/channels"
FIRST_ANSWER = "/callback"


@pytest.fixture
async def house(
    database_url: str, pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Replying]:
    monkeypatch.setattr("bot.orders.HOURGLASS_SECONDS", 0.0)
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with replying(settings, pool, bucket) as one:
        yield one


async def erase(house: Replying, reply: Reply) -> None:
    """All of it."""
    for picture in (await house.now(reply)).progress.pictures:
        await Erasure(house.pool).erase(picture.id)


async def test_a_pause_that_the_edge_asks_for_is_kept(house: Replying) -> None:
    reply, _ = await house.ask()
    for body in ("json", "text"):
        await house.refuse(429, via=False, retry_after=2, body=body, times=1, path=BY_TOKEN)
    await house.paint(reply)
    await house.shown(reply)
    (read,) = house.read()
    assert DONE in read
    edits = [e for e in house.one.exchanges if e.method == EDIT]
    assert [e.status for e in edits] == [429, 429, 200]
    assert all(later.arrived_at - earlier.arrived_at >= 2 for earlier, later in pairwise(edits))


async def test_a_pause_for_all_calls_that_is_longer_than_an_edit_may_take_stops_none_for_good(
    house: Replying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.replies.reconciler.EDIT_TIMEOUT_SECONDS", 0.5)
    reply, _ = await house.ask()
    await house.fault("expire_tokens")
    await house.refuse(429, retry_after=1, **{"global": True}, times=1, method=EDIT, path="/channels/")
    await house.paint(reply)
    await house.shown(reply)
    assert DONE in house.read()[0]


async def test_a_time_that_goes_by_is_replaced_once(house: Replying) -> None:
    """Of one that waits and of one that is painted; usually a picture takes eight seconds."""
    await fill(house.pool, 3, state="done")
    reply, _ = await house.ask()
    other, _ = await house.ask()
    assert all("Likely done <t:" in read for read in house.read())
    await house.begin(reply)
    await house.shown(reply)
    await house.pool.execute(
        "update jobs set started_at = started_at - interval '1 hour' where state = 'running';"
        "update replies set due_at = now(), shown_place = 1, estimate_over_at = now() "
        "where estimate_over_at is not null"
    )
    house.reconciler.poll()
    for one in (reply, other):
        await until(lambda one=one: house.now(one), lambda now: now.estimate_over_at is None)  # type: ignore[misc] # mypy infers no default
    assert all("ny moment now." in read for read in house.read())
    # The first spinner, and two as time went by.
    assert house.statuses(EDIT, BY_TOKEN) == [200] * 3


async def test_a_page_of_the_edge_closes_no_way(house: Replying, caplog: pytest.LogCaptureFixture) -> None:
    async def logged() -> str:
        return caplog.text

    for status in (401, 403, 404):
        reply, _ = await house.ask()
        running = await house.begin(reply)
        await house.shown(reply)
        caplog.clear()
        await house.refuse(status, body="html", path="/channels/")
        await house.refuse(status, body="html", path=BY_TOKEN)
        await house.finish(running)
        await until(logged, lambda text: "tried again in 1 s" in text)
        await house.deliver()
        await house.shown(reply)
        assert DONE in house.read()[-1]
    assert len(house.read()) == 3
    assert house.read(direct=True) == []


async def test_an_archived_thread_is_answered_by_a_message_and_a_deletion_waits_for_it(
    house: Replying,
) -> None:
    reply, _ = await house.ask()
    await house.refuse(400, code=50083, method=EDIT)
    await house.paint(reply)
    shown = await house.shown(reply)
    # The old one is taken back, so that nobody waits before a spinner.
    (read,) = await house.all_read(1)
    assert DONE in read
    assert str(shown.message_id) == house.messages()[0].id

    await house.refuse(400, code=50083, method=DELETE)
    await erase(house, reply)
    house.reconciler.wake()
    assert "could not be removed" in await house.failure(reply)
    assert len(house.messages()) == 1
    await house.deliver()
    await house.shown(reply)
    assert house.messages() == []


async def test_a_spinner_in_a_channel_that_was_closed_goes_when_it_is_open_again(house: Replying) -> None:
    reply, _ = await house.ask()
    running = await house.begin(reply)
    await house.shown(reply)
    channel = {"channel": house.one.channel().id, "permission": "VIEW_CHANNEL"}
    await house.fault("expire_tokens")
    await house.fault("forbid", **channel)
    await house.finish(running)
    await house.shown(reply)
    assert DONE in house.read(direct=True)[0]
    assert RUNNING in house.read()[0]

    async def postponed() -> bool:
        statement = "select due_at between now() and now() + make_interval(secs => $1) from copies"
        return bool(await house.pool.fetchval(statement, PAUSE_SECONDS_MIN))

    # Else what follows is written over by the pause after the first try.
    await until(postponed, bool)
    await house.fault("allow", **channel)
    # However long that took, and whatever bot it is that does it.
    await house.pool.execute("update copies set due_at = now(), due_since = now() - interval '9 days'")
    await house.all_read(0)
    assert DONE in house.read(direct=True)[0]


async def test_what_was_deleted_is_taken_away_as_soon_as_discord_lets_it(house: Replying) -> None:
    refusals: list[dict[str, Any]] = [
        {"status": 404, "body": "html"},
        {"status": 429, "via": False, "retry_after": 1},
        {"status": 403, "code": 50001},
    ]
    for refusal in refusals:
        reply, _ = await house.ask()
        await house.paint(reply)
        await house.shown(reply)
        before = len(house.statuses(DELETE, MESSAGES))
        await house.refuse(**refusal, method=DELETE)
        await erase(house, reply)
        house.reconciler.wake()
        await house.answered(DELETE, MESSAGES, before + 1)
        assert len(house.messages()) == 1
        await house.deliver()
        await house.shown(reply)
        assert house.messages() == []


async def test_a_private_reply_is_removed_by_its_token(house: Replying) -> None:
    reply, _ = await house.ask(private=True)
    await house.paint(reply)
    await house.shown(reply)
    await erase(house, reply)
    house.reconciler.wake()
    await house.shown(reply)
    assert house.messages() == []
    assert await house.pool.fetchval("select token from replies") is None


async def test_a_picture_that_discord_does_not_take_is_words_and_a_link(house: Replying) -> None:
    refusals = [(400, 20009, "explicit"), (400, 50035, "did not take"), (413, 40005, "did not take")]
    for status, code, why in refusals:
        reply, _ = await house.ask()
        running = await house.begin(reply)
        await house.shown(reply)
        await house.refuse(status, code=code, times=1, method=EDIT)
        await house.finish(running)
        await house.shown(reply)
        assert house.statuses(EDIT, BY_TOKEN)[-2:] == [status, 200]
        assert house.messages()[-1].attachments == []
        assert DONE in house.read()[-1]
        assert why in house.read()[-1]


async def test_a_link_that_is_no_button_is_text_below_the_picture(house: Replying) -> None:
    reply, _ = await house.ask()
    running = await house.begin(reply)
    await house.shown(reply)
    wrong = {"url": {"_errors": [{"code": "URL_TYPE_INVALID_URL", "message": "Not a well formed URL."}]}}
    await house.refuse(400, code=50035, errors={"components": {"0": wrong}}, times=1, method=EDIT)
    await house.finish(running)
    await house.shown(reply)
    (message,) = house.messages()
    assert len(message.attachments) == 1
    assert "[Full size" in house.read()[0]


async def test_an_edit_that_is_taken_is_shown_once_whatever_is_answered(
    house: Replying, caplog: pytest.LogCaptureFixture
) -> None:
    for body in ("json", "empty", "null", "list"):
        reply, _ = await house.ask()
        before = len(house.statuses(EDIT, "/"))
        await house.refuse(200, applied=True, body=body, method=EDIT)
        running = await house.begin(reply)
        await house.shown(reply)
        await house.finish(running)
        await house.shown(reply)
        assert DONE in house.read()[-1]
        # As the bot's own message too, once the token's life is over.
        await house.fault("expire_tokens")
        await house.change(reply)
        await house.shown(reply)
        assert house.statuses(EDIT, "/")[before:] == [200, 200, 200]
        await house.fault("heal_rest")
    assert [record for record in caplog.records if record.exc_info] == []


async def test_a_private_picture_that_came_by_direct_message_is_changed_there(house: Replying) -> None:
    """As a spilled one is, once its link is known; its token, that does not find it, is alive."""
    reply, _ = await house.ask(private=True)
    await house.refuse(400, code=50083, path=BY_TOKEN, method=EDIT)
    await house.paint(reply)
    await house.shown(reply)
    # Nobody sees its picture twice, or goes on waiting before a spinner.
    assert house.messages() == []
    await house.fault("heal_rest")
    await house.pool.execute("update pictures set width = 555")
    await house.change(reply)
    await house.shown(reply)
    (read,) = house.read(direct=True)
    assert "555 ×" in read


async def test_a_fault_in_the_network_before_discord_passes(house: Replying) -> None:
    reply, _ = await house.ask()
    await house.refuse(403, code=40333)
    await house.paint(reply)
    await house.answered(EDIT, BY_TOKEN, 2)
    await house.deliver()
    await house.shown(reply)
    (read,) = house.read()
    assert DONE in read
    assert house.statuses(POST, MESSAGES) == []


async def test_a_page_is_not_believed_though_it_has_the_status_of_a_success(house: Replying) -> None:
    page: dict[str, Any] = {"status": 200, "body": "html", "times": 1}
    for refused in (False, True):
        reply, _ = await house.ask()
        running = await house.begin(reply)
        await house.shown(reply)
        before = len(house.statuses(EDIT if not refused else POST, "/"))
        await house.refuse(**page, method=POST if refused else EDIT, path=MESSAGES if refused else BY_TOKEN)
        if refused:
            await house.refuse(403, code=50013, method=EDIT)
        await house.finish(running)
        await house.answered(POST if refused else EDIT, "/", before + 1)
        await house.deliver()
        await house.shown(reply)
        (read,) = house.read()
        assert DONE in read
        before = len(house.statuses(DELETE, MESSAGES))
        await house.refuse(**page, method=DELETE)
        await erase(house, reply)
        house.reconciler.wake()
        await house.answered(DELETE, MESSAGES, before + 1)
        await house.deliver()
        await house.all_read(0)


async def test_a_message_that_is_taken_is_sent_once_whatever_is_answered(house: Replying) -> None:
    reply, _ = await house.ask()
    await house.refuse(403, code=50013, method=EDIT)
    await house.refuse(403, code=50013, method=POST, path=f"/channels/{house.one.channel().id}/")
    # First the direct messages cannot be opened, for what is answered, and then too many were.
    await house.refuse(200, applied=True, times=1, path=DIRECT)
    await house.refuse(400, code=40003, times=1, path=DIRECT)
    await house.refuse(200, applied=True, body="empty", method=POST, path=MESSAGES)
    await house.paint(reply)
    await house.shown(reply)
    (read,) = house.read(direct=True)
    assert DONE in read
    assert house.statuses(POST, DIRECT) == [200, 400, 200]


async def test_where_a_picture_is_is_learnt_though_an_answer_cannot_be_read(
    house: Replying,
) -> None:
    ways: list[tuple[dict[str, Any], ...]] = [
        ({"status": 403, "code": 50013, "method": EDIT}, {"status": 200, "method": POST, "path": MESSAGES}),
        ({"status": 200, "path": FIRST_ANSWER}, {"status": 200, "method": EDIT}),
    ]
    for way in ways:
        for fault in way:
            kept = {"times": 1, "applied": True} if fault["status"] == 200 else {}
            await house.refuse(**{**fault, **kept, "body": "empty" if kept else "json"})
        reply, _ = await house.ask()
        await house.paint(reply)
        shown = await house.shown(reply)
        newest = house.messages()[-1]
        assert (str(shown.message_id), DONE in house.read()[-1]) == (newest.id, True)
        await house.fault("heal_rest")


async def test_a_reply_whose_place_nothing_tells_is_found_by_the_press_of_delete(house: Replying) -> None:
    reply, _ = await house.ask()
    await house.paint(reply)
    shown = await house.shown(reply)
    (message,) = house.messages()
    await house.pool.execute("update replies set message_id = null")
    for action in ("delete", "erase"):
        await press(
            house, message, {"custom_id": f"picture:{action}:{first_of(reply.order)}", "component_type": 2}
        )
    house.reconciler.wake()
    await house.shown(reply)
    assert str(shown.message_id) not in [one.id for one in house.messages()]


async def press(house: Replying, message: Message, data: dict[str, Any]) -> None:
    came = house.one.client.wait_for("interaction", timeout=BOUND_SECONDS)
    house.one.server.interactions.begin(
        COMPONENT, house.one.member_id, house.one.channel(), data, locale="en-US", message=message
    )
    await came
    await house.one.settle()


async def test_a_stored_order_is_never_said_to_have_broken(
    house: Replying, caplog: pytest.LogCaptureFixture
) -> None:
    for body in ("json", "empty", "null", "html"):
        house.one.server.world.messages.clear()
        await house.refuse(200, applied=True, body=body, path=FIRST_ANSWER)
        reply, asked = await house.ask()
        again, edited = await press_again(house, reply), await submit_edit(house, reply)
        await house.fault("heal_rest")
        for interaction in (asked, again, edited):
            asked_for = await house.reply_of(interaction)
            await house.paint(asked_for)
            await house.shown(asked_for)
        pictures = [one for one in house.read() if DONE in one]
        assert len(pictures) == 3
        assert not any("broke" in one or "charged" in one for one in house.read())
    assert caught(caplog) == []
    assert [record for record in caplog.records if record.exc_info] == []


async def test_what_a_button_made_names_its_member_and_tells_nobody(house: Replying) -> None:
    reply, _ = await house.ask()
    again = await house.reply_of(await press_again(house, reply))
    named = f"for <@{house.one.member_id}>"
    assert sum(named in read for read in house.read()) == 1
    await house.paint(reply)
    await house.paint(again)
    for one in (reply, again):
        await house.shown(one)
    assert sum(named in read for read in house.read()) == 1
    assert not any(message.mention_ids for message in house.messages())


async def press_again(house: Replying, reply: Reply) -> Interaction:
    button = {"type": 2, "style": 2, "label": "Again", "custom_id": f"order:again:{reply.order.id}", "id": 2}
    row = [{"type": 1, "id": 1, "components": [button]}]
    press = {"custom_id": button["custom_id"], "component_type": 2}
    return await house.one.interact(COMPONENT, press, components=row)


async def submit_edit(house: Replying, reply: Reply) -> Interaction:
    fields = [
        {"type": 18, "id": number, "component": {"type": 4, "id": 9, "custom_id": name, "value": value}}
        for number, (name, value) in enumerate([("prompt", "a bear"), ("size", "256 × 256")])
    ]
    return await house.one.interact(
        MODAL_SUBMIT, {"custom_id": f"edit:{reply.order.id}", "components": fields}
    )


async def test_an_answer_that_breaks_on_our_side_leaves_the_order_to_the_reconciler(
    house: Replying, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_down(*_arguments: object, **_more: object) -> None:
        raise RuntimeError("none of the kinds that are foreseen")

    monkeypatch.setattr(house.one.client.services.replies, "first_shown", break_down)
    reply, _ = await house.ask()
    await house.pool.execute("update replies set due_at = now()")
    await house.paint(reply)
    await house.shown(reply)
    (read,) = house.read()
    assert DONE in read


async def test_commands_go_on_after_an_answer_without_a_body(house: Replying) -> None:
    await house.refuse(200, applied=True, body="empty", path=FIRST_ANSWER)
    await house.refuse(200, applied=True, method=EDIT)
    gallery = await house.one.interact(COMMAND, {"id": "5", "name": "gallery", "type": 1})
    assert house.one.is_answered(gallery)
    (read,) = house.read()
    assert "broke" not in read


async def test_a_spinner_that_is_refused_is_not_said_to_be_shown_and_holds_up_no_picture(
    house: Replying, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    reply, _ = await house.ask()
    await house.refuse(403, code=50013, method=EDIT)
    running = await house.begin(reply)
    assert "as bot" in await house.failure(reply)
    assert (await house.now(reply)).shown_revision == 1
    assert "reply given up at revision 2 (running)" in caplog.text
    assert "reply updated to revision 2" not in caplog.text
    # It is tried no more, and the end is as soon as it comes.
    assert house.statuses(EDIT, BY_TOKEN) == [403]
    await house.fault("heal_rest")
    await house.finish(running)
    await house.shown(reply)
    assert await house.pool.fetchval("select failure from replies") is None
    (read,) = house.read()
    assert DONE in read


async def test_a_picture_that_no_way_leads_to_waits_until_one_opens(house: Replying) -> None:
    reply, _ = await house.ask()
    running = await house.begin(reply)
    await house.shown(reply)
    await house.refuse(403, code=50001, path="/channels/")
    await house.refuse(403, code=50001, path=BY_TOKEN)
    await house.refuse(403, code=50278, path=DIRECT)
    await house.finish(running)
    assert "by direct message" in await house.failure(reply)
    await house.deliver()
    await house.shown(reply)
    assert await house.pool.fetchval("select failure from replies") is None
    (read,) = house.read()
    assert DONE in read


async def test_what_is_gone_by_discords_own_word_is_given_up(house: Replying) -> None:
    reply, _ = await house.ask()
    running = await house.begin(reply)
    await house.shown(reply)
    await house.refuse(404, code=10003, path="/channels/")
    await house.refuse(401, code=50027, path=BY_TOKEN)
    await house.refuse(404, code=10013, path=DIRECT)
    await house.finish(running)
    assert "by direct message" in await house.failure(reply)
    row = await house.pool.fetchrow("select revision, given_up_revision, shown_revision, token from replies")
    assert row is not None
    assert tuple(row) == (3, 3, 2, None)
