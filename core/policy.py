"""What a member may ask for, as the rules of the bot's owner and of the server say, and the words for what is beyond
them. Each says who set it. Nothing here is looked up: what is used is counted as the order is stored."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from core.errors import LimitReached, NotAllowed, Term
from core.operations import MODELS, OPERATIONS, SIZES, Model, Operation
from core.orders import Request
from core.rules import HOUSE, Allowance, Defaults, DirectMessages, House, Member, Server, Spoilers
from core.validation import checked_params, clean_prompt, on_offer
from core.words import replaced, unwanted

QUEUE_LENGTH_MAX = 10_000
JOBS_PER_MEMBER_MAX = 20

BY_OWNER = Term("The owner of this bot set that, and alone can change it.")
BY_MANAGERS = Term("Whoever manages this server set that, and can change it with `/settings`.")


@dataclass(frozen=True, slots=True)
class Used:
    """What is used of the limits; None is what was not looked up. `here` is this member in this server."""

    line_length: int | None = None
    member_jobs: int = 0
    jobs_here: int = 0
    all_day: Decimal | None = None
    all_month: Decimal | None = None
    server_day: Decimal | None = None
    server_month: Decimal | None = None
    member_day: Decimal | None = None
    member_month: Decimal | None = None
    here_day: Decimal | None = None
    here_month: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Credits are counted by the day and the month in UTC; None is no limit. Direct messages together count as one
    server. What is of a member `here` its server's managers have set; the rest is the bot's owner's."""

    queue_length: int = QUEUE_LENGTH_MAX
    jobs_per_member: int = JOBS_PER_MEMBER_MAX
    jobs_here: int | None = None
    all_day: Decimal | None = None
    all_month: Decimal | None = None
    server_day: Decimal | None = None
    server_month: Decimal | None = None
    member_day: Decimal | None = None
    member_month: Decimal | None = None
    here_day: Decimal | None = None
    here_month: Decimal | None = None

    def check(self, used: Used, price: Decimal, count: int, *, in_server: bool) -> None:
        """Raises LimitReached for the first limit that keeps out `count` pictures of this price each."""
        if used.line_length is not None and used.line_length + count > self.queue_length:
            raise LimitReached(
                "{waiting} pictures are waiting already, and no more than {most} can. "
                "Places come free as they are painted: try again in a few minutes.",
                waiting=used.line_length,
                most=self.queue_length,
            )
        at_once = [(used.member_jobs, self.jobs_per_member, BY_OWNER)]
        if self.jobs_here is not None:
            at_once.append((used.jobs_here, self.jobs_here, BY_MANAGERS))
        for there, most, set_by in at_once:
            if there + count > most:
                raise LimitReached(
                    "{count} of your pictures are waiting or being painted, and {most} is the most at once. "
                    "You can ask for another as soon as one of them is done or cancelled. {set_by}",
                    count=there,
                    most=most,
                    set_by=set_by,
                )
        for limit in self.credits(used, in_server=in_server):
            if limit.used + price * count > limit.most:
                raise LimitReached(
                    "{who} used {used} of {most} credits {period}, and this costs {price}. "
                    "The count starts anew on {date} (UTC). {set_by}",
                    who=limit.who,
                    used=plain(limit.used),
                    most=plain(limit.most),
                    period=TODAY if limit.is_daily else THIS_MONTH,
                    price=plain(price * count),
                    date=limit.starts_anew,
                    set_by=limit.set_by,
                )

    def credits(self, used: Used, *, in_server: bool) -> "Iterator[Counted]":
        """Each limit of credits that is set, and was looked up; the member's own first."""
        everybody = Term("This server has") if in_server else Term("Direct messages have")
        scopes = (
            ("here", Term("In this server you have"), BY_MANAGERS),
            ("member", Term("You have"), BY_OWNER),
            ("server", everybody, BY_OWNER),
            ("all", Term("All members together have"), BY_OWNER),
        )
        for scope, who, set_by in scopes:
            for period in ("day", "month"):
                most, now = getattr(self, f"{scope}_{period}"), getattr(used, f"{scope}_{period}")
                if most is not None and now is not None:
                    yield Counted(who, now, most, period == "day", set_by)


TODAY, THIS_MONTH = Term("today"), Term("this month")


