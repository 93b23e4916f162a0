"""Which paid calls became no picture, and why; and whether all that may be billed is counted."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.stability import Call
from tests.drill.evidence import Evidence, Row
from tests.drill.losses import AFTER_SECONDS, Attempt, Losses, attempts
from tests.drill.schedule import STABILITY_TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True)
class Extra:
    """A paid call beyond the one of a done job. `reason` is None where nothing explains it."""

    what: str
    reason: str | None


def words(job: Row) -> str:
    """By which Stability's calls for a job are known; those of enlargements have none."""
    return "" if job["operation"] == "upscale" else str(job["prompt"])


def keys(job: Row) -> tuple[str, str]:
    """Where the bucket holds the original and the preview of a job that is done."""
    folder = f"{job['key']}/{job['number']}/{job['picture_attempt']}"
    return f"{folder}/original.png", f"{folder}/preview.webp"


def uncounted(evidence: Evidence) -> Iterator[str]:
    """What Stability billed and the ledger does not count, and pictures whose bill cannot be found by its id."""
    jobs = {job["id"]: job for job in evidence.jobs}
    billed: dict[str, float] = defaultdict(float)
    for call in evidence.calls:
        billed[call.prompt] += call.billed
    counted: dict[str, float] = defaultdict(float)
    for row in evidence.ledger:
        if row["outcome"] in ("billed", "unknown"):
            counted[words(jobs[row["job_id"]])] += float(row["credits"])
        if row["outcome"] == "open":
            yield f"the call of job {row['job_id']}, attempt {row['attempt']}, is still open"
    for prompt, credits in billed.items():
        if credits > counted[prompt]:
            yield f"{credits:g} credits were billed for “{prompt}”, and {counted[prompt]:g} are counted"
    yield from _without_id(evidence, jobs)


def _without_id(evidence: Evidence, jobs: dict[int, Row]) -> Iterator[str]:
    bills = {call.request_id: call for call in evidence.calls if call.billed}
    ended = {(row["job_id"], row["attempt"]): row for row in evidence.ledger}
    for job in jobs.values():
        if job["state"] == "done":
            row = ended.get((job["id"], job["picture_attempt"]))
            bill = bills.get(row["request_id"] or "") if row else None
            if row is None or row["outcome"] != "billed":
                yield f"the picture of job {job['id']} has no call that is billed"
            elif bill is None or bill.prompt != words(job):
                yield f"the call of job {job['id']} names request {row['request_id']}, which is not its bill"
    for row in evidence.ledger:
        if row["outcome"] == "free" and row["request_id"] in bills:
            yield f"request {row['request_id']} of job {row['job_id']} was billed, and counts as free"


def surplus(evidence: Evidence) -> Iterator[Extra]:
    """Each call is one of a group of jobs that ask for the same words; upscales have none."""
    losses, begun = Losses(evidence.journal), attempts(evidence.journal)
    groups: dict[str, list[Row]] = defaultdict(list)
    for job in evidence.jobs:
        groups[words(job)].append(job)
    paid: dict[str, list[Call]] = defaultdict(list)
    for call in evidence.calls:
        if call.billed:
            paid[call.prompt].append(call)
    for prompt, calls in paid.items():
        jobs = groups[prompt]
        held = [attempt for job in jobs for attempt in begun.get(job["id"], [])]
        for call in _unused(calls, jobs, evidence):
            ids = ", ".join(str(job["id"]) for job in jobs)
            reason = _charged(call, jobs, held) or _lost(call, held, losses)
            yield Extra(f"{call.request_id[:8]} at {call.at:.3f} for job {ids} ({call.model})", reason)


def _unused(calls: list[Call], jobs: list[Row], evidence: Evidence) -> list[Call]:
    """Those that no done job has its picture from: of several that are alike, the earliest."""
    done = [job for job in jobs if job["state"] == "done"]
    if calls[0].prompt:
        used = Counter(str(job["seed"]) for job in done)
    else:
        # An enlargement has no seed, but is stored as it came.
        stored = (evidence.objects.get(keys(job)[0]) for job in done)
        used = Counter(original.sha256 for original in stored if original)
    unused = []
    for call in reversed(calls):
        mark = str(call.seed) if call.prompt else call.sha256 or ""
        if used[mark] > 0:
            used[mark] -= 1
        else:
            unused.append(call)
    return unused


def _charged(call: Call, jobs: list[Row], held: list[Attempt]) -> str | None:
    """Where the bill is as it should be: blurred, or cancelled while it was being painted."""
    for job in jobs:
        if job["failure"] == "filtered" and any(
            attempt.job == job["id"] and attempt.at <= call.at <= attempt.until for attempt in held
        ):
            return "the content filter blurred it"
        if job["state"] == "cancelled" and job["started_at"]:
            begun_at, ended_at = job["started_at"].timestamp(), job["finished_at"].timestamp()
            if begun_at <= call.at <= ended_at + AFTER_SECONDS:
                return "it was cancelled meanwhile"
    return None


def _lost(call: Call, held: list[Attempt], losses: Losses) -> str | None:
    since = call.at - AFTER_SECONDS
    for attempt in sorted(held, key=lambda one: -one.at):
        if attempt.at <= call.at:
            until = min(attempt.until, call.at + 2 * AFTER_SECONDS)
            reason = losses.of_worker(attempt.worker, max(since, attempt.at), until)
            if reason:
                return reason
            if call.at > attempt.at + STABILITY_TIMEOUT_SECONDS:
                return f"{attempt.worker} had given it up after {STABILITY_TIMEOUT_SECONDS:g} s"
    return losses.of_line("stability line", since, call.at + 1)
