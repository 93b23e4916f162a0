"""What can go wrong, as one small tree of exceptions."""

from typing import Any


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
    """It refuses the role, the password, the database or a parameter of the URL; in a restore, also the right ones."""


class Term(str):
    """A value in a text for members that is a text for members itself: it is translated with it."""

    __slots__ = ()


class InvalidRequest(TigerbrushError):
    """Says to a member what is wrong and what would be right; `values` fill the braces once it is translated."""

    def __init__(self, text: str, /, **values: object) -> None:
        super().__init__(text.format(**values) if values else text)
        self.text = text
        self.values = values


class NotAllowed(InvalidRequest):
    """The rules of the bot's owner, or of a server's managers, keep it out; the message says whose."""


class LimitReached(NotAllowed):
    """No more is allowed for now; the message says how much is used and when it frees up."""


class StaleRules(TigerbrushError):
    """They were changed since this process has seen them: what was decided by them has to be decided anew. `member`
    has the member's own, as they are now."""

    def __init__(self, member: Any) -> None:
        super().__init__("the rules were changed meanwhile")
        self.member = member


class MigrationFailed(TigerbrushError):
    """The schema is as it was before this migration; the message names its file."""


class LostJob(TigerbrushError):
    """A transition changed no row: the job has left the state, or the attempt, that the caller held."""


class ShardLost(TigerbrushError):
    """This process can no longer be sure that it alone serves its shards."""


class CallTooSoon(TigerbrushError):
    """The limit of requests lets the call be made only in so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the next call to its provider is in {seconds:.0f} s")
        self.seconds = seconds


class BadAnswer(TigerbrushError):
    """Something was answered that is no answer to what was asked."""


class SpillFull(TigerbrushError):
    """There is no room left for pictures that the bucket did not take."""


class BucketUnavailable(TigerbrushError):
    """It may work later. `code` is S3's word where no exception of the library has it; empty: not S3's answer."""

    def __init__(self, text: str, *, code: str | None = None) -> None:
        super().__init__(text)
        self.code = code


class PictureGone(BucketUnavailable):
    """The bucket has no such picture: it was deleted, or never stored."""
