"""What the drill says at its end."""

from collections import Counter
from collections.abc import Iterator

from tests.drill.bills import answered_later
from tests.drill.checks import Finding
from tests.drill.crowd import Crowd
from tests.drill.evidence import Evidence, outcomes

SHOWN_MAX = 12
"""Of each kind; the rest is in report.txt."""

_ALWAYS = ("lost", "doubled", "unfinished", "undelivered", "wrong picture", "orphan",
           "extra paid call", "extra paid call, explained", "orphan awaiting the sweep")  # fmt: skip


def report(evidence: Evidence, findings: list[Finding], crowd: Crowd, *, all_shown: bool = False) -> str:
    broken = any(finding.broken for finding in findings)
    lines = [
        *_table("asked", crowd.asked),
        *_table("refused by Discord", crowd.refused),
        *_table("jobs by outcome", outcomes(evidence.jobs)),
        *_table("faults by kind", evidence.journal.faults_by_kind()),
        *_table("Stability's calls by status", Counter(str(call.status) for call in evidence.calls)),
        *_table("answered later", answered_later(evidence), is_sum=False),
        "process ids at the beginning and the end: "
        + ", ".join(f"{name} {ids[0]} {ids[1]}" for name, ids in evidence.process_ids.items()),
        *_findings(findings, all_shown),
        f"settled after {evidence.settled_seconds:.1f} s of quiet"
        if evidence.settled_seconds is not None
        else "NOT settled within the quiet phase",
        f"verdict: {'BROKEN' if broken else 'every promise kept'}",
    ]
    return "\n".join(lines)


def _table(title: str, counts: Counter[str], *, is_sum: bool = True) -> Iterator[str]:
    yield f"{title}: {counts.total()}" if is_sum else f"{title}:"
    for name, count in sorted(counts.items()):
        yield f"  {count:5d}  {name}"


def _findings(findings: list[Finding], all_shown: bool) -> Iterator[str]:
    counts = Counter(finding.kind for finding in findings)
    yield "findings:"
    for kind in dict.fromkeys((*_ALWAYS, *counts)):
        those = [finding for finding in findings if finding.kind == kind]
        mark = "!" if any(finding.broken for finding in those) else " "
        yield f"{mark} {counts[kind]:5d}  {kind}"
        for finding in those if all_shown else those[:SHOWN_MAX]:
            yield f"           {finding.what}"
