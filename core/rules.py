"""What may be asked for, where and for how much, as it is decided from inside Discord. The owner of the bot decides for
all, whoever manages a server for that server, and a member for what is not said."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

HOUSE = 0
"""In place of a server's id: the owner's own rules, for all of them."""

CAUTIOUS_CREDITS_PER_MONTH = Decimal(2500)
"""What all together may use in a month until the owner has set a limit: 25 USD."""

WORDS_MAX = 100
WORD_LENGTH_MAX = 200
ROLES_MAX = 25
CHANNELS_MAX = 25

Credits = Annotated[Decimal, Field(ge=0, le=1_000_000_000, decimal_places=2)]


class Rules(BaseModel):
    """They are stored as JSON, without what is as it always was. What a newer version has put there is kept."""

    model_config = ConfigDict(frozen=True, extra="allow")

    def stored(self) -> str:
        return self.model_dump_json(exclude_defaults=True)

    def but(self, **changes: Any) -> Self:
        """With these in place of its own. Raises ValidationError."""
        return type(self).model_validate({**dict(self), **(self.model_extra or {}), **changes})


class Spending(Rules):
    """Credits by the day and by the month, in UTC; None is no limit."""

    credits_per_day: Credits | None = None
    credits_per_month: Credits | None = None


class Allowance(Spending):
    """Of each member: also how many pictures may wait or be painted at once, and by which models and operations. None
    is no bound, or all that are on offer."""

    at_once: Annotated[int, Field(ge=0, le=100)] | None = None
    models: frozenset[str] | None = None
    operations: frozenset[str] | None = None


def best(allowances: Iterable[Allowance]) -> Allowance:
    """The most of each: who has several roles may what one of them may."""
    several = list(allowances)
    return Allowance(
        **{
            name: _most(getattr(one, name) for one in several)
            for name in ("credits_per_day", "credits_per_month", "at_once")
        },
        models=_all(one.models for one in several),
        operations=_all(one.operations for one in several),
    )


def _most(values: Iterable[Any]) -> Any:
    several = list(values)
    return None if None in several else max(several, default=None)


def _all(sets: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    several = list(sets)
    known = [one for one in several if one is not None]
    return None if len(known) < len(several) or not known else frozenset().union(*known)


class DirectMessages(StrEnum):
    OFF = "off"
    MEMBERS = "members"
    """For members of servers that are let in."""


class House(Rules):
    """The owner's, for everything. `is_first` until the owner has decided about a limit of all.

    Until the owner has set something, the environment has it: what is stored is what was set, None included.
    """

    in_all: Spending = Spending()
    each_server: Spending = Spending()
    each_member: Allowance = Allowance()
    direct_messages: DirectMessages = DirectMessages.MEMBERS
    is_first: bool = False

    def stored(self) -> str:
        return self.model_dump_json(exclude_unset=True)

    def over(self, first: "House") -> "House":
        """What is set here, and else what holds at first."""
        return first.model_copy(
            update={name: _over(getattr(self, name), getattr(first, name)) for name in self.model_fields_set}
        )

    def having(self, before: "House", after: "House") -> "House":
        """With what is another after than before."""
        changed = {
            name: _having(getattr(self, name), getattr(before, name), getattr(after, name))
            for name in House.model_fields
            if getattr(before, name) != getattr(after, name)
        }
        return self.model_copy(update=changed)


def _over(value: Any, first: Any) -> Any:
    if not isinstance(value, Rules):
        return value
    return first.model_copy(update={name: getattr(value, name) for name in value.model_fields_set})


def _having(value: Any, before: Any, after: Any) -> Any:
    if not isinstance(value, Rules):
        return after
    names = [name for name in type(value).model_fields if getattr(before, name) != getattr(after, name)]
    return value.model_copy(update={name: getattr(after, name) for name in names})


class Spoilers(StrEnum):
    ASKED = "asked"
    ROLES = "roles"
    ALWAYS = "always"


class WordRule(Rules):
    """A prompt that has it is refused, or has `replacement` in its place. A pattern is of RE2, else it is a word."""

    text: Annotated[str, Field(min_length=1, max_length=WORD_LENGTH_MAX)]
    is_pattern: bool = False
    replacement: Annotated[str, Field(max_length=WORD_LENGTH_MAX)] | None = None


class Defaults(Rules):
    """What is meant where nothing is said; None leaves it to whoever is asked next: the member, the server, the bot."""

    model: str | None = None
    shape: str | None = None
    style: str | None = None
    count: Annotated[int, Field(ge=1, le=4)] | None = None


class ServerRules(Rules):
    """Those of whoever manages the server. `channels` are those in which the bot paints, None being all of them;
    threads are of their channel. `everybody` is for who has none of `roles`."""

    channels: frozenset[int] | None = None
    log_channel: int | None = None
    age_restricted_only: bool = False
    everybody: Allowance = Allowance()
    roles: dict[int, Allowance] = {}
    words: tuple[WordRule, ...] = ()
    spoilers: Spoilers = Spoilers.ASKED
    spoiler_roles: frozenset[int] = frozenset()
    defaults: Defaults = Defaults()
    locale: str | None = None
    """Discord's name for the language of what everybody sees; None is what Discord has for the server."""
    reaction: str | None = None
    """The emoji under pictures that downloads one."""

    def allowance_of(self, role_ids: Iterable[int]) -> Allowance:
        held = [self.roles[role_id] for role_id in role_ids if role_id in self.roles]
        return best(held) if held else self.everybody


