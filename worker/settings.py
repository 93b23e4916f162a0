"""What a worker reads from the environment."""

from pydantic import Field, SecretStr

from db.settings import BucketSettings, DatabaseSettings, WebUrl


class WorkerSettings(DatabaseSettings, BucketSettings):
    stability_api_key: SecretStr = Field(min_length=1, description="a key from platform.stability.ai")
    stability_api_host: WebUrl = Field(
        "https://api.stability.ai", description="the http or https URL of Stability's API"
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
