"""What can go wrong, as one small tree of exceptions and one table of the ways a job fails."""

import logging
from dataclasses import dataclass
from enum import StrEnum


class TigerbrushError(Exception):
    """The root of the errors that this program raises itself."""


def reason(error: BaseException) -> str:
    """For a line of the log: many exceptions of the libraries say nothing, so their class has to."""
    return str(error) or type(error).__name__


class Misconfigured(TigerbrushError):
    """What the owner set cannot be worked with: `main` ends the process with this line and status 78.

    Raised for what only a try can tell; `wrong` and `right` never have the value of a secret in them.
    """

    def __init__(self, variable: str, wrong: str, *, right: str) -> None:
        super().__init__(f"{variable}: {wrong}; it should be {right}.")
        self.variable, self.wrong, self.right = variable, wrong, right


class DatabaseUnavailable(TigerbrushError):
    """Postgres cannot be used at the moment, for whatever reason it or a pooler gives."""


class SchemaBehind(DatabaseUnavailable):
    """It answers, and lacks migrations, or what they made."""


class DatabaseRefused(DatabaseUnavailable):
    """It says that the role, the password, the database or a parameter of the URL is wrong.

    A server that is being restored and a pooler that lost its server say so as well, of what is right.
    """


class InvalidRequest(TigerbrushError):
    """A member asked for what cannot be done; the text says what is wrong and what would be right.

    `values` fill the names in braces, so that the text can be said in another language.
    """

    def __init__(self, text: str, /, **values: object) -> None:
        super().__init__(text.format(**values) if values else text)
        self.text = text
        self.values = values


class LimitReached(InvalidRequest):
    """The owner of the bot allows no more for now; the message says how much is used and when it frees up."""


class MigrationFailed(TigerbrushError):
    """The schema is as it was before this migration; the message names its file."""


class LostJob(TigerbrushError):
    """A transition changed no row: the job has left the state, or the attempt, that the caller held."""


class ShardLost(TigerbrushError):
    """This process can no longer be sure that it alone serves its shards."""


class CallTooSoon(TigerbrushError):
    """The limit of requests lets the call be made only in so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the next call to Stability is in {seconds:.0f} s")
        self.seconds = seconds


class BadAnswer(TigerbrushError):
    """Something was answered that is no answer to what was asked."""


class ParkingFull(TigerbrushError):
    """There is no room left for pictures that the bucket did not take."""


class BucketUnavailable(TigerbrushError):
    """The bucket did not answer, or refused; what it was asked for may work later.

    `code` is what the answer says where no exception of the library's has it; empty for what is not S3's.
    """

    def __init__(self, text: str, *, code: str | None = None) -> None:
        super().__init__(text)
        self.code = code


class PictureGone(BucketUnavailable):
    """The bucket has no such picture: it was deleted, or never stored."""


class FailureCode(StrEnum):
    REFUSED = "refused"
    FILTERED = "filtered"
    REJECTED = "rejected"
    BAD_REQUEST = "bad_request"
    MODEL_GONE = "model_gone"
    BAD_KEY = "bad_key"
    NO_CREDIT = "no_credit"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    BLOCKED = "blocked"
    BAD_PICTURE = "bad_picture"
    NOT_STORED = "not_stored"
    PARENT_GONE = "parent_gone"
    PARENT_UNREAD = "parent_unread"
    WORKER_LOST = "worker_lost"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Failure:
    """`charged`: whether Stability bills the picture, so that its credits are not given back.

    `maybe_billed`: whether nobody can tell; its credits are given back.
    `passing`: whether another attempt may end better.
    `pausing`: whether no attempt can end better until the owner has mended it. All jobs wait until then, or
    all that cost as much.
    """

    text: str
    log_level: int
    charged: bool = False
    maybe_billed: bool = False
    passing: bool = False
    pausing: bool = False


FAILURES = {
    FailureCode.REFUSED: Failure(
        "Stability's content filter refused this prompt. Other words for the same idea may pass.",
        logging.INFO,
    ),
    FailureCode.FILTERED: Failure(
        "The picture was painted, but Stability's content filter blurred it, so it is not shown. "
        "Other words for the same idea may pass.",
        logging.INFO,
        charged=True,
    ),
    FailureCode.REJECTED: Failure(
        "Stability did not take this prompt. It understands English best; other words may pass.", logging.INFO
    ),
    FailureCode.BAD_REQUEST: Failure(
        "Stability did not understand what Tigerbrush sent. That is our fault, not yours.", logging.ERROR
    ),
    FailureCode.MODEL_GONE: Failure(
        "Stability does not offer this model any more, or not for this. Another model may do.",
        logging.ERROR,
    ),
    FailureCode.BAD_KEY: Failure(
        "Paused: Stability does not accept this bot's key. "
        "Its owner has been told; the picture keeps its place.",
        logging.ERROR,
        pausing=True,
    ),
    FailureCode.NO_CREDIT: Failure(
        "Paused: this bot's account with Stability has run out of credits for a picture of this price. "
        "Its owner has been told; the picture keeps its place.",
        logging.ERROR,
        pausing=True,
    ),
    FailureCode.RATE_LIMITED: Failure(
        "Stability asked for a pause, as too many pictures were wanted at once.",
        logging.WARNING,
        passing=True,
    ),
    FailureCode.UNAVAILABLE: Failure(
        "Stability could not be reached, or answered with a fault of its own, several times in a row. "
        "Try again in a few minutes.",
        logging.WARNING,
        passing=True,
    ),
    FailureCode.BLOCKED: Failure(
        "Something that stands before Stability, such as a firewall, refused this several times in a row. "
        "Other words for the same idea may pass.",
        logging.WARNING,
        passing=True,
    ),
    FailureCode.BAD_PICTURE: Failure(
        "What Stability sent was not a picture, several times in a row. Try again in a few minutes.",
        logging.WARNING,
        passing=True,
        maybe_billed=True,
    ),
    # Recorded by versions before pictures were parked.
    FailureCode.NOT_STORED: Failure(
        "The picture was painted but could not be stored. That is our fault, not yours.",
        logging.ERROR,
        charged=True,
        passing=True,
    ),
    FailureCode.PARENT_GONE: Failure(
        "The picture that was to be made larger has been deleted, or has expired.", logging.INFO
    ),
    FailureCode.PARENT_UNREAD: Failure(
        "The picture that was to be made larger could not be read, several times in a row. "
        "That is our fault, not yours.",
        logging.WARNING,
        passing=True,
    ),
    FailureCode.WORKER_LOST: Failure(
        "The worker that painted this stopped in the middle, several times in a row. "
        "That is our fault, not yours.",
        logging.ERROR,
        passing=True,
    ),
    FailureCode.INTERNAL: Failure(
        "Something in Tigerbrush broke while it worked on this. That is our fault, not yours.",
        logging.ERROR,
        passing=True,
    ),
}


class JobFailed(TigerbrushError):
    """One attempt at a job came to nothing. `detail` is for the log and the record, not for members."""

    def __init__(
        self, code: FailureCode, detail: str = "", *, retry_after_seconds: float | None = None
    ) -> None:
        # It may repeat what others sent, and a job must not be lost over a text that Postgres does not take.
        self.detail = detail.replace("\0", "\ufffd").encode(errors="replace").decode()
        super().__init__(f"{code}: {self.detail}" if detail else str(code))
        self.code = code
        self.retry_after_seconds = retry_after_seconds

    @property
    def failure(self) -> Failure:
        return FAILURES[self.code]
