"""Which paid calls became no picture, and why; and whether all that may be billed is counted."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from core.operations import CREATIVE, MODELS, OPERATIONS, RELIGHT, Need
from sandbox.stability import Call
from tests.drill.evidence import Evidence, Row
from tests.drill.losses import AFTER_SECONDS, Attempt, Losses, attempts
from tests.drill.schedule import STABILITY_TIMEOUT_SECONDS

_LATER = {CREATIVE.name, *RELIGHT.models}
"""The models whose answer comes later."""

_FAILED_BY_STABILITY = ("blur", "json-filtered", "error-reason")
"""What was begun to come to nothing."""


@dataclass(frozen=True, slots=True)
class Extra:
    """A paid call beyond the one of a done job. `reason` is None where nothing explains it."""

    what: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture as Stability sent it, and what it says it was painted with."""

    sha256: str | None
    seed: int


class Bills:
    """The paid calls, each by what it has in common with the ledger: its generation, or else its request."""

    def __init__(self, evidence: Evidence) -> None:
        self._generations = evidence.generations
        self._rows = {(row["job_id"], row["attempt"]): row for row in evidence.ledger}
        self.by_id = {name_of(call): call for call in evidence.calls if call.billed}
        jobs = {job["id"]: job for job in evidence.jobs}
        self.job_of = {named_in(row): jobs[row["job_id"]] for row in evidence.ledger if named_in(row)}
        """By a call's id, where the ledger knows it."""

    def row_of(self, job: Row) -> Row | None:
        """The call that a done job has its picture from, as the ledger says."""
        return self._rows.get((job["id"], job["picture_attempt"]))

    def picture_of(self, job: Row) -> Sent | None:
        call = self.by_id.get(named_in(self.row_of(job) or {}))
        if call is None:
            return None
        later = self._generations.get(call.generation_id or "")
        return Sent(later.sha256 if later else call.sha256, call.seed)


def name_of(call: Call) -> str:
    return call.generation_id or call.request_id


def named_in(row: Row) -> str:
    """By which name Stability knows the call; empty where it never told, or nobody could note it."""
    return row.get("generation") or row.get("request_id") or ""


def words(job: Row) -> str:
    """By which Stability's calls for a job are known: what is made from a picture may have none of its own."""
    operation, model = OPERATIONS[job["operation"]], MODELS[job["model"]]
    if job["borrowed"] or operation.words_for(model) is Need.NONE:
        return ""
    return str(job["prompt"])


def is_answered_later(job: Row) -> bool:
    return job["model"] in _LATER


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
    yield from _without_id(evidence)
    yield from _generations(evidence, jobs)


def _without_id(evidence: Evidence) -> Iterator[str]:
    bills = Bills(evidence)
    for job in evidence.jobs:
        if job["state"] == "done":
            row = bills.row_of(job)
            bill = bills.by_id.get(named_in(row)) if row else None
            if row is None or row["outcome"] != "billed":
                yield f"the picture of job {job['id']} has no call that is billed"
            elif bill is None or bill.prompt != words(job):
                yield f"the call of job {job['id']} names {named_in(row)[:8]}, which is not its bill"
    for row in evidence.ledger:
        if row["outcome"] == "free" and named_in(row) in bills.by_id:
            yield f"call {named_in(row)[:8]} of job {row['job_id']} was billed, and counts as free"


def _generations(evidence: Evidence, jobs: dict[int, Row]) -> Iterator[str]:
    """Of what was begun each is one call of the ledger: named there, or one of which nobody knows what became."""
    begun = {call.generation_id: call for call in evidence.calls if call.generation_id}
    named = Counter(row["generation"] for row in evidence.ledger if row["generation"])
    for generation, count in named.items():
        if count > 1:
            yield f"generation {generation[:8]} is {count} calls of the ledger"
        if generation not in begun:
            yield f"generation {generation[:8]} of the ledger was never begun"
    # Whose worker was lost before it could say what it had begun, if anything.
    nameless = Counter(
        words(jobs[row["job_id"]])
        for row in evidence.ledger
        if is_answered_later(jobs[row["job_id"]]) and row["outcome"] == "unknown" and not row["generation"]
    )
    for generation, call in begun.items():
        if generation not in named:
            if not nameless[call.prompt]:
                yield f"generation {generation[:8]} for “{call.prompt}” is no call of the ledger"
            nameless[call.prompt] -= 1


def answered_later(evidence: Evidence) -> Counter[str]:
    """How it went with what was begun, in numbers."""
    begun = [call.generation_id for call in evidence.calls if call.generation_id]
    named = {row["generation"]: row["job_id"] for row in evidence.ledger if row["generation"]}
    of_jobs = Counter(named[one] for one in begun if one in named)
    generations = evidence.generations.values()
    return Counter(
        {
            "jobs": sum(map(is_answered_later, evidence.jobs)),
            "generations begun": len(begun),
            "jobs whose generation was begun again": sum(count > 1 for count in of_jobs.values()),
            "generations that nobody could note": len(begun) - of_jobs.total(),
            "generations that Stability said were gone": sum(one.lost for one in generations),
            "questions sooner than 10 s after the last": sum(one.early_polls for one in generations),
        }
    )


def surplus(evidence: Evidence) -> Iterator[Extra]:
    """Each call is of the job that the ledger names for it, or else of one of those that ask for the same words."""
    bills, losses, begun = Bills(evidence), Losses(evidence.journal), attempts(evidence.journal)
    groups: dict[str, list[Row]] = defaultdict(list)
    for job in evidence.jobs:
        groups[words(job)].append(job)
    used = {named_in(bills.row_of(job) or {}) for job in evidence.jobs if job["state"] == "done"}
    for name, call in bills.by_id.items():
        if name not in used:
            jobs = [bills.job_of[name]] if name in bills.job_of else groups[call.prompt]
            held = [attempt for job in jobs for attempt in begun.get(job["id"], [])]
            ids = ", ".join(str(job["id"]) for job in jobs)
            is_noted = call.generation_id is not None and name in bills.job_of
            lost = _taken_away if is_noted else _lost
            reason = _ended(call, evidence) or _charged(call, jobs, held) or lost(call, held, losses)
            yield Extra(f"{name[:8]} at {call.at:.3f} for job {ids} ({call.model})", reason)


def _ended(call: Call, evidence: Evidence) -> str | None:
    """Where Stability itself said that nothing comes of what was begun."""
    generation = evidence.generations.get(call.generation_id or "")
    if generation is None:
        return None
    if generation.lost:
        return "Stability said that it was gone"
    return "it came to nothing at Stability" if generation.fault in _FAILED_BY_STABILITY else None


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


def _taken_away(call: Call, held: list[Attempt], losses: Losses) -> str | None:
    """Of what the ledger names, the death of a worker is no reason: the next one asks after it. But another may have
    begun it anew while its first worker was away with what it had been told."""
    for attempt in held:
        if attempt.at <= call.at <= attempt.until:
            return losses.of_lease(attempt.worker, attempt.at, call.at + AFTER_SECONDS)
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
