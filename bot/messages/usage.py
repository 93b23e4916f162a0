"""What a member used and what is left of it, in words. Pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from discord import ui

from bot.messages.content import view_of
from bot.messages.verbs import price
from bot.messages.words import Words
from core.operations import MODELS, OPERATIONS
from core.policy import THIS_MONTH, TODAY, Counted, Limits, Used, plain
from db.ledger import Spent

_BAR_LENGTH = 12
_LINES_MAX = 20
_NOTHING = Decimal(0)


def usage_view(
    used: Used, limits: Limits, spent: Sequence[Spent], say: Words, *, in_server: bool
) -> ui.LayoutView:
    head = say(
        "### 📊 What you used\nToday **{today}**, this month **{month}**.",
        today=price(used.member_day or _NOTHING, say),
        month=price(used.member_month or _NOTHING, say),
    )
    items: list[ui.Item[Any]] = [ui.TextDisplay(f"{head}\n{_waiting(used, limits, say)}"), ui.Separator()]
    found = [_limit(one, say) for one in limits.credits(used, in_server=in_server)]
    items += [ui.TextDisplay(one) for one in found or [say("No limit of credits is set for you here.")]]
    if spent:
        items += [ui.Separator(), ui.TextDisplay("\n".join(_lines(spent, used, say)))]
    return view_of(ui.Container(*items))


def left_line(used: Used, limits: Limits, say: Words, *, in_server: bool) -> str:
    """Of the limit that is reached first; nothing where none is set."""
    counted = list(limits.credits(used, in_server=in_server))
    if not counted:
        return ""
    tightest = min(counted, key=lambda one: one.most - one.used)
    return say(
        "{who} {left} of {most} credits left {period}.",
        who=tightest.who,
        left=plain(max(tightest.most - tightest.used, _NOTHING)),
        most=plain(tightest.most),
        period=_period(tightest),
    )


def _waiting(used: Used, limits: Limits, say: Words) -> str:
    there, most = used.member_jobs, limits.jobs_per_member
    if limits.jobs_here is not None and limits.jobs_here - used.jobs_here < most - there:
        there, most = used.jobs_here, limits.jobs_here
    return say(
        "Waiting or being painted: {count} of at most {most} pictures at once.", count=there, most=most
    )


def _limit(one: Counted, say: Words) -> str:
    text = say(
        "{who} used **{used}** of {most} credits {period}.",
        who=one.who,
        used=plain(one.used),
        most=plain(one.most),
        period=_period(one),
    )
    anew = say("The count starts anew on {date} (UTC).", date=one.starts_anew)
    return f"{text}\n`{_bar(one)}`\n-# {anew} {say(one.set_by)}"


def _bar(one: Counted) -> str:
    share = one.used / one.most if one.most else Decimal(1)
    # What is used at all is seen, and what is left.
    filled = _BAR_LENGTH if share >= 1 else min(int(share * _BAR_LENGTH) + (share > 0), _BAR_LENGTH - 1)
    return "█" * filled + "░" * (_BAR_LENGTH - filled)


def _period(one: Counted) -> str:
    return TODAY if one.is_daily else THIS_MONTH


def _lines(spent: Iterable[Spent], used: Used, say: Words) -> list[str]:
    lines = [say("**What for, this month**")]
    known = list(spent)
    lines += [_line(one, say) for one in known[:_LINES_MAX]]
    rest = (used.member_month or _NOTHING) - sum((one.month for one in known[:_LINES_MAX]), _NOTHING)
    if rest > 0:
        lines.append("- " + say("Others, or deleted since: {price}", price=price(rest, say)))
    return lines


def _line(one: Spent, say: Words) -> str:
    operation, model = OPERATIONS.get(one.operation), MODELS.get(one.model)
    text = say.plural(
        "{operation}, {model}: {count} picture, {price}",
        "{operation}, {model}: {count} pictures, {price}",
        one.pictures,
        operation=say(operation.title) if operation else one.operation,
        model=model.title if model else one.model,
        price=price(one.month, say),
    )
    if one.pictures_today and one.month != one.today:
        text += " · " + say(
            "{count} of them today, {price}", count=one.pictures_today, price=price(one.today, say)
        )
    return f"- {text}"
