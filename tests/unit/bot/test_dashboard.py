"""The owner's chart and figures: of any month, in one picture of a bounded size."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from PIL import Image

from bot.chart import WIDTH, drawable, drawn
from bot.messages.dashboard import alt_text, bars, figures_lines, wrong_lines
from bot.messages.words import ENGLISH, Languages
from core.rules import House, Spending
from db.dashboard import LISTED_MAX, Balance, Figures
from ops.checks import Finding

NOW = datetime(2026, 11, 11, tzinfo=UTC)
GERMAN = Languages().of("de")


def figures(servers: int, days: int, credits: str = "1234.5") -> Figures:
    each = Decimal(credits)
    return Figures(
        by_server=[(17 + n, each / (n + 1)) for n in range(min(servers, LISTED_MAX))],
        other_servers=each if servers > LISTED_MAX else Decimal(0),
        by_model=[("core", each), ("gone-model", each)] if servers else [],
        other_models=Decimal(0),
        by_day=[(date(2026, 11, 1) + timedelta(days=n), each * n) for n in range(days)],
        pictures=1,
        failures=2,
        wait_seconds=12.34,
        balances=[Balance("stability", Decimal("500.129"), NOW)],
    )


@pytest.mark.parametrize(("servers", "days"), [(0, 1), (1, 1), (50, 30), (2, 31)])
def test_the_chart_is_one_picture_of_a_bounded_size(servers: int, days: int) -> None:
    charts = bars(figures(servers, days), lambda guild_id: f"Größer als alle Server {guild_id}", GERMAN)
    content = drawn(charts)
    assert len(content) < 200_000
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        assert (picture.format, picture.width) == ("PNG", WIDTH)
        assert picture.height <= 3 * WIDTH
        # There are letters and bars, and not only the ground.
        assert len(picture.convert("RGB").getcolors() or ()) > 2
    assert len(charts) == (3 if servers else 1)
    assert len(alt_text(charts, GERMAN)) <= 1000


def test_what_it_shows_is_said_beside_it() -> None:
    charts = bars(figures(12, 3, "3"), lambda guild_id: "東京" if guild_id == 17 else "The Easel", ENGLISH)
    said = alt_text(charts, ENGLISH)
    # Of a name in other letters than the bot has, the id is left.
    assert said.startswith("Credits by server: 17: 3, The Easel: 1.5, ")
    assert "all others: 3. Credits by model: Stable Image Core: 3, gone-model: 3." in said
    assert said.endswith("Credits by day: 2: 3, 3: 6.")
    assert [drawable(one) for one in ("Кисть", "a\nb", "x" * 30)] == ["Кисть", "a b", "x" * 17 + "…"]


@pytest.mark.parametrize(
    ("credits", "left", "told"),
    [
        ("50", "500.129", "it lasts 33 days"),
        ("50", "-1", "it lasts 0 days"),
        ("0", "500", None),
        ("0.01", "500000", None),
    ],
)
def test_how_long_the_balance_lasts_is_said_where_it_can_be_told(
    credits: str, left: str, told: str | None
) -> None:
    month = replace(figures(1, 3, credits), balances=[Balance("stability", Decimal(left), NOW)])
    house = House(in_all=Spending(credits_per_month=Decimal(2500)))
    lines = "\n".join(figures_lines(month, house, NOW, ENGLISH))
    assert "**1** picture, 2 failed" in lines
    assert "12.3 s" in lines
    assert "of 2500 this month" in lines
    assert (told in lines) if told else ("it lasts" not in lines)


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        ([Finding("queue", True, "x")], "✅ All 1 checks are ok."),
        ([Finding("queue", True, "x"), Finding("limit", True, "y", is_warning=True)], "⚠️ **limit**: y"),
        ([Finding("queue", False, "z" * 5000)], "❌ **queue**: zz"),
    ],
)
def test_what_is_wrong_is_said(findings: Sequence[Finding], told: str) -> None:
    lines = wrong_lines(findings, ENGLISH)
    assert lines[0].startswith(told)
    assert len(lines[0]) <= 2000
