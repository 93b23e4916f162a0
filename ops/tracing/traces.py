"""What is told of a job's way, to whoever collects traces: to nobody, unless they are switched on."""

from contextlib import AbstractContextManager, nullcontext
from typing import TypeAlias

from core.orders import Job

Value: TypeAlias = str | int | float | bool


class Traces:
    """Switched off: nothing is kept or sent. No span ever has in it what members typed or what others sent."""

    @property
    def traceparent(self) -> str | None:
        """The span that is open here, for others to go on from."""
        return None

    def span(self, name: str, **attributes: Value) -> AbstractContextManager[None]:
        """A part of the span that is open here, or the beginning of a trace."""
        return nullcontext()

    def of_job(self, name: str, job: Job, **attributes: Value) -> AbstractContextManager[None]:
        """A part of the job's own trace, in whatever process that began."""
        return nullcontext()

    def since(self, began_ns: int, name: str, job: Job) -> None:
        """A part of the job's trace that began then, by `time.time_ns`, and has ended now."""

    def note(self, **attributes: Value) -> None:
        """Of the span that is open here."""

    def about(self, job: Job) -> None:
        """That the span which is open here is about this job."""
