"""The verdict: each promise asked of what was found. Pure functions of the evidence."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.operations import OPERATIONS
from tests.drill.bills import Bills, is_answered_later, keys, surplus, uncounted
from tests.drill.evidence import Evidence, Row, Shown
from tests.drill.losses import AFTER_SECONDS, Attempt, Losses, attempts
from tests.drill.schedule import UNTOUCHED_MODEL

FINAL = ("done", "failed", "cancelled")
MARKS = {"done": "Full size", "failed": "⚠️", "cancelled": "🚫"}
"""What is to be read in a reply that shows the end of its order, be it a picture or words and a link."""

UNFINISHED = "### 🔄"
"""What is to be read while some of an order's pictures are there, and others are not."""

UNTOUCHED_STEP, UNTOUCHED_MIN = 64, 320
"""Of the sizes that it paints as they are."""

POOL_SIZE, POOLS = 8, 1
TABLE_BYTES_MAX = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """`broken`: a promise was not kept; otherwise it is only worth knowing."""

    kind: str
    what: str
    broken: bool = True


Check = Callable[[Evidence], Iterator[Finding]]


def judge(evidence: Evidence) -> list[Finding]:
    return [finding for check in CHECKS for finding in check(evidence)]


def stored_once(evidence: Evidence) -> Iterator[Finding]:
    """A command that was answered with the hourglass is one order with its jobs, and no interaction is two."""
    orders = Counter(order["interaction_id"] for order in evidence.orders)
    for interaction, text in evidence.answers.items():
        is_in_line = any(f"⏳ {place}" in text for place in ("Waiting", "Next", "Number"))
        if is_in_line and not orders[evidence.questions.get(interaction, interaction)]:
            yield Finding("lost", f"interaction {interaction} was answered, but no order is stored")
        if "nothing was started" in text and orders[interaction]:
            yield Finding(
                "contradicted", f"interaction {interaction} was told that nothing was started, but is an order",
                broken=False,
            )  # fmt: skip
    for interaction, count in orders.items():
        if count > 1:
            yield Finding("doubled", f"interaction {interaction} is {count} orders")
    jobs = Counter(job["order_id"] for job in evidence.jobs)
    for order in evidence.orders:
        if jobs[order["id"]] != order["count"]:
            yield Finding(
                "lost", f"{_name(order)} is for {order['count']} pictures and has {jobs[order['id']]} jobs"
            )


def ended(evidence: Evidence) -> Iterator[Finding]:
    if evidence.settled_seconds is None:
        yield Finding("unfinished", "the quiet phase was over before everything had come to its end")
    for job in evidence.jobs:
        if job["state"] not in FINAL:
            yield Finding("unfinished", f"{_job(job)} waits, run_after {job['run_after']:%H:%M:%S}")
        if job["lease_until"] is not None:
            yield Finding("unfinished", f"{_job(job)} still has a lease")
    for order in evidence.orders:
        if max(order["shown_revision"], order["given_up_revision"]) < order["revision"]:
            yield Finding("undelivered", f"the reply of {_name(order)} is behind")
    if evidence.spilled:
        yield Finding("spilled", f"{evidence.spilled} pictures have not been uploaded")


def stored_pictures(evidence: Evidence) -> Iterator[Finding]:
    """A done job has one original and one preview; the original is what Stability sent, or of its size."""
    bills = Bills(evidence)
    for key, is_kept in evidence.uploads.items():
        if is_kept and f"{key}/upload" not in evidence.objects:
            yield Finding("lost", f"what was handed in as {key} is not in the bucket")
    for job in _kept(evidence):
        original, preview = (evidence.objects.get(key) for key in keys(job))
        if original is None or preview is None:
            yield Finding("lost", f"{_job(job)} is done, but its pictures are not in the bucket")
            continue
        if original.size != (job["width"], job["height"]):
            yield Finding("wrong picture", f"{_job(job)} is {original.size}")
        if preview.size is None:
            yield Finding("wrong picture", f"the preview of {_job(job)} does not decode")
        sent = bills.picture_of(job)
        if sent is None:
            # Said by the bill.
            continue
        is_other = job["seed"] not in (None, sent.seed)
        if is_other or (_is_untouched(job) and original.sha256 != sent.sha256):
            yield Finding("wrong picture", f"the original of {_job(job)} is not what Stability sent for it")


