"""How it goes, for the owner of the bot: in words and as bars. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from discord.utils import format_dt

from bot.chart import Bars, drawable
from bot.messages.verbs import price
from bot.messages.words import Words, rounded
from core.operations import MODELS
from core.policy import plain
from core.rules import House
from db.dashboard import Figures
from ops.checks import Finding

ALT_TEXT_LENGTH_MAX = 1000
_WRONG_LENGTH_MAX = 2000
_DAY_SECONDS = 86_400
_DAYS_MAX = 3650
"""Beyond that a balance lasts for good."""


def figures_lines(figures: Figures, house: House, now: datetime, say: Words) -> list[str]:
    most = house.in_all.credits_per_month
    used = (
        say("**{used}** this month, without a limit of all.", used=price(figures.credits, say))
        if most is None
        else say("**{used}** of {most} this month.", used=price(figures.credits, say), most=plain(most))
    )
    painted = say.plural("**{count}** picture", "**{count}** pictures", figures.pictures)
    failed = say.plural("{count} failed", "{count} failed", figures.failures)
    lines = [f"💰 {used}", f"🖼️ {painted}, {failed}"]
    if figures.wait_seconds is not None:
        seconds = rounded(figures.wait_seconds, 1)
        lines.append(
            say(
                "⏱️ From the command to the picture: **{seconds} s** (median of the last day)", seconds=seconds
            )
        )
    return [*lines, *_balances(figures, now, say)]


def _balances(figures: Figures, now: datetime, say: Words) -> Iterable[str]:
    if not figures.balances:
        yield say("🏦 No worker has asked yet what is left of the account.")
    for one in figures.balances:
        line = say(
            "🏦 **{credits}** are left with {provider} ({when}).",
            credits=price(rounded(float(one.credits), 2), say),
            provider=one.provider.title(),
            when=format_dt(one.known_at, "R"),
        )
        days = _days_left(one.credits, figures.credits, now) if len(figures.balances) == 1 else None
        if days is not None:
            line += " " + say.plural(
                "At this month's speed it lasts {count} day.",
                "At this month's speed it lasts {count} days.",
                days,
            )
        yield line


def _days_left(left: Decimal, used: Decimal, now: datetime) -> int | None:
    """None where nobody can tell, or it is years."""
    begun = datetime(now.year, now.month, 1, tzinfo=UTC)
    elapsed = Decimal((now - begun).total_seconds()) / _DAY_SECONDS
    if not used or not elapsed:
        return None
    days = max(Decimal(0), left) * elapsed / used
    return int(days) if days < _DAYS_MAX else None


def wrong_lines(findings: Sequence[Finding], say: Words) -> list[str]:
    """What is wrong and what to do is in English, as the log is."""
    wrong = [f"{one.sign} **{one.name}**: {one.text}" for one in findings if not one.ok or one.is_warning]
    if not wrong:
        return [say("✅ All {count} checks are ok.", count=len(findings))]
    text = "\n".join(wrong)
    return [text if len(text) <= _WRONG_LENGTH_MAX else f"{text[: _WRONG_LENGTH_MAX - 1]}…"]


def bars(figures: Figures, name_of: Callable[[int], str], say: Words) -> list[Bars]:
    """By server, by model and by day; what has nothing is left out."""
    servers = [
        (drawable(name_of(one) if one else say("Direct messages")) or str(one), credits)
        for one, credits in figures.by_server
    ]
    models = [(_model(one), credits) for one, credits in figures.by_model]
    charts = [
        Bars(
            title,
            [
                (say("{name}: {credits}", name=name, credits=plain(credits)), credits)
                for name, credits in rows
            ],
        )
        for title, rows in (
            (say("Credits by server"), _with_others(servers, figures.other_servers, say)),
            (say("Credits by model"), _with_others(models, figures.other_models, say)),
        )
        if rows
    ]
    most = max((credits for _day, credits in figures.by_day), default=Decimal(0))
    days = [(str(day.day), credits) for day, credits in figures.by_day]
    return [*charts, Bars(say("Credits by day"), days, most=str(plain(most)))]


def _model(name: str) -> str:
    return drawable(MODELS[name].title if name in MODELS else name)


def _with_others(rows: list[tuple[str, Decimal]], others: Decimal, say: Words) -> list[tuple[str, Decimal]]:
    return [*rows, (say("all others"), others)] if others else rows


def alt_text(charts: Iterable[Bars], say: Words) -> str:
    parts = []
    for chart in charts:
        if chart.most is None:
            labels = [label for label, _credits in chart.bars]
        else:
            labels = [
                say("{name}: {credits}", name=day, credits=plain(credits))
                for day, credits in chart.bars
                if credits
            ]
        parts.append(f"{chart.title}: {', '.join(labels) or '0'}.")
    return " ".join(parts)[:ALT_TEXT_LENGTH_MAX]