@dataclass(frozen=True, slots=True)
class Counted:
    """A limit and what is used of it, in credits."""

    who: Term
    used: Decimal
    most: Decimal
    is_daily: bool
    set_by: Term

    @property
    def starts_anew(self) -> str:
        today = datetime.now(UTC)
        return (
            f"{today + timedelta(days=1):%Y-%m-%d}"
            if self.is_daily
            else f"{today.replace(day=1) + timedelta(days=31):%Y-%m}-01"
        )


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and where, as the interaction says."""

    role_ids: frozenset[int] = frozenset()
    is_age_restricted: bool = False
    """The channel."""
    is_known: bool = True
    """In direct messages: whether it is a member of a server that is let in."""


def decided(
    request: Request, asker: Asker, house: House, server: Server, base: Limits
) -> tuple[Request, Limits]:
    """The request as it may be stored, and the limits that it is stored under. `base` has the bounds of this process.

    Raises NotAllowed where it may not be asked for at all.
    """
    _check_place(request, asker, house, server)
    allowance = server.rules.allowance_of(asker.role_ids)
    _check_offer(request, house, server, allowance)
    request = _worded(request, server)
    is_covered = server.rules.spoilers is Spoilers.ALWAYS or (
        server.rules.spoilers is Spoilers.ROLES and bool(asker.role_ids & server.rules.spoiler_roles)
    )
    return replace(request, spoiler=request.spoiler or is_covered), limits_of(house, server, allowance, base)


def limits_of(house: House, server: Server, allowance: Allowance, base: Limits) -> Limits:
    """`allowance` is the server's, for this member."""
    granted, each = server.granted, house.each_member
    return replace(
        base,
        jobs_per_member=min(
            base.jobs_per_member, base.jobs_per_member if each.at_once is None else each.at_once
        ),
        jobs_here=allowance.at_once,
        all_day=house.in_all.credits_per_day,
        all_month=house.in_all.credits_per_month,
        server_day=_first(granted.credits_per_day, house.each_server.credits_per_day),
        server_month=_first(granted.credits_per_month, house.each_server.credits_per_month),
        member_day=each.credits_per_day,
        member_month=each.credits_per_month,
        here_day=allowance.credits_per_day,
        here_month=allowance.credits_per_month,
    )


