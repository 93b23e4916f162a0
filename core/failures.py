"""The ways in which a job fails: what each means for the job, for the money and for the log."""

import logging
from dataclasses import dataclass
from enum import StrEnum

from core.errors import TigerbrushError


class Outcome(StrEnum):
    """What is known of a call's bill. `UNKNOWN` counts like `BILLED`: the provider may charge for it."""

    OPEN = "open"
    BILLED = "billed"
    FREE = "free"
    UNKNOWN = "unknown"

    @property
    def counts(self) -> bool:
        return self in (Outcome.BILLED, Outcome.UNKNOWN)


class FailureCode(StrEnum):
    REFUSED = "refused"
    FILTERED = "filtered"
    LANGUAGE = "language"
    PUBLIC_FIGURE = "public_figure"
    REJECTED = "rejected"
    INPUT_REFUSED = "input_refused"
    INPUT_TOO_LARGE = "input_too_large"
    BAD_REQUEST = "bad_request"
    MODEL_GONE = "model_gone"
    BAD_KEY = "bad_key"
    NO_CREDIT = "no_credit"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    BLOCKED = "blocked"
    BAD_PICTURE = "bad_picture"
    INPUT_GONE = "input_gone"
    INPUT_UNREAD = "input_unread"
    GENERATION_GONE = "generation_gone"
    INPUT_BROKEN = "input_broken"
    INPUT_MISFIT = "input_misfit"
    MASK_EMPTY = "mask_empty"
    WORKER_LOST = "worker_lost"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Failure:
    """`outcome` is what an attempt that ends so costs, where the attempt itself does not know better.

    `transient`: whether another attempt may end better.
    `halts_provider`: whether no attempt can end better until the owner has mended it. All jobs of the provider
    wait until then, or all that cost as much.
    """

    log_level: int
    outcome: Outcome
    transient: bool = False
    halts_provider: bool = False


FAILURES = {
    FailureCode.REFUSED: Failure(logging.INFO, Outcome.FREE),
    # It was painted, and then blurred.
    FailureCode.FILTERED: Failure(logging.INFO, Outcome.BILLED),
    FailureCode.LANGUAGE: Failure(logging.INFO, Outcome.FREE),
    FailureCode.PUBLIC_FIGURE: Failure(logging.INFO, Outcome.FREE),
    FailureCode.REJECTED: Failure(logging.INFO, Outcome.FREE),
    FailureCode.INPUT_REFUSED: Failure(logging.WARNING, Outcome.FREE),
    # It is scaled before it is sent, so it should not have been.
    FailureCode.INPUT_TOO_LARGE: Failure(logging.ERROR, Outcome.FREE),
    FailureCode.BAD_REQUEST: Failure(logging.ERROR, Outcome.FREE),
    FailureCode.MODEL_GONE: Failure(logging.ERROR, Outcome.FREE),
    FailureCode.BAD_KEY: Failure(logging.ERROR, Outcome.FREE, halts_provider=True),
    FailureCode.NO_CREDIT: Failure(logging.ERROR, Outcome.FREE, halts_provider=True),
    FailureCode.RATE_LIMITED: Failure(logging.WARNING, Outcome.FREE, transient=True),
    # No answer, or one that is nobody's: the picture may have been painted behind it.
    FailureCode.UNAVAILABLE: Failure(logging.WARNING, Outcome.UNKNOWN, transient=True),
    # Whoever refuses a request on its way has not passed it on.
    FailureCode.BLOCKED: Failure(logging.WARNING, Outcome.FREE, transient=True),
    FailureCode.BAD_PICTURE: Failure(logging.WARNING, Outcome.UNKNOWN, transient=True),
    FailureCode.INPUT_GONE: Failure(logging.INFO, Outcome.FREE),
    FailureCode.INPUT_UNREAD: Failure(logging.WARNING, Outcome.FREE, transient=True),
    # What was begun may have been painted, and nobody can fetch it any more.
    FailureCode.GENERATION_GONE: Failure(logging.WARNING, Outcome.UNKNOWN, transient=True),
    FailureCode.INPUT_BROKEN: Failure(logging.INFO, Outcome.FREE),
    FailureCode.INPUT_MISFIT: Failure(logging.INFO, Outcome.FREE),
    FailureCode.MASK_EMPTY: Failure(logging.INFO, Outcome.FREE),
    FailureCode.WORKER_LOST: Failure(logging.ERROR, Outcome.UNKNOWN, transient=True),
    FailureCode.INTERNAL: Failure(logging.ERROR, Outcome.UNKNOWN, transient=True),
}


class JobFailed(TigerbrushError):
    """An attempt at a job failed. `detail` is not for members; `outcome` is for answers that tell more than a code."""

    def __init__(
        self,
        code: FailureCode,
        detail: str = "",
        *,
        outcome: Outcome | None = None,
        retry_after_seconds: float | None = None,
        request_id: str | None = None,
    ) -> None:
        # It may repeat what others sent, and a job must not be lost over a text that Postgres does not take.
        self.detail = detail.replace("\0", "\ufffd").encode(errors="replace").decode()
        super().__init__(f"{code}: {self.detail}" if detail else str(code))
        self.code = code
        self.outcome = outcome or FAILURES[code].outcome
        self.retry_after_seconds = retry_after_seconds
        self.request_id = request_id

    @property
    def failure(self) -> Failure:
        return FAILURES[self.code]

    def restated(self, code: FailureCode, detail: str) -> "JobFailed":
        """As another failure, of which the provider may bill as much."""
        return JobFailed(
            code,
            detail,
            outcome=self.outcome,
            retry_after_seconds=self.retry_after_seconds,
            request_id=self.request_id,
        )
