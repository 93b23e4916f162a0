"""The S3 client: it reads nothing but our settings, and believes nothing but the service's own word."""

import os
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import aioboto3
import aiohttp
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES, ConstantProvider
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from core.errors import BucketUnavailable, reason
from core.settings import BucketSettings

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from types_aiobotocore_s3 import S3Client

UNAVAILABLE = (
    BotoCoreError,
    ClientError,
    # aiohttp's own comes through where a body breaks off.
    aiohttp.ClientError,
    OSError,
    TimeoutError,
    # What botocore's parser makes of an answer that is none of S3's.
    ResponseParserError,
    ValueError,
    LookupError,
)

_Answer = TypeVar("_Answer", bound=Mapping[str, Any])


@asynccontextmanager
async def open_client(settings: BucketSettings, *, connections_max: int) -> AsyncIterator["S3Client"]:
    session = aioboto3.Session(
        aws_access_key_id=settings.aws_access_key_id.get_secret_value(),
        aws_secret_access_key=settings.aws_secret_access_key.get_secret_value(),
        region_name=settings.aws_region,
        botocore_session=_session(),
    )
    proxy = settings.proxy_for(settings.aws_endpoint_url_s3)
    config = AioConfig(
        signature_version="s3v4",
        s3={"addressing_style": settings.bucket_address.style},
        # Newer botocore adds checksums that not every S3-compatible server knows.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=connections_max,
        proxies={"http": proxy, "https": proxy} if proxy else {},
    )
    async with session.client(
        "s3", endpoint_url=settings.aws_endpoint_url_s3, config=config, verify=_certificates()
    ) as client:
        client.meta.events.register_first("needs-retry.s3", _stay)
        yield client


def _session() -> AioSession:
    """Blind to AWS_PROFILE, ~/.aws and the like, which are for the owner's other work."""
    blind = {name: (None, None, *rest) for name, (_, _, *rest) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()}
    for name in ("config_file", "credentials_file"):
        blind[name] = (None, None, os.devnull, None)
    session = AioSession(session_vars=blind)
    for section in ("s3", "proxies_config"):
        session.get_component("config_store").set_config_provider(section, ConstantProvider(None))
    return session


def _certificates() -> str | bool:
    """Those of SSL_CERT_FILE, which count for Discord and Stability too; else botocore's own."""
    paths = ssl.get_default_verify_paths()
    return paths.cafile if paths.cafile and paths.cafile != paths.openssl_cafile else True


def genuine(answer: _Answer, *, xml: bool = False) -> _Answer:
    """The answer, if it is the service's. Raises BucketUnavailable for a page of what stands before it.

    With such a page, and status 200, a portal or an edge asks who one is, and some services tell of errors.
    """
    metadata = answer["ResponseMetadata"]
    headers = metadata["HTTPHeaders"]
    kind = headers.get("content-type", "").partition(";")[0]
    is_page = kind == "text/html" if xml else kind.startswith("text/") or kind.endswith("xml")
    # Google's empty answers are of type text/html.
    if is_page and metadata["HTTPStatusCode"] != 204 and headers.get("content-length") != "0":
        raise BucketUnavailable(f"what answered was not the bucket, but a page of type {kind}", code="")
    return answer


def said(error: BaseException) -> str:
    """In a line, without the library's own words."""
    if not isinstance(error, ClientError):
        return reason(error)
    code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    if not code or code.isdecimal():
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return f"{error.operation_name} was answered with {status}, and not as S3 does"
    return f"{error.operation_name} was answered {code}: {message}"


@contextmanager
def unavailable(what: str) -> Iterator[None]:
    """BucketUnavailable for whatever the client raises."""
    try:
        yield
    except UNAVAILABLE as error:
        raise BucketUnavailable(f"{what}: {said(error)}") from error


def listed(page: _Answer) -> _Answer:
    """A page of a listing. Raises BucketUnavailable for what is none, which would read as an empty bucket."""
    if "IsTruncated" not in genuine(page, xml=True):
        raise BucketUnavailable("what answered was no listing of the bucket", code="")
    return page


def _stay(
    response: tuple[object, dict[str, Any]] | None, operation: "OperationModel", **_more: object
) -> None:
    """Follows no redirect, and takes no advice on the region: a link could do neither.

    botocore would, and would ask again and again where it is not told by what it expects.
    """
    parsed = response[1] if response else {}
    status = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    error = parsed.get("Error", {})
    if 300 <= status < 400 or error.get("Code") == "AuthorizationHeaderMalformed":
        code = str(error.get("Code", ""))
        raise BucketUnavailable(f"{operation.name} answers {code}: {error.get('Message')}", code=code)
