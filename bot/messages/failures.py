"""What members are told of each way in which a job, or an answer, fails."""

from core.failures import FailureCode
from core.orders import CancelReason


def said(text: str) -> str:
    """Marks a text that is said later, in the member's language."""
    return text


BUCKET_AWAY = said("⚠️ The pictures cannot be reached at the moment. Try again in a minute.")
DISCORD_AWAY = said(
    "⚠️ Discord did not take the answer. What you asked for may have been done all the same; "
    "if it was not, try again in a minute."
)
QUEUE_AWAY = said(
    "⚠️ The queue does not answer at the moment. Try again in a minute. "
    "If a picture was begun all the same, it comes by itself; otherwise nothing was charged."
)
BROKEN = said(
    "⚠️ Something in Tigerbrush broke. That is our fault, not yours. "
    "If a picture was begun all the same, it comes by itself; otherwise nothing was charged."
)

FAILURE_TEXTS = {
    FailureCode.REFUSED: said(
        "Stability's content filter refused this prompt. Other words for the same idea may pass."
    ),
    FailureCode.FILTERED: said(
        "The picture was painted, but Stability's content filter blurred it, so it is not shown. "
        "Other words for the same idea may pass."
    ),
    FailureCode.LANGUAGE: said(
        "Stability takes prompts in English alone, and took this for another language. The same in English may pass."
    ),
    FailureCode.PUBLIC_FIGURE: said(
        "Stability paints no pictures of people who are publicly known, and took this for one. "
        "Somebody who is made up may pass."
    ),
    FailureCode.REJECTED: said("Stability did not take this prompt. Other words for the same idea may pass."),
    FailureCode.INPUT_REFUSED: said(
        "Stability could not take the picture that this was to be made from. Another one may do."
    ),
    FailureCode.INPUT_TOO_LARGE: said(
        "What this was to be made from is too large for Stability. A smaller picture may do."
    ),
    FailureCode.BAD_REQUEST: said(
        "Stability did not understand what Tigerbrush sent. That is our fault, not yours."
    ),
    FailureCode.MODEL_GONE: said(
        "Stability does not offer this model any more, or not for this. Another model may do."
    ),
    FailureCode.BAD_KEY: said(
        "Paused: Stability does not accept this bot's key. "
        "Its owner has been told; the picture keeps its place."
    ),
    FailureCode.NO_CREDIT: said(
        "Paused: this bot's account with Stability has run out of credits for a picture of this price. "
        "Its owner has been told; the picture keeps its place."
    ),
    FailureCode.RATE_LIMITED: said("Stability asked for a pause, as too many pictures were wanted at once."),
    FailureCode.UNAVAILABLE: said(
        "Stability could not be reached, or answered with a fault of its own, several times in a row. "
        "Try again in a few minutes."
    ),
    FailureCode.BLOCKED: said(
        "Something that stands before Stability, such as a firewall, refused this several times in a row. "
        "Other words for the same idea may pass."
    ),
    FailureCode.BAD_PICTURE: said(
        "What Stability sent was not a picture, several times in a row. Try again in a few minutes."
    ),
    FailureCode.INPUT_GONE: said(
        "A picture that this was to be made from is not there any more: it has been deleted, or has expired."
    ),
    FailureCode.INPUT_UNREAD: said(
        "A picture that this was to be made from could not be fetched, several times in a row. "
        "Try again in a few minutes."
    ),
    FailureCode.INPUT_BROKEN: said(
        "What this was to be made from is no picture that can be read. "
        "It should be a PNG, a JPEG or a WebP of at most 25 MB and 64 megapixels."
    ),
    FailureCode.INPUT_MISFIT: said(
        "A picture that this was to be made from does not fit: its shape is too long and narrow. "
        "Cut it, and try again."
    ),
    FailureCode.MASK_EMPTY: said(
        "The mask is black all over, so nothing was to change. What should change has to be white in it."
    ),
    FailureCode.GENERATION_GONE: said(
        "Stability began this, and then knew nothing of it any more, several times in a row. "
        "Try again in a few minutes."
    ),
    FailureCode.WORKER_LOST: said(
        "The worker that painted this stopped in the middle, several times in a row. "
        "That is our fault, not yours."
    ),
    FailureCode.INTERNAL: said(
        "Something in Tigerbrush broke while it worked on this. That is our fault, not yours."
    ),
}

CANCEL_TEXTS = {
    CancelReason.SERVER_SHUT: said("The owner of this bot does not let it paint in this server any more."),
    CancelReason.BOT_REMOVED: said("This bot was removed from the server."),
    CancelReason.MEMBER_BLOCKED: said("You may not ask for pictures any more."),
}
"""Where it was not who asked for it that cancelled it."""