def orphans(evidence: Evidence) -> Iterator[Finding]:
    """Objects that nothing leads to. Those that a lost worker left are cleared away by the sweep."""
    wanted = {key for job in _kept(evidence) for key in keys(job)}
    wanted |= {f"{key}/upload" for key in evidence.uploads}
    jobs = {(str(job["key"]), str(job["number"])): job for job in evidence.jobs}
    losses, begun = Losses(evidence.journal), attempts(evidence.journal)
    for key in sorted(evidence.objects.keys() - wanted):
        name, which, *rest = key.split("/")
        job = jobs.get((name, which)) if rest else None
        if key.startswith(tuple(evidence.removals)):
            yield Finding("orphan awaiting the sweep", f"{key}: its removal is to come again", broken=False)
        elif job is None:
            yield Finding("orphan", f"{key} is no job's")
        elif reason := _why_left(job, int(rest[0]), begun.get(job["id"], []), losses):
            yield Finding("orphan awaiting the sweep", f"{key} of {_job(job)}: {reason}", broken=False)
        else:
            yield Finding("orphan", f"{key} of {_job(job)}, for no known reason")


def _why_left(job: Row, number: int, begun: list[Attempt], losses: Losses) -> str | None:
    """What is answered later has more attempts than were begun: one for each worker that was lost."""
    attempt = next((one for one in reversed(begun) if one.number <= number), None)
    if attempt is None or job["erased_at"] is not None:
        return None
    return losses.of_worker(
        None if is_answered_later(job) else attempt.worker, attempt.at, attempt.until
    ) or losses.of_line("bucket", attempt.at, min(attempt.until, attempt.at + 5 * AFTER_SECONDS))


def delivered(evidence: Evidence) -> Iterator[Finding]:
    """The end of each order is shown where its record says, or the record says why it is not."""
    for order in evidence.orders:
        if order["state"] not in FINAL:
            continue
        if order["reply_failure"] is not None:
            yield from _excused(evidence, order)
            continue
        place = order["reply_channel_id"] or order["channel_id"], order["message_id"] or 0
        shown = evidence.messages.get(place)
        if not place[1]:
            # First its member was told, and nobody else, that the queue did not answer.
            shown = next((one for one in evidence.messages.values() if order["id"] in one.orders), None)
        if order["erased_at"] is not None:
            if shown is not None:
                yield Finding("not deleted", f"message {shown.id} still shows {_name(order)}")
        elif shown is None:
            if place[1] in evidence.deleted or place[1] < evidence.crowded_out_before.get(place[0], 0):
                continue
            yield Finding("undelivered", f"the reply of {_name(order)}, message {place[1]}, is not there")
        elif not _shows_end(shown, order):
            yield Finding("undelivered", f"the reply of {_name(order)} says {shown.text[:60]!r}")


def _shows_end(shown: Shown, order: Row) -> bool:
    return MARKS[order["state"]] in shown.text and UNFINISHED not in shown.text


def _excused(evidence: Evidence, order: Row) -> Iterator[Finding]:
    reason = order["reply_failure"]
    gone = "deleted" in reason
    if gone and order["message_id"] not in evidence.deleted:
        what = f"{_name(order)}: “{reason}”, but nobody deleted message {order['message_id']}"
        yield Finding("undelivered", what)
    else:
        yield Finding("undeliverable, and recorded", f"{_name(order)}: {reason}", broken=False)


def shown_once(evidence: Evidence) -> Iterator[Finding]:
    """No order has two messages that show its end, and none that goes on telling of an earlier state."""
    by_order: dict[int, list[Shown]] = defaultdict(list)
    for shown in evidence.messages.values():
        for order_id in shown.orders:
            by_order[order_id].append(shown)
    losses = Losses(evidence.journal)
    for order in evidence.orders:
        if order["state"] not in FINAL:
            continue
        messages = by_order[order["id"]]
        yield from _doubled(order, [shown for shown in messages if _shows_end(shown, order)], losses)
        for shown in messages:
            if not _shows_end(shown, order):
                # Who never learnt where it is, or died before that was recorded, cannot take it away. The link
                # of one that was spilled comes long after the picture.
                until = float("inf") if shown.ephemeral else shown.at
                reason = losses.of_bot(shown.at) or losses.of_token(shown.at, until)
                known = order["reply_failure"] or (reason if shown.id != order["message_id"] else None)
                what = f"message {shown.id} in {shown.channel_id} shows {_name(order)} as it was"
                yield Finding("left behind", f"{what}: {known}" if known else what, broken=not known)


def forgotten(evidence: Evidence) -> Iterator[Finding]:
    """No message that everybody sees has the words of a deleted picture: no shared page, no download."""
    kept = {order["prompt"] for order in evidence.orders if order["erased_at"] is None}
    erased = {order["prompt"] for order in evidence.orders if order["erased_at"] is not None} - kept - {""}
    for shown in evidence.messages.values():
        words = next(
            (prompt for prompt in erased if f"> {prompt}\n" in shown.text or f"** {prompt}\n" in shown.text),
            None,
        )
        if words is None or shown.ephemeral or shown.orders:
            continue
        what = f"message {shown.id} in {shown.channel_id} still shows “{words}”"
        reason = Losses(evidence.journal).of_bot(shown.at)
        if reason:
            yield Finding("not deleted, explained", f"{what}: {reason}", broken=False)
        else:
            yield Finding("not deleted", what)


