"""Which ways lead to a reply, and in which order they are tried."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.instruments import Instruments
from bot.replies.messenger import TOKEN_MARGIN, Messenger
from core.orders import Progress, Reply, State
from ops.metrics import new_registry
from tests.jobs import NOW, done, job, order, progress, reply

SECRET = order(private=True)
AT_WORK = {State.QUEUED, State.RUNNING}
ALIVE = timedelta(minutes=5)


def ways(of: Reply) -> list[str]:
    messenger = Messenger(cast("Any", None), Instruments(new_registry()))
    return [way for way, _route in messenger._routes(of)]


def replied(shown: Progress, **changes: Any) -> Reply:
    """The first answer is there, and the token is alive."""
    return reply(shown, **{"message_id": 5, "token_expires_at": datetime.now(UTC) + ALIVE, **changes})


def in_state(state: State, of: Any = SECRET) -> Progress:
    return done(of=of) if state is State.DONE else progress(job(of=of, state=state))


@pytest.mark.parametrize("state", State)
def test_in_a_channel(state: State) -> None:
    shown = in_state(state, order())
    last = [] if state in AT_WORK else ["channel", "direct"]
    assert ways(replied(shown)) == ["token", "bot", *last]
    assert ways(replied(shown, token=None)) == ["bot", *last]
    # Where the answer is was never learnt, and only the token finds it.
    assert ways(replied(shown, message_id=None)) == ["token", *last]
    assert ways(replied(shown, message_id=None, token=None)) == last


@pytest.mark.parametrize("state", State)
def test_what_is_private_in_a_server_is_posted_in_no_channel(state: State) -> None:
    shown = in_state(state)
    last = [] if state in AT_WORK else ["direct"]
    assert ways(replied(shown)) == ["token", *last]
    assert ways(replied(shown, token=None)) == last
    assert ways(replied(shown, channel_id=shown.order.channel_id)) == ["token", *last]
    # It went out by direct message, where the bot finds it again.
    assert ways(replied(shown, token=None, channel_id=77)) == ["bot", *last]


def test_what_is_private_because_it_is_a_direct_message_is_a_message_like_any_other() -> None:
    shown = done(of=order(private=True, guild_id=None))
    assert ways(replied(shown)) == ["token", "bot", "channel", "direct"]


def test_a_token_near_its_end_is_not_relied_on() -> None:
    near = datetime.now(UTC) + TOKEN_MARGIN
    assert ways(replied(done(), token_expires_at=near - timedelta(seconds=1)))[0] == "bot"
    assert ways(replied(done(), token_expires_at=near + timedelta(seconds=9)))[0] == "token"
    assert ways(replied(done(), token_expires_at=NOW))[0] == "bot"


def test_an_order_of_several_is_posted_anew_when_all_of_it_is_over() -> None:
    several = order(count=2)
    half = Progress(
        order=several,
        jobs=(job(1, of=several, state=State.DONE), job(2, of=several, state=State.RUNNING)),
        pictures=done(of=several).pictures,
    )
    assert ways(replied(half)) == ["token", "bot"]


def test_a_deletion_sends_nobody_the_rest_of_a_private_order() -> None:
    several = order(count=2, private=True)
    jobs = tuple(job(number, of=several, state=State.DONE) for number in (1, 2))
    one_left = Progress(order=several, jobs=jobs, pictures=done(of=several).pictures)
    assert ways(replied(one_left, token=None)) == []
    assert ways(replied(one_left, token=None, channel_id=77)) == ["bot", "direct"]
