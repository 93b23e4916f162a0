"""Settings are read from the environment once, at a process's start, and refused there in words."""

import os
import re
import sys
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NoReturn, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.addresses import (
    BucketAddress,
    api_url,
    bucket_url,
    check_bucket_name,
    is_among,
    is_host,
    is_known_to_all,
    is_loopback,
    is_one_word,
    is_url,
    web_url,
)
from core.operations import PAINTERS
from core.postgres_url import understood
from core.providers import load_catalogues
from core.typed_values import alike, as_meant, shown

LINK_TTL_SECONDS_MAX = 90 * 24 * 3600
"""What Tigris takes (its documentation, Presigned URLs); AWS and most others take 7 days."""


def _key(value: SecretStr) -> SecretStr:
    """A header has to take it. Some type the header's own word before it, which is put there anyway."""
    key = re.sub("^(?:Bot|Bearer) +", "", value.get_secret_value(), flags=re.IGNORECASE)
    if not (key.isascii() and is_one_word(key)):
        raise ValueError("has characters that no key has")
    return SecretStr(key)


def _pem(value: str, kind: str) -> str:
    """A form or a file of variables takes no line breaks, so they may be written."""
    text = value.replace("\\n", "\n")
    if re.search(rf"-----BEGIN [A-Z ]*{kind}-----.+-----END [A-Z ]*{kind}-----", text, re.DOTALL) is None:
        raise ValueError(f"is no {kind.lower()} as PEM")
    return text


def _host(value: str) -> str:
    host = value.removeprefix("[").removesuffix("]")
    if not (host.isascii() and is_host(host)):
        raise ValueError("is not an address")
    return host


def _proxy_url(value: SecretStr) -> SecretStr:
    """As curl takes it: without a scheme it is http. Its password has to stay out of what is said."""
    url = value.get_secret_value()
    url = url if "://" in url else f"http://{url}"
    if not is_url(url, "http", "https"):
        raise ValueError("is not an http or https URL")
    return SecretStr(url)


def _known_model(value: str) -> str:
    if value not in PAINTERS:
        raise ValueError("is not a model on offer")
    return value


PostgresUrl = Annotated[
    SecretStr, AfterValidator(lambda value: SecretStr(understood(value.get_secret_value())))
]
WebUrl = Annotated[str, AfterValidator(web_url)]
ApiUrl = Annotated[str, AfterValidator(api_url)]
BucketUrl = Annotated[str, AfterValidator(bucket_url)]
BucketName = Annotated[str, AfterValidator(check_bucket_name)]
ProxyUrl = Annotated[SecretStr, AfterValidator(_proxy_url)]
Pem = Annotated[str, AfterValidator(lambda value: _pem(value, "CERTIFICATE"))]
SecretPem = Annotated[
    SecretStr, AfterValidator(lambda value: SecretStr(_pem(value.get_secret_value(), "PRIVATE KEY")))
]
Key = Annotated[SecretStr, AfterValidator(_key)]
ModelName = Annotated[str, AfterValidator(_known_model)]


class Settings(BaseSettings):
    """The base of each process's settings; a field's description says what the variable should be."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    @model_validator(mode="before")
    @classmethod
    def _as_meant(cls, values: dict[str, Any]) -> dict[str, Any]:
        """What has nothing in it counts as unset."""
        kinds = {name: field.annotation for name, field in cls.model_fields.items()}
        meant = {name: as_meant(name, kinds.get(name), value) for name, value in values.items()}
        return {name: value for name, value in meant.items() if value != ""}


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


class ProxySettings(Settings):
    """Discord, Stability and the bucket are all asked by way of it, or none of them is."""

    https_proxy: ProxyUrl | None = Field(
        None, description="the http or https URL of a proxy by which https URLs are asked, or unset"
    )
    http_proxy: ProxyUrl | None = Field(
        None, description="the http or https URL of a proxy by which http URLs are asked, or unset"
    )
    no_proxy: str | None = Field(
        None, description="names of hosts that are asked without the proxy, separated by commas, or *"
    )

    def proxy_for(self, url: str) -> str | None:
        """The proxy's URL, for what is at `url`; None for this machine itself."""
        parts = urlsplit(url)
        proxy = self.https_proxy if parts.scheme in ("https", "wss") else self.http_proxy
        if proxy is None or is_loopback(url) or is_among(parts, self.no_proxy or ""):
            return None
        return proxy.get_secret_value()


class DiscordSettings(Settings):
    """Where members' attachments are too, if it is a stand-in."""

    discord_api_base: ApiUrl = Field(
        "https://discord.com/api/v10", description="the http or https URL of Discord's API"
    )


class ProviderSettings(Settings):
    """Their models are on offer from here on: a setting that names a model is checked after it."""

    providers: str = Field(
        "stability",
        validate_default=True,
        description="names of providers, separated by commas, such as stability, or packages of Python with dots",
    )

    @field_validator("providers")
    @classmethod
    def _load_providers(cls, value: str) -> str:
        load_catalogues(value)
        return value


