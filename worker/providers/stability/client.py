"""How to speak to Stability: one request a picture."""

import asyncio
import json
import logging
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from types import SimpleNamespace
from typing import Self

import aiohttp

from core.failures import FailureCode, JobFailed, Outcome
from core.operations import Role
from core.orders import Job
from db.rate_limits import REQUESTS_PER_10_SECONDS
from worker.providers.provider import Begun, Call, Painting
from worker.providers.stability import answers
from worker.providers.stability.requests import request_of
from worker.settings import WorkerSettings

log = logging.getLogger(__name__)

PICTURE_BYTES_MAX = 96 * 1024 * 1024
"""Above what the largest picture takes: 16.8 megapixels with transparency, in JSON, that do not compress at all."""

ERROR_BYTES_MAX = 64 * 1024
CONNECT_TIMEOUT_SECONDS = 10.0
BALANCE_TIMEOUT_SECONDS = 5.0
"""Whoever asks for the balance has something else to do: it answers at once, or is not worth the wait."""


class Stability:
    """Use it in `async with`. `timeout_seconds` bounds one call: no byte comes before the picture is ready, so it has
    to be long."""

    name = "stability"
    title = "Stability"
    key_variable = "STABILITY_API_KEY"
    host_variable = "STABILITY_API_HOST"
    account_url = "platform.stability.ai"

    _session: aiohttp.ClientSession

    def __init__(
        self,
        *,
        host: str,
        key: str,
        timeout_seconds: float,
        requests_per_10_seconds: int = REQUESTS_PER_10_SECONDS,
        proxy: str | None = None,
    ) -> None:
        self._host = host
        self._key = key
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=CONNECT_TIMEOUT_SECONDS)
        self.requests_per_10_seconds = requests_per_10_seconds
        self._proxy = proxy

    async def __aenter__(self) -> Self:
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_sent)
        # Concurrency is bounded by the loop, so the connector need not.
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(connector=connector, trace_configs=[trace], proxy=self._proxy)
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._session.close()

    async def paint(self, job: Job, inputs: Mapping[Role, bytes], call: Call) -> Painting | Begun:
        """See `Provider`: JobFailed tells by its code whether another attempt may end better."""
        request = request_of(job, inputs)
        try:
            async with self._session.post(
                self._host + request.path,
                headers=self._headers(job, request.accept),
                timeout=self._timeout,
                # The prompt and the key would go to whatever host is named.
                allow_redirects=False,
                trace_request_ctx=call,
                **request.body(),
            ) as response:
                call.request_id = answers.request_id(response.headers)
                return await self._painting(response)
        except JobFailed as error:
            raise self._without_key(error) from error.__cause__
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreached(error, call) from error

    async def collect(self, job: Job, call: Call) -> Painting | None:
        """See `Provider`. Whatever is said of what was begun, it may be billed: no failure is known to be free."""
        try:
            async with self._session.get(
                f"{self._host}/v2beta/results/{job.generation}",
                headers=self._headers(job, "*/*"),
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                call.request_id = answers.request_id(response.headers)
                if response.status == 202:
                    return None
                # What has ended without a picture is not there to be asked for again.
                painting = await self._painting(response, FailureCode.GENERATION_GONE)
                return None if isinstance(painting, Begun) else painting
        except JobFailed as error:
            if not error.outcome.counts:
                error.outcome = Outcome.UNKNOWN
            raise self._without_key(error) from error.__cause__
        except (aiohttp.ClientError, TimeoutError) as error:
            call.sent()
            raise self._unreached(error, call) from error

    async def balance(self) -> Decimal:
        """As far as Stability knows: it has been seen wrong for a while."""
        try:
            async with self._session.get(
                self._host + "/v1/user/balance",
                headers={"Authorization": f"Bearer {self._key}"},
                timeout=aiohttp.ClientTimeout(total=BALANCE_TIMEOUT_SECONDS),
                allow_redirects=False,
            ) as response:
                body, _is_all = await _read(response, ERROR_BYTES_MAX)
                if response.status != 200:
                    raise self._without_key(answers.failure_of(response.status, response.headers, body))
                credits = _credits(body)
                if credits is None:
                    detail = f"200 without a balance, {answers.gist(response.headers, body)}"
                    raise self._without_key(JobFailed(FailureCode.UNAVAILABLE, detail))
                return credits
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreached(error, Call()) from error

    def _headers(self, job: Job, accept: str) -> dict[str, str]:
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Accept": accept,
            "stability-client-id": "tigerbrush",
        }
        # By it the vendor can name an abuser, whom nobody but the owner can tell from it (`python -m db member`).
        return headers | ({"stability-client-user-id": job.holder.hex()} if job.holder else {})

    async def _painting(
        self, response: aiohttp.ClientResponse, otherwise: FailureCode = FailureCode.UNAVAILABLE
    ) -> Painting | Begun:
        """`otherwise` is what it is where Stability says that it has ended without a picture."""
        if not 200 <= response.status < 300:
            start, _is_all = await _read(response, ERROR_BYTES_MAX)
            raise answers.failure_of(response.status, response.headers, start)
        for reason in response.headers.getall("finish-reason", ()):
            answers.check_finish_reason(reason, answers.request_id(response.headers), otherwise)
        content, is_all = await _read(response, PICTURE_BYTES_MAX)
        if not is_all:
            raise JobFailed(
                FailureCode.BAD_PICTURE,
                f"the answer is larger than {PICTURE_BYTES_MAX} bytes",
                request_id=answers.request_id(response.headers),
            )
        if answers.is_json(content):
            # With a picture in it, it is large.
            return await asyncio.to_thread(
                answers.painting_in, response.status, response.headers, content, otherwise
            )
        return answers.painting_in(response.status, response.headers, content)

    def _unreached(self, error: Exception, call: Call) -> JobFailed:
        """Where no connection came about, nothing was sent; else nobody knows what became of it."""
        detail = f"{type(error).__name__}: {str(error) or 'no answer in time'}"
        failed = JobFailed(FailureCode.UNAVAILABLE, detail, outcome=call.outcome, request_id=call.request_id)
        return self._without_key(failed)

    def _without_key(self, error: JobFailed) -> JobFailed:
        # v1 repeats the key in its refusal of it, and what is cut in the middle of it would not be found.
        return error.restated(error.code, error.detail.replace(self._key, "[key]")[:500])


def open_provider(settings: WorkerSettings) -> Stability:
    return Stability(
        host=settings.stability_api_host,
        key=settings.stability_api_key.get_secret_value(),
        timeout_seconds=settings.stability_timeout_seconds,
        requests_per_10_seconds=settings.stability_requests_per_10_seconds,
        proxy=settings.proxy_for(settings.stability_api_host),
    )


async def _sent(_session: aiohttp.ClientSession, context: SimpleNamespace, _parameters: object) -> None:
    """The request is about to be written to a connection that is there."""
    call = context.trace_request_ctx
    if isinstance(call, Call):
        call.sent()


async def _read(response: aiohttp.ClientResponse, bytes_max: int) -> tuple[bytes, bool]:
    """The beginning of a body that may be endless, and whether that is all of it."""
    # Joined once at the end: what grows is copied again and again.
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > bytes_max:
            response.close()
            break
    return b"".join(chunks)[:bytes_max], size <= bytes_max


def _credits(body: bytes) -> Decimal | None:
    try:
        credits = Decimal(str(json.loads(body)["credits"]))
    except (ValueError, TypeError, KeyError, InvalidOperation, RecursionError):
        return None
    return credits if credits.is_finite() else None
