"""Which paid calls became no picture, and why."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.stability.server import Call
from tests.drill.evidence import Evidence, Row
from tests.drill.losses import AFTER_SECONDS, Attempt, Losses, attempts
from tests.drill.schedule import STABILITY_TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True)
class Extra:
    """A paid call beyond the one of a done job. `reason` is None where nothing explains it."""

    what: str
    reason: str | None


def surplus(evidence: Evidence) -> Iterator[Extra]:
    """Each call is one of a group of jobs that ask for the same words; upscales have none."""
    losses, begun = Losses(evidence.journal), attempts(evidence.journal)
    groups: dict[str, list[Row]] = defaultdict(list)
    for job in evidence.jobs:
        groups["" if job["kind"] == "upscale" else job["prompt"]].append(job)
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
        used = Counter(str(job["painted_seed"]) for job in done)
    else:
        # An enlargement has no seed, but is stored as it came.
        stored = (evidence.objects.get(f"{job['key']}/{job['attempt']}/original.png") for job in done)
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