class BucketSettings(ProxySettings):
    bucket_name: BucketName = Field(
        description="a bucket's name: 3 to 63 small letters, digits, hyphens and dots, "
        "with a letter or digit first and last"
    )
    bucket_addressing: Literal["auto", "virtual", "path"] = Field(
        "auto",
        description="virtual (Tigris), path (most local servers) or auto (path where the host is an address)",
    )
    public_bucket_url: BucketUrl | None = Field(
        None,
        description="the http or https URL of the bucket itself for those who open links, or unset",
    )
    # After what it is checked by.
    aws_endpoint_url_s3: BucketUrl = Field(
        "https://fly.storage.tigris.dev",
        validate_default=True,
        description="the http or https URL of an S3 service, without the bucket, as members reach it; "
        "or PUBLIC_BUCKET_URL says how they do",
    )
    aws_access_key_id: Key = Field(description="the bucket's access key, as `fly storage create` sets it")
    aws_secret_access_key: Key = Field(description="the bucket's secret key, as `fly storage create` sets it")
    aws_region: str = Field(
        "auto", pattern="^[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]$", description="a region's name; Tigris wants auto"
    )
    link_ttl_seconds: int = Field(
        604_800,
        ge=60,
        le=LINK_TTL_SECONDS_MAX,
        description="a number of seconds from 60 to 7776000 (90 days, with Tigris; others take up to 604800)",
    )

    @property
    def bucket_address(self) -> BucketAddress:
        return BucketAddress(self.aws_endpoint_url_s3, self.bucket_name, self.bucket_addressing)

    @field_validator("public_bucket_url")
    @classmethod
    def _check_public_url(cls, value: str | None) -> str | None:
        if value is not None and not is_known_to_all(value):
            raise ValueError(
                f"has a host without a dot ({urlsplit(value).hostname}), to which Discord takes no link"
            )
        return value

    @field_validator("aws_endpoint_url_s3")
    @classmethod
    def _check_endpoint(cls, value: str, info: ValidationInfo) -> str:
        known = info.data
        # What is wrong with the others is named by itself.
        if known.keys() >= {"bucket_name", "bucket_addressing", "public_bucket_url"}:
            address = BucketAddress(value, known["bucket_name"], known["bucket_addressing"])
            address.check(has_public_url=known["public_bucket_url"] is not None)
        return value


class LogSettings(Settings):
    log_format: Literal["auto", "text", "json"] = Field(
        "auto", description="text, json (one object a line) or auto (text at a terminal, else json)"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="one of DEBUG, INFO, WARNING, ERROR"
    )


class HealthSettings(Settings):
    health_port: int | None = Field(
        None, ge=1, le=65535, description="a free port for /healthz, from 1 to 65535, or unset for none"
    )
    health_host: Annotated[str, AfterValidator(_host)] = Field(
        "127.0.0.1", description="an address of this machine, such as 127.0.0.1, or :: for all of them"
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


class CredentialSettings(Settings):
    """Both are PEM, as one text: what signs pictures is with all other secrets, and nothing has to be mounted."""

    c2pa_certificate: Pem | None = Field(
        None,
        description="certificates as PEM, the one that signs first and then those that vouch for it; line breaks may "
        "be written \\n; or unset",
    )
    c2pa_private_key: SecretPem | None = Field(
        None,
        validate_default=True,
        description="the certificate's private key as PEM, without a password, of the kind ES256 (prime256v1); line "
        "breaks may be written \\n; or unset",
    )

    @field_validator("c2pa_private_key")
    @classmethod
    def _check_both(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        # What is wrong with the certificate is named by itself.
        if "c2pa_certificate" in info.data and (info.data["c2pa_certificate"] is None) is not (value is None):
            raise ValueError("is missing" if value is None else "stands without C2PA_CERTIFICATE")
        return value


SettingsT = TypeVar("SettingsT", bound=Settings)


def load(cls: type[SettingsT]) -> SettingsT:
    """Reads one class of settings, or ends the process with a line for each variable that is wrong."""
    try:
        return cls()
    except ValidationError as error:
        refuse(*problems(cls, error))


def problems(cls: type[Settings], error: ValidationError) -> Iterator[str]:
    """A line for each variable that is wrong, without the value of one that may have a secret in it."""
    for problem in error.errors(include_url=False, include_context=False):
        name = str(problem["loc"][0])
        field = cls.model_fields[name]
        value = shown(field.annotation, problem["input"])
        also = ""
        if problem["type"] == "missing":
            other = alike(name.upper(), list(os.environ))
            wrong = "is missing" if other is None else f"is missing, and {other} is not its name"
        elif problem["type"] == "value_error":
            wrong = problem["msg"].removeprefix("Value error, ")
            also = f" It is {value}." if value is not None else ""
        else:
            wrong = f"is {value}" if value is not None else "is something else"
        yield f"{name.upper()}: {wrong}; it should be {field.description}.{also}"


def refuse(*lines: str) -> NoReturn:
    """Ends the process with a line for each mistake of its owner's; nothing but another setting mends it."""
    for line in lines:
        print(line, file=sys.stderr)
    sys.exit(78)  # EX_CONFIG of sysexits.h