def _first(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return other if one is None else one


def _check_place(request: Request, asker: Asker, house: House, server: Server) -> None:
    if request.guild_id is None:
        if house.direct_messages is DirectMessages.OFF:
            raise NotAllowed("In direct messages this bot paints nothing. {set_by}", set_by=BY_OWNER)
        if not asker.is_known:
            raise NotAllowed(
                "In direct messages this bot paints for members of the servers that its owner has let in, "
                "once they have asked for a picture there. {set_by}",
                set_by=BY_OWNER,
            )
        return
    if not server.is_open(datetime.now(UTC)):
        if server.is_allowed is None:
            raise NotAllowed(
                "The owner of this bot has not let this server in yet, and has been asked. "
                "Until then nothing is painted here."
            )
        why = f" ({server.shut_reason})" if server.shut_reason else ""
        if server.shut_until is not None:
            raise NotAllowed(
                "The owner of this bot does not let it paint in this server until {time}.{why}",
                time=f"<t:{server.shut_until.timestamp():.0f}:f>",
                why=why,
            )
        raise NotAllowed("The owner of this bot does not let it paint in this server.{why}", why=why)
    rules = server.rules
    here = {request.channel_id, request.parent_channel_id}
    if rules.channels is not None and not rules.channels & here:
        raise NotAllowed(
            "Pictures are not asked for in this channel, but in {channels}. {set_by}",
            channels=", ".join(f"<#{channel}>" for channel in sorted(rules.channels)) or "-",
            set_by=BY_MANAGERS,
        )
    if rules.age_restricted_only and not asker.is_age_restricted:
        raise NotAllowed(
            "In this server pictures are asked for in age-restricted channels alone. {set_by}",
            set_by=BY_MANAGERS,
        )


def blocked(guild_id: int, reason: str, until: datetime | None) -> NotAllowed:
    """What a member reads who is blocked there."""
    values = {
        "where": "" if guild_id == HOUSE else Term("In this server: "),
        "why": f" ({reason})" if reason else "",
        "set_by": BY_OWNER if guild_id == HOUSE else BY_MANAGERS,
    }
    if until is None:
        return NotAllowed("{where}You may not ask for pictures.{why} {set_by}", **values)
    time = f"<t:{until.timestamp():.0f}:f>"
    return NotAllowed("{where}You may not ask for pictures until {time}.{why} {set_by}", time=time, **values)


def may_use(operation: str, model: str, house: House, server: Server, allowance: Allowance) -> Term | None:
    """None where it may be used, else who has set that it may not."""
    of_owner = (house.each_member, server.granted)
    if any(not _within(operation, model, one.operations, one.models) for one in of_owner):
        return BY_OWNER
    return None if _within(operation, model, allowance.operations, allowance.models) else BY_MANAGERS


def _within(
    operation: str, model: str, operations: frozenset[str] | None, models: frozenset[str] | None
) -> bool:
    return (operations is None or operation in operations) and (models is None or model in models)


def models_here(
    operation: Operation, default_model: str, house: House, server: Server, allowance: Allowance
) -> dict[str, Model]:
    """Those by name that may be chosen there."""
    return {
        name: model
        for name, model in on_offer(operation, default_model).items()
        if may_use(operation.name, name, house, server, allowance) is None
    }


def _check_offer(request: Request, house: House, server: Server, allowance: Allowance) -> None:
    set_by = may_use(request.operation, request.model, house, server, allowance)
    if set_by is None:
        return
    operation = OPERATIONS[request.operation]
    others = [
        model.title
        for model in operation.models.values()
        if may_use(operation.name, model.name, house, server, allowance) is None
    ]
    if others:
        raise NotAllowed(
            "You may not use {model} here; you may use {others}. {set_by}",
            model=MODELS[request.model].title if request.model in MODELS else request.model,
            others=", ".join(others),
            set_by=set_by,
        )
    raise NotAllowed(
        "You may not use “{operation}” here. {set_by}", operation=Term(operation.title), set_by=set_by
    )


def _worded(request: Request, server: Server) -> Request:
    """With a server's words in place of those that it does not want, wherever words are typed."""
    rules = server.rules.words
    if not rules:
        return request
    texts = {"prompt": request.prompt} | {
        name: value for name, value in request.params.items() if isinstance(value, str) and name in _TYPED
    }
    changed = {name: replaced(rules, text) for name, text in texts.items()}
    # What is put together by a replacement is not wanted either.
    for text in (*texts.values(), *changed.values()):
        if rule := unwanted(rules, text):
            raise NotAllowed(
                "This server does not want “{word}” in a prompt. {set_by}",
                word=rule.text if not rule.is_pattern else Term("what you wrote"),
                set_by=BY_MANAGERS,
            )
    if changed == texts:
        return request
    prompt = changed.pop("prompt")
    if prompt != request.prompt:
        prompt = clean_prompt(prompt)
    params = checked_params(OPERATIONS[request.operation], {**request.params, **changed})
    return replace(request, prompt=prompt, params=params)


_TYPED = ("negative_prompt", "target")


def filled_in(
    request: Request, server: Server, member: Member, *, offered: Collection[str], model: str, count_max: int
) -> Request:
    """What nobody said (`request.unsaid`) is as the member wants it, or the server; at last the bot's `model`. One
    that is not `offered` there is passed over. What everybody sees is in the server's language."""
    wishes, rules, unsaid = member.wishes, server.rules, request.unsaid
    said = {
        name: next(
            (value for one in (wishes.defaults, rules.defaults) if (value := getattr(one, name)) is not None),
            None,
        )
        for name in Defaults.model_fields
    }
    if "model" in unsaid:
        wanted = (wishes.defaults.model, rules.defaults.model)
        request = replace(request, model=next((one for one in wanted if one and one in offered), model))
    if "count" in unsaid:
        request = replace(request, count=min(said["count"] or 1, count_max))
    if "private" in unsaid:
        request = replace(request, private=request.private or wishes.private)
    if "shape" in unsaid and said["shape"] in SIZES:
        width, height = SIZES[said["shape"]]
        request = request.with_params(width=width, height=height)
    if "style" in unsaid and request.model in MODELS and said["style"] in MODELS[request.model].styles:
        request = request.with_params(style=said["style"])
    locale = wishes.locale or request.locale
    if request.guild_id is not None and not request.private:
        locale = rules.locale or request.guild_locale or locale
    return replace(request, locale=locale, unsaid=frozenset())


def plain(credits: Decimal) -> Decimal:
    """Without zeros at its end, nor an exponent in their place."""
    return Decimal(f"{credits.normalize():f}")
