"""Whoever paints, as a worker sees it: one call after another, and what is left of the account.

A provider is a package with two modules: `catalogue` puts its models on offer (see core.providers), and `client` has
`open_provider`. With a third, `contract`, it says whether it is still spoken to as it wants to be.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from core.failures import Outcome
from core.operations import Role
from core.orders import Job
from core.providers import packages
from worker.settings import WorkerSettings


@dataclass(slots=True)
class Call:
    """What an attempt's call to its provider may be billed for, as far as it is known at this moment."""

    outcome: Outcome = Outcome.FREE
    request_id: str | None = None
    generation: str | None = None
    """What was begun, where the answer comes later."""

    def sent(self) -> None:
        """From here on the picture may be painted, whether an answer comes or not."""
        self.outcome = Outcome.UNKNOWN

    def paid(self, request_id: str | None) -> None:
        self.outcome, self.request_id = Outcome.BILLED, request_id


@dataclass(frozen=True, slots=True)
class Painting:
    """What came, and is paid for: `content` is a picture as it was sent, `request_id` is the provider's."""

    content: bytes
    seed: int | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Begun:
    """It was taken, and the answer comes later, under this id of the provider's."""

    generation: str


class Provider(Protocol):
    """`name` is the one by which models, jobs, alarms and the rate limit know it.

    The variables that hold its key and its address, and where its account is, are named to the owner in advice.
    """

    name: str
    title: str
    key_variable: str
    host_variable: str
    account_url: str
    requests_per_10_seconds: int

    async def paint(self, job: Job, inputs: Mapping[Role, bytes], call: Call) -> Painting | Begun:
        """`inputs` are PNG, JPEG or WebP, within the bounds of its operation. Notes in `call` when the request is sent.
        Raises JobFailed, with what it means and what it costs."""
        ...

    async def collect(self, job: Job, call: Call) -> Painting | None:
        """What came of the generation that the job has begun; None while it is still at work. Raises as `paint`."""
        ...

    async def balance(self) -> Decimal:
        """The credits that are left, asked where it costs nothing. Raises JobFailed as `paint` does."""
        ...


class Verdict(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    UNCLEAR = "unclear"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Trial:
    """A request that was tried for free. `variant` is which of an operation's; `said` is what came of it."""

    operation: str
    model: str
    variant: str
    path: str
    verdict: Verdict
    said: str

    @property
    def line(self) -> str:
        what = " ".join(filter(None, (self.operation, self.model, self.variant)))
        return f"{self.verdict:<7} {what} {self.path}: {self.said}"


class Contract(Protocol):
    """A provider's module `contract`, of which it need not have one."""

    def about(self, settings: WorkerSettings) -> str:
        """What its trials prove, and what not."""
        ...

    def trials(self, settings: WorkerSettings) -> AsyncIterator[Trial]: ...


class Package(Protocol):
    """A provider's module `client`."""

    def open_provider(self, settings: WorkerSettings) -> AbstractAsyncContextManager[Provider]: ...


@asynccontextmanager
async def open_providers(settings: WorkerSettings) -> AsyncIterator[list[Provider]]:
    """Those that PROVIDERS names."""
    async with AsyncExitStack() as exits:
        yield [
            await exits.enter_async_context(_client(package).open_provider(settings))
            for package in packages(settings.providers)
        ]


def _client(package: str) -> Package:
    module: Package = import_module(f"{package}.client")
    return module


def contract_of(package: str) -> Contract | None:
    name = f"{package}.contract"
    if find_spec(name) is None:
        return None
    module: Contract = import_module(name)
    return module
