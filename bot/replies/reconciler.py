"""Brings each reply to the newest revision of its order, by what the table says: notifications may get lost."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from bot.answers.show import card
from bot.discord_errors import in_a_line, is_transient, retry_after_seconds
from bot.instruments import Instruments
from bot.messages.content import Content
from bot.messages.estimate import over_seconds
from bot.messages.words import Languages
from bot.replies.download_reactions import DownloadReactions
from bot.replies.messenger import Messenger, OutOfReach, Shown, Undeliverable
from core.errors import BucketUnavailable, reason
from core.orders import Estimate, Progress, Reply, State
from db.orders import Orders
from db.picture_store import PictureStore
from db.pool import UNAVAILABLE
from db.replies import Replies
from db.retry import until_answered, until_stopped
from ops.logs import about_order
from ops.signing import Signer

log = logging.getLogger(__name__)

HOLD_SECONDS = 10.0  # a claimed reply is due again after this, should its bot have died
EDIT_TIMEOUT_SECONDS = (
    8.0  # below HOLD_SECONDS, so that no second edit starts while the first may still arrive
)
LOOK_SECONDS = 0.5  # after something happened the line is looked at, for places that are others now
MOVED_MAX = 5  # so many replies a poll shows at a new place in line, and so many with a new estimate
SPINNER_PAUSE_SECONDS_MAX = 15.0  # the picture must not wait because the spinner could not be shown
PAUSE_SECONDS_MAX = 300.0
REFUSED_PAUSE_SECONDS_MAX = 3600.0  # where Discord refuses every way, until somebody opens one
RETRY_AFTER_SECONDS_MAX = 24 * 3600.0  # Discord may ask for no longer pause than this

_TRANSIENT = (*UNAVAILABLE, BucketUnavailable, OutOfReach)


@dataclass(eq=False)
class Reconciler:
    orders: Orders
    replies: Replies
    store: PictureStore
    messenger: Messenger
    reactions: DownloadReactions
    languages: Languages
    instruments: Instruments
    concurrency: int
    signer: Signer | None = None

    def __post_init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_work: dict[int, Reply | None] = {}
        """By order, with what was claimed of it meanwhile."""
        self._wake = asyncio.Event()
        self._poll_due = False
        self._look: asyncio.TimerHandle | None = None
        self._stopped = asyncio.Event()

    def wake(self) -> None:
        """Something has happened to an order."""
        self._wake.set()
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(LOOK_SECONDS, self.poll)

    def poll(self) -> None:
        """Looks also for changed places in line, pauses, and estimates that are over."""
        if self._look is not None:
            self._look.cancel()
            self._look = None
        self._poll_due = True
        self._wake.set()

    def stop(self) -> None:
        """No further reply is started; `serve` returns when the others are done."""
        self._stopped.set()
        self._wake.set()

    async def serve(self) -> None:
        while not self._stopped.is_set():
            self._wake.clear()
            try:
                await until_stopped(self._stopped, self._begin_all())
            except UNAVAILABLE as error:
                log.warning("replies could not be looked up: %s", reason(error))
            await self._wake.wait()
        await asyncio.gather(*self._tasks)

    async def _begin_all(self) -> None:
        if (free := self.concurrency - len(self._tasks)) > 0:
            for reply in await self.replies.claim_due(free, hold_seconds=HOLD_SECONDS):
                self._begin(reply)
        if not self._poll_due:
            return
        self._poll_due = False
        if (free := min(self.concurrency - len(self._tasks), MOVED_MAX)) > 0:
            stands = await self.orders.stands()
            for reply, _place in await self.replies.claim_moved(
                free, hold_seconds=HOLD_SECONDS, stands=stands
            ):
                self._begin(reply)
            for reply in await self.replies.claim_over(free, hold_seconds=HOLD_SECONDS):
                self._begin(reply)

    def _begin(self, reply: Reply) -> None:
        order_id = reply.order.id
        if order_id in self._at_work:
            # What is shown is not recorded yet, or just now: nobody else is given this one for a while.
            self._at_work[order_id] = reply
            return
        self._at_work[order_id] = None
        task = asyncio.create_task(self._reconcile(reply), name=f"reply-{order_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # There is room for another, and this order may have moved on meanwhile.
        task.add_done_callback(lambda _task: self._wake.set())

    async def _reconcile(self, reply: Reply) -> None:
        order = reply.order
        with about_order(order.id, order.prompt, order.negative_prompt):
            try:
                await self._show(reply)
            except UNAVAILABLE as error:
                log.warning("what is shown could not be recorded: %s", reason(error))
            except Exception:  # the outermost frame of a reply: its fault must not stop the others
                log.exception("the reply broke and is tried again")
            finally:
                following = self._at_work.pop(order.id, None)
        if following is not None and following.revision > reply.revision and not self._stopped.is_set():
            self._begin(following)

    async def _show(self, reply: Reply) -> None:
        try:
            async with asyncio.timeout(EDIT_TIMEOUT_SECONDS):
                if reply.order.erased_at is not None:
                    await self.messenger.remove(reply)
                    shown, estimate = None, Estimate()
                else:
                    content, estimate = await until_stopped(self._stopped, self._content(reply))
                    with self.instruments.edit(reply):
                        shown = await self.messenger.deliver(reply, content)
        except Undeliverable as error:
            log.warning("reply given up at %s: %s", _revision(reply), error)
            giving_up = self.replies.give_up(reply, reason=str(error))
            await until_stopped(self._stopped, giving_up)
        except Exception as error:  # noqa: BLE001 - whatever it was, a reply is tried again, less and less often
            await self._postpone(reply, error)
        else:
            # What is not recorded would be shown again, perhaps elsewhere.
            recording = until_answered(lambda: self._record(reply, shown, estimate))
            await until_stopped(self._stopped, recording)
            if reply.order.erased_at is not None:
                log.info("reply removed")
                return
            log.info("reply updated to %s; %s", _revision(reply), _bill(reply.progress))
            if shown is not None:
                self.reactions.add(reply, shown)

    async def _record(self, reply: Reply, shown: Shown | None, estimate: Estimate) -> None:
        if reply.order.erased_at is not None:
            await self.replies.removed(reply)
            return
        await self.replies.shown(
            reply,
            message_id=shown.message_id if shown else None,
            channel_id=shown.channel_id if shown else None,
            place=estimate.shown_place,
            pause=estimate.paused,
            over_seconds=(over := over_seconds(estimate)),
        )
        if over is not None:
            asyncio.get_running_loop().call_later(over, self.poll)

    async def _postpone(self, reply: Reply, error: Exception) -> None:
        if not isinstance(error, _TRANSIENT) and not is_transient(error):
            log.error("the reply broke", exc_info=error)
        delay_seconds = _pause_seconds(reply, error)
        log.warning("reply tried again in %.0f s: %s", delay_seconds, in_a_line(error))
        failure = str(error) if isinstance(error, OutOfReach) else None
        postponing = self.replies.postpone(reply, delay_seconds=delay_seconds, failure=failure)
        await until_stopped(self._stopped, postponing)
        asyncio.get_running_loop().call_later(delay_seconds, self.wake)

    async def _content(self, reply: Reply) -> tuple[Content, Estimate]:
        progress, say = reply.progress, self.languages.of(reply.order.locale)
        estimate = Estimate() if progress.is_final else await self._estimate(reply)
        return await card(self.store, reply, estimate, say, signer=self.signer), estimate

    async def _estimate(self, reply: Reply) -> Estimate:
        estimate = await self.orders.estimate(reply.progress)
        is_shown = reply.shown_revision == reply.revision
        over_at = reply.estimate_over_at
        if is_shown and over_at is not None and over_at <= datetime.now(UTC):
            return estimate.once_over(reply.shown_place)
        return estimate


def _revision(reply: Reply) -> str:
    return f"revision {reply.revision} ({reply.progress.state})"


def _bill(progress: Progress) -> str:
    painted = progress.in_state(State.DONE)
    credits = sum((job.price for job in painted), Decimal(0))
    return f"pictures: {len(painted)} of {len(progress.jobs)}, credits: {credits:g}"


def _pause_seconds(reply: Reply, error: Exception) -> float:
    """As Discord asked, or a quarter of the time since the order changed."""
    asked = retry_after_seconds(error)
    if asked is not None:
        return min(max(1.0, asked), RETRY_AFTER_SECONDS_MAX)
    longest = REFUSED_PAUSE_SECONDS_MAX if isinstance(error, OutOfReach) else PAUSE_SECONDS_MAX
    if not reply.progress.is_final:
        longest = SPINNER_PAUSE_SECONDS_MAX
    since_seconds = (datetime.now(UTC) - reply.progress.changed_at).total_seconds()
    return min(max(1.0, since_seconds / 4), longest)