def _doubled(order: Row, ends: list[Shown], losses: Losses) -> Iterator[Finding]:
    """A bot that died between an edit and its record edits again, or writes elsewhere if it must; as does one that
    did not hear of an edit by the only token that finds a private reply, and that token then ended."""
    if len(ends) < 2:
        return
    what = f"{_name(order)} is shown by {[(shown.channel_id, shown.id) for shown in ends]}"
    reasons = [
        losses.of_bot(shown.at) or (losses.of_token(shown.at, shown.at) if shown.ephemeral else None)
        for shown in ends
        if shown.id != order["message_id"]
    ]
    if len({shown.channel_id for shown in ends}) == len(ends) and all(reasons):
        yield Finding("doubled, explained", f"{what}: {reasons[0]}", broken=False)
    else:
        yield Finding("doubled", what)


def paid_once(evidence: Evidence) -> Iterator[Finding]:
    for extra in surplus(evidence):
        if extra.reason is None:
            yield Finding("extra paid call", f"{extra.what}: for no known reason")
        else:
            yield Finding("extra paid call, explained", f"{extra.what}: {extra.reason}", broken=False)


def counted(evidence: Evidence) -> Iterator[Finding]:
    """Whatever Stability may bill is in the ledger, and a recount of it gives what is used."""
    for difference in evidence.differences:
        yield Finding("ledger", difference)
    for what in uncounted(evidence):
        yield Finding("not counted", what)


def tidy(evidence: Evidence) -> Iterator[Finding]:
    """No connection leaks, no table grows beyond measure, no process stays."""
    workers = sum(name.startswith("worker") for name in evidence.statuses)
    most = {"tigerbrush-bot": POOL_SIZE, "tigerbrush-worker": POOL_SIZE * workers,
            "tigerbrush-listen": workers + 1}  # fmt: skip
    for name, count in evidence.connections.items():
        if count > most.get(name, POOL_SIZE):
            yield Finding("leak", f"{count} connections of {name}, where {most.get(name)} are the most")
    for name, count in evidence.connections_left.items():
        yield Finding("leak", f"{count} connections of {name} outlive their process")
    for table, size in evidence.table_bytes.items():
        if size > TABLE_BYTES_MAX:
            yield Finding("leak", f"table {table} takes {size} bytes")
    for line in evidence.left_running:
        yield Finding("leak", f"still running: {line.strip()}")


def ends(evidence: Evidence) -> Iterator[Finding]:
    """Nothing dies by itself, and who is told to stop exits with 0."""
    for end in evidence.journal.ends:
        if not end.expected:
            why = _last_error(evidence, end.name, end.at)
            yield Finding("crash", f"{end.name} ended with status {end.status} at {end.at:.3f}: {why}")
    for name, status in evidence.statuses.items():
        if status != 0:
            yield Finding("crash", f"{name} ended with status {status} when it was told to stop at the end")


def _last_error(evidence: Evidence, name: str, before: float) -> str:
    lines = [line.text for line in evidence.journal.lines if line.name == name and line.at < before]
    return next(
        (text.strip(" |+-") for text in reversed(lines[-40:]) if "Error: " in text), "it did not say why"
    )


def silent(evidence: Evidence) -> Iterator[Finding]:
    """No secret is logged; what is logged as an error is worth a look."""
    errors: Counter[str] = Counter()
    log = "\n".join(line.text for line in evidence.journal.lines)
    for secret in evidence.secrets:
        if secret in log:
            yield Finding("secret in the log", f"{secret[:6]}...")
    for line in evidence.journal.lines:
        if line.name not in evidence.statuses:
            continue
        if " ERROR " in line.text or "never retrieved" in line.text:
            words = line.text.split(" ERROR ")[-1].strip()
            errors["".join("#" if c.isdigit() else c for c in words)[:110]] += 1
    for words, count in errors.most_common():
        yield Finding("logged as an error", f"{count} times: {words}", broken=False)


CHECKS: tuple[Check, ...] = (
    stored_once, ended, stored_pictures, orphans, delivered, shown_once, forgotten, paid_once, counted, tidy,
    ends, silent,
)  # fmt: skip


def _name(order: Row) -> str:
    return f"order {order['id']} ({order['state']})"


def _job(job: Row) -> str:
    return f"job {job['id']} ({job['state']}, attempt {job['attempt']})"


def _kept(evidence: Evidence) -> Iterator[Row]:
    """The jobs whose pictures are there, and that nobody had deleted."""
    return (job for job in evidence.jobs if job["state"] == "done" and job["erased_at"] is None)


def _is_untouched(job: Row) -> bool:
    if not OPERATIONS[job["operation"]].sized:
        return True
    sides = job["width"], job["height"]
    return job["model"] == UNTOUCHED_MODEL and all(
        side % UNTOUCHED_STEP == 0 and side >= UNTOUCHED_MIN for side in sides
    )
