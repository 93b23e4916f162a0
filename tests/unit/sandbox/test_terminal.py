"""At a terminal there is what a person wants to know, elsewhere every line."""

import io

import pytest

from sandbox.terminal import Terminal

INFO = "2026-11-27 20:27:33,804 INFO    bot.orders: order 1: it came"
WARNING = "2026-11-27 20:27:33,804 WARNING worker: a \x1b[2Jpause"


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(out: io.StringIO, log: io.StringIO, **environment: str) -> str:
    terminal = Terminal(log, out, environment)
    for line in (INFO, "of two lines", WARNING, "Traceback", INFO):
        terminal.line("bot", line)
    terminal.line("worker", "refused: no such setting")
    terminal.came_of("Ada", "a red\nfox", "4.6 s, 3 credits", is_good=True)
    with terminal.step("Postgres"):
        terminal.say("in the midst")
    return out.getvalue()


def test_a_person_is_shown_what_came_of_orders_and_what_goes_wrong() -> None:
    log = io.StringIO()
    text = shown(Screen(), log, NO_COLOR="1")
    assert "\x1b" not in text
    assert "it came" not in text
    assert "of two lines" not in text
    assert "      bot | worker: a  [2Jpause\n      bot | Traceback\n" in text
    assert "   worker | refused: no such setting\n" in text
    assert "  Ada: a red fox → 4.6 s, 3 credits\n" in text
    assert "  · Postgres ...\nin the midst\n  ✓ Postgres  0.0 s \n" in text
    assert log.getvalue().count("\n") == 6


def test_it_has_colours_unless_nobody_wants_them() -> None:
    assert "\x1b[36mAda\x1b[0m: a red fox → \x1b[32m4.6 s, 3 credits\x1b[0m" in shown(Screen(), io.StringIO())


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}])
def test_where_nobody_looks_every_line_is_written_plainly(environment: dict[str, str]) -> None:
    text = shown(io.StringIO(), io.StringIO(), **environment)
    assert f"      bot | {INFO}\n      bot | of two lines\n" in text
    assert "\x1b[3" not in text
    assert "\r" not in text
