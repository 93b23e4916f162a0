"""What the bot reads from the environment."""

import re
import unicodedata
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from core.addresses import is_url
from core.operations import DEFAULT_MODEL, PAINTERS
from core.orders import COUNT_MAX
from core.policy import JOBS_PER_MEMBER_MAX, QUEUE_LENGTH_MAX, Limits
from core.rules import CAUTIOUS_CREDITS_PER_MONTH, Allowance, House, Spending
from core.settings import (
    BucketSettings,
    CredentialSettings,
    DatabaseSettings,
    DiscordSettings,
    HealthSettings,
    Key,
    LogSettings,
    ModelName,
    ProviderSettings,
    TraceSettings,
)
from db.orders import OPEN_MAX


def _web_socket_url(value: str) -> str:
    if not is_url(value, "ws", "wss"):
        raise ValueError("is not a ws or wss URL")
    return value


def _emoji_list(value: str) -> str:
    parts = _split(value)
    if any(part.startswith("<") or ":" in part for part in parts):
        raise ValueError("names an emoji of a server's own, and other servers have none of that")
    if not all(map(is_emoji, parts)):
        raise ValueError("is not a list of emoji")
    return value


def is_emoji(part: str) -> bool:
    """As far as it can be told without a list of all emoji."""
    # Digits and a few letters are emoji by the selector or the enclosing mark that follows them.
    signs = re.sub("[^ ][\ufe0f\u20e3]+", "", part)
    categories = {unicodedata.category(sign) for sign in signs}
    return bool(part) and not part.isascii() and categories <= {"So", "Sm", "Sk", "Mn", "Me", "Cf"}


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",")]


_SHARD_RANGE = re.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?")


def _shard_ids(value: str) -> list[int]:
    """Of a text like `0,1` or `0-3`, each once and in order. Raises ValueError."""
    ids: set[int] = set()
    for part in _split(value):
        match = _SHARD_RANGE.fullmatch(part)
        if match is None:
            raise ValueError("is not a list of numbers")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            raise ValueError(f"has a range that ends before it begins, {part}")
        ids |= set(range(first, last + 1))
    return sorted(ids)


def _ids(value: str) -> str:
    if not all(
        part.isascii() and part.isdecimal() and len(part) < 20 for part in filter(None, _split(value))
    ):
        raise ValueError("is not a list of numbers")
    return value


Credits = Annotated[
    Decimal | None,
    Field(
        ge=0,
        le=1_000_000_000,
        decimal_places=2,
        description="a number of credits (0.01 USD each), or unset for no limit; at most 1000000000",
    ),
]


class BotSettings(
    DiscordSettings,
    ProviderSettings,
    DatabaseSettings,
    BucketSettings,
    CredentialSettings,
    HealthSettings,
    LogSettings,
    TraceSettings,
):
    discord_token: Key = Field(description="the bot's token, from the developer portal of Discord")
    discord_gateway_url: Annotated[str, AfterValidator(_web_socket_url)] | None = Field(
        None, description="the ws or wss URL of a gateway; leave it unset for Discord's own"
    )
    commands_guild_id: int | None = Field(
        None, ge=1, description="the id of a server, or unset for commands that are there everywhere"
    )
    # Before the ids, whose check needs it.
    discord_shard_count: int | None = Field(
        None, ge=1, le=10_000, description="a number of shards from 1 to 10000, or unset for Discord's advice"
    )
    discord_shard_ids: str | None = Field(
        None,
        description="numbers below DISCORD_SHARD_COUNT, which then has to be set, such as 0,1 or 0-3; "
        "or unset for all shards",
    )
    stability_model: ModelName = Field(DEFAULT_MODEL, description=f"one of {', '.join(PAINTERS)}")
    download_reactions: Annotated[str, AfterValidator(_emoji_list)] = Field(
        "📥,⬇️", description="emoji, separated by commas; the bot puts the first one under each picture"
    )
    poll_seconds: float = Field(5, ge=0.1, le=300, description="a number of seconds from 0.1 to 300")
    reply_concurrency: int = Field(
        10, ge=1, le=100, description="a number of replies edited at once, from 1 to 100"
    )
    queue_length_max: int = Field(
        QUEUE_LENGTH_MAX, ge=1, le=100_000, description="a number of waiting pictures from 1 to 100000"
    )
    jobs_per_member_max: int = Field(
        JOBS_PER_MEMBER_MAX, ge=1, le=OPEN_MAX, description=f"a number of pictures from 1 to {OPEN_MAX}"
    )
    pictures_per_order_max: int = Field(
        COUNT_MAX, ge=1, le=COUNT_MAX, description=f"a number of pictures from 1 to {COUNT_MAX}"
    )
    allowed_servers: Annotated[str, AfterValidator(_ids)] = Field(
        "", description="ids of servers that are let in without being asked about, separated by commas"
    )
    # The first values only: once the bot has started, its owner changes them with /owner.
    credits_per_member_per_month: Credits = None
    credits_per_server_per_month: Credits = None
    credits_per_month: Credits = None

    @field_validator("discord_shard_ids")
    @classmethod
    def _check_shard_ids(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        ids, count = _shard_ids(value), info.data.get("discord_shard_count")
        if "discord_shard_count" in info.data and count is None:
            raise ValueError("needs DISCORD_SHARD_COUNT")
        if count is not None and ids[-1] >= count:
            raise ValueError(f"has {ids[-1]}, and there are {count} shards, from 0")
        return value

    @property
    def shard_ids(self) -> list[int] | None:
        return _shard_ids(self.discord_shard_ids) if self.discord_shard_ids is not None else None

    @property
    def limits(self) -> Limits:
        """Those of this process; the others are in Postgres."""
        return Limits(queue_length=self.queue_length_max, jobs_per_member=self.jobs_per_member_max)

    @property
    def first_house(self) -> House:
        """What holds for all until the owner says otherwise."""
        in_all = self.credits_per_month
        return House(
            in_all=Spending(credits_per_month=CAUTIOUS_CREDITS_PER_MONTH if in_all is None else in_all),
            each_server=Spending(credits_per_month=self.credits_per_server_per_month),
            each_member=Allowance(credits_per_month=self.credits_per_member_per_month),
            is_first=in_all is None,
        )

    @property
    def allowed_server_ids(self) -> frozenset[int]:
        return frozenset(map(int, filter(None, _split(self.allowed_servers))))

    @property
    def reactions(self) -> list[str]:
        return _split(self.download_reactions)