def differences(before: Rules, after: Rules) -> dict[str, list[Any]]:
    """What the audit says of a change: by its name, what it was and what it is, None being what it is where nobody has
    set it. Roles and defaults are named each, as in `roles.17`; of the words there are those gone and come."""
    was, now = _facts(before), _facts(after)
    found = {
        name: [was.get(name), now.get(name)] for name in {**was, **now} if was.get(name) != now.get(name)
    }
    if "words" in found:
        gone, come = (words or [] for words in found["words"])
        found["words"] = [[one for one in gone if one not in come], [one for one in come if one not in gone]]
    return found


def _facts(rules: Rules) -> dict[str, Any]:
    facts: dict[str, Any] = _ordered(rules.model_dump(mode="json", exclude_defaults=True))
    for name in ("roles", "defaults"):
        facts |= {f"{name}.{key}": value for key, value in facts.pop(name, {}).items()}
    return facts


def _ordered(value: Any) -> Any:
    """Sets have no order of their own."""
    if isinstance(value, dict):
        return {name: _ordered(one) for name, one in value.items()}
    is_set = isinstance(value, list) and not any(isinstance(one, dict) for one in value)
    return sorted(value) if is_set else value


class Granted(Spending):
    """What the owner of the bot has set for one server, in place of what holds for each."""

    models: frozenset[str] | None = None
    operations: frozenset[str] | None = None


class Wishes(Rules):
    """A member's own. `ping`: whether a picture that took long is told. `locale` None is Discord's."""

    defaults: Defaults = Defaults()
    private: bool = False
    ping: bool = False
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """`is_allowed` is None where the owner of the bot has not decided yet. A server that nobody has heard of has
    revision 0."""

    guild_id: int
    is_allowed: bool | None = None
    shut_until: datetime | None = None
    shut_reason: str | None = None
    granted: Granted = field(default_factory=Granted)
    rules: ServerRules = field(default_factory=ServerRules)
    revision: int = 0
    name: str = ""
    asked_at: datetime | None = None
    """When the bot's owner was asked whether to let it in."""
    left_at: datetime | None = None
    """Since when the bot is not there any more."""

    def is_open(self, now: datetime) -> bool:
        return self.is_allowed is True or (self.shut_until is not None and self.shut_until <= now)


@dataclass(frozen=True, slots=True)
class Member:
    """A member's wishes, as far as they are known to this process; where they are not, revision 0 is tried."""

    wishes: Wishes = field(default_factory=Wishes)
    revision: int = 0
