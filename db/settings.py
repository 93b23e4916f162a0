"""Settings are read from the environment once, at a process's start, and refused there in words."""

import sys
from collections.abc import Iterator
from typing import Annotated, Literal, NoReturn, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from db.models import PAINTERS
from db.postgres_url import understood

LINK_TTL_SECONDS_MAX = 90 * 24 * 3600
"""What Tigris takes (its documentation, Presigned URLs); AWS and most others take 7 days."""


def is_url(value: str, *schemes: str) -> bool:
    """Whether a host can be asked by it: what is wrong would else show much later, and name no variable."""
    try:
        parts = urlsplit(value)
        return bool(parts.scheme in schemes and parts.hostname and parts.port != 0) and _is_one_word(value)
    except ValueError:
        return False


def _is_one_word(value: str) -> bool:
    return value.isprintable() and " " not in value


def _postgres_url(value: SecretStr) -> SecretStr:
    return SecretStr(understood(value.get_secret_value()))


def _web_url(value: str) -> str:
    if not is_url(value, "http", "https"):
        raise ValueError("is not an http or https URL")
    return value.rstrip("/")


def _bucket_url(value: str) -> str:
    """The names of objects are added to it, so it may have a path, and nothing after that."""
    url = _web_url(value)
    if "?" in url or "#" in url:
        raise ValueError("has more to it than a path")
    return url


def _key(value: SecretStr) -> SecretStr:
    """Without the line break that a file or a paste leaves at the end: no header can have it."""
    key = value.get_secret_value().strip()
    if not (key and key.isascii() and _is_one_word(key)):
        raise ValueError("has characters that no key has")
    return SecretStr(key)


def _known_model(value: str) -> str:
    if value not in PAINTERS:
        raise ValueError("is not a model on offer")
    return value


PostgresUrl = Annotated[SecretStr, AfterValidator(_postgres_url)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
BucketUrl = Annotated[str, AfterValidator(_bucket_url)]
Key = Annotated[SecretStr, AfterValidator(_key)]
ModelName = Annotated[str, AfterValidator(_known_model)]


class Settings(BaseSettings):
    """The base of each process's settings; a field's description says what the variable should be."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)


class DatabaseSettings(Settings):
    database_url: PostgresUrl = Field(
        description="a Postgres URL, such as postgres://user:password@host:5432/name"
    )
    database_listen_url: PostgresUrl | None = Field(
        None, description="a Postgres URL that reaches the server directly, where DATABASE_URL is a pooler"
    )
    database_pool_size: int = Field(8, ge=2, le=100, description="a number of connections from 2 to 100")
    database_timeout_seconds: float = Field(
        30, gt=0, le=600, description="a number of seconds above 0, at most 600"
    )

    @property
    def dsn(self) -> str:
        return self.database_url.get_secret_value()

    @property
    def listen_dsn(self) -> str:
        return (self.database_listen_url or self.database_url).get_secret_value()

    @property
    def pooled(self) -> bool:
        """A separate LISTEN address means that DATABASE_URL is a pooler, which prepared statements break."""
        return self.database_listen_url is not None and self.listen_dsn != self.dsn


class BucketSettings(Settings):
    aws_endpoint_url_s3: WebUrl = Field(
        "https://fly.storage.tigris.dev", description="the http or https URL of an S3 service"
    )
    aws_access_key_id: Key = Field(description="the bucket's access key, as `fly storage create` sets it")
    aws_secret_access_key: Key = Field(description="the bucket's secret key, as `fly storage create` sets it")
    aws_region: str = Field(
        "auto", pattern="^[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]$", description="a region's name; Tigris wants auto"
    )
    bucket_name: str = Field(
        min_length=3,
        max_length=63,
        pattern="^[A-Za-z0-9._-]+$",
        description="a bucket's name of 3 to 63 characters",
    )
    bucket_addressing: Literal["auto", "virtual", "path"] = Field(
        "auto",
        description="virtual (Tigris), path (most local servers) or auto (path if the host is an address)",
    )
    public_bucket_url: BucketUrl | None = Field(
        None,
        description="the http or https URL of the bucket itself for those who open links, or unset",
    )
    link_ttl_seconds: int = Field(
        604_800,
        ge=60,
        le=LINK_TTL_SECONDS_MAX,
        description="a number of seconds from 60 to 7776000 (90 days, with Tigris; others take up to 604800)",
    )


class LogSettings(Settings):
    log_format: Literal["auto", "text", "json"] = Field(
        "auto", description="text, json (one object a line) or auto (text at a terminal, else json)"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="one of DEBUG, INFO, WARNING, ERROR"
    )


class HealthSettings(Settings):
    health_port: int | None = Field(
        None, ge=1, le=65535, description="a port for /healthz, from 1 to 65535, or unset for none"
    )
    loop_stuck_seconds_max: float = Field(
        120, ge=5, le=3600, description="a number of seconds from 5 to 3600; a process stuck for so long ends"
    )


class TraceSettings(Settings):
    otel_exporter_otlp_endpoint: WebUrl | None = Field(
        None, description="the http or https URL of a collector that speaks OTLP, or unset for no traces"
    )
    otel_exporter_otlp_headers: SecretStr | None = Field(
        None, description="what the collector wants in each request, such as name=value,name=value"
    )
    """OpenTelemetry reads it itself; it is here to be kept out of the log."""


SettingsT = TypeVar("SettingsT", bound=Settings)


def load(cls: type[SettingsT]) -> SettingsT:
    """Reads one class of settings, or ends the process with a line for each variable that is wrong."""
    try:
        return cls()
    except ValidationError as error:
        refuse(*problems(cls, error))


def problems(cls: type[Settings], error: ValidationError) -> Iterator[str]:
    """A line for each variable that is wrong, without its value."""
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        name = str(problem["loc"][0])
        wrong = "is missing" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
        yield f"{name.upper()}: {wrong}; it should be {cls.model_fields[name].description}."


def refuse(*lines: str) -> NoReturn:
    """Ends the process with a line for each mistake of its owner's; nothing but another setting mends it."""
    for line in lines:
        print(line, file=sys.stderr)
    sys.exit(78)  # EX_CONFIG of sysexits.h
