"""Checks that say in a line what is wrong and what to do about it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from core.errors import TigerbrushError
from core.redaction import Redaction
from core.settings import Settings, SettingsT, problems

CHECK_SECONDS = 20.0

UNFORESEEN_LENGTH_MAX = 300
"""Of an error's own text, which may repeat all that was answered."""


class CheckFailed(TigerbrushError):
    """`remedy` is what a person can do about it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.remedy = remedy


class CheckWarned(CheckFailed):
    """It works as it is, but somebody should look at it."""


@dataclass(frozen=True, slots=True)
class Check:
    """`run` returns what it saw or raises CheckFailed; `remedy` is for what else it raises. `needs` are run before."""

    name: str
    run: Callable[[], Awaitable[str]]
    needs: tuple[str, ...] = ()
    remedy: str = "Is its address right, and does a firewall or a proxy let requests through?"


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    ok: bool
    text: str
    is_warning: bool = False

    @property
    def line(self) -> str:
        return (
            f"{'WRONG' if not self.ok else 'look ' if self.is_warning else 'ok   '} {self.name}: {self.text}"
        )

    @property
    def sign(self) -> str:
        return "❌" if not self.ok else "⚠️" if self.is_warning else "✅"


async def run_checks(checks: Sequence[Check], settings: Settings) -> list[Finding]:
    """One after another, in order. No finding has one of the settings' secrets in it."""
    redaction = Redaction(settings)
    findings: list[Finding] = []
    for check in checks:
        failed = [finding.name for finding in findings if not finding.ok and finding.name in check.needs]
        if failed:
            finding = Finding(check.name, False, f"not looked at, as this needs {failed[0]}")
        else:
            finding = await _run(check)
        findings.append(replace(finding, text=redaction.clean(finding.text)))
    return findings


async def _run(check: Check) -> Finding:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return Finding(check.name, True, await check.run())
    except CheckFailed as failed:
        warns = isinstance(failed, CheckWarned)
        return Finding(check.name, warns, f"{str(failed).rstrip('.')}. {failed.remedy}", is_warning=warns)
    except TimeoutError:
        return Finding(check.name, False, f"no answer within {CHECK_SECONDS:.0f} seconds. {check.remedy}")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the owner has to know
        text = " ".join(f"{type(error).__name__}: {error}".split())[:UNFORESEEN_LENGTH_MAX]
        return Finding(check.name, False, f"{text}. {check.remedy}")


def doctor(cls: type[SettingsT], examine: Callable[[SettingsT], Awaitable[list[Finding]]]) -> int:
    """Prints a line for each finding, and returns the exit status: 0 where all is ok."""
    try:
        settings = cls()
    except ValidationError as error:
        for problem in problems(cls, error):
            print(Finding("settings", False, problem).line)
        return 1

    async def findings() -> list[Finding]:
        return [Finding("settings", True, "can all be read"), *await examine(settings)]

    found = asyncio.run(findings())
    for finding in found:
        print(finding.line)
    return 0 if all(finding.ok for finding in found) else 1
