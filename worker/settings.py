"""What a worker reads from the environment."""

import re

from pydantic import Field, field_validator

from core.settings import (
    ApiUrl,
    BucketSettings,
    CredentialSettings,
    DatabaseSettings,
    DiscordSettings,
    HealthSettings,
    Key,
    LogSettings,
    ProviderSettings,
    TraceSettings,
)
from db.rate_limits import REQUESTS_PER_10_SECONDS
from db.spill import SPILL_BYTES_MAX


class WorkerSettings(
    DiscordSettings,
    ProviderSettings,
    DatabaseSettings,
    BucketSettings,
    CredentialSettings,
    HealthSettings,
    LogSettings,
    TraceSettings,
):
    stability_api_key: Key = Field(description="a key from platform.stability.ai")
    stability_api_host: ApiUrl = Field(
        "https://api.stability.ai",
        description="the http or https URL of Stability's API, without version",
    )
    stability_timeout_seconds: float = Field(
        120, ge=1, le=600, description="a number of seconds from 1 to 600; pictures take 3 to 40"
    )
    worker_concurrency: int = Field(
        4, ge=1, le=200, description="a number of pictures painted at once, from 1 to 200"
    )
    lease_seconds: float = Field(60, ge=1, le=3600, description="a number of seconds from 1 to 3600")
    shutdown_grace_seconds: float = Field(45, ge=0, le=300, description="a number of seconds from 0 to 300")
    poll_seconds: float = Field(5, ge=0.1, le=300, description="a number of seconds from 0.1 to 300")
    job_attempts: int = Field(
        3, ge=1, le=20, description="a number of tries before a job fails, from 1 to 20"
    )
    stability_requests_per_10_seconds: int = Field(
        REQUESTS_PER_10_SECONDS,
        ge=1,
        le=10_000,
        description="a number of requests from 1 to 10000, which all workers together may make in 10 seconds",
    )
    pause_probe_seconds: float = Field(60, ge=1, le=3600, description="a number of seconds from 1 to 3600")
    parked_bytes_max: int = Field(
        SPILL_BYTES_MAX, ge=0, le=2**40, description="a number of bytes, or 0 to keep none"
    )
    retention_days: int | None = Field(
        None,
        ge=1,
        le=36_500,
        description="a number of days from 1 to 36500, or unset to keep originals for ever",
    )
    health_wait_seconds_max: float = Field(
        120, ge=1, le=86_400, description="a number of seconds from 1 to 86400"
    )

    @field_validator("stability_api_host")
    @classmethod
    def _check_host(cls, value: str) -> str:
        if re.search(r"/v[0-9]", value):
            raise ValueError("has a version in its path, which is added to it")
        return value
