"""What the bot reads from the environment."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from db.models import DEFAULT_MODEL, PAINTERS
from db.settings import BucketSettings, DatabaseSettings, ModelName, WebUrl


def _web_socket_url(value: str) -> str:
    if not value.startswith(("ws://", "wss://")):
        raise ValueError("is not a ws or wss URL")
    return value


class BotSettings(DatabaseSettings, BucketSettings):
    discord_token: SecretStr = Field(
        min_length=1, description="the bot's token, from the developer portal of Discord"
    )
    discord_api_base: WebUrl = Field(
        "https://discord.com/api/v10", description="the http or https URL of Discord's API"
    )
    discord_gateway_url: Annotated[str, AfterValidator(_web_socket_url)] | None = Field(
        None, description="the ws or wss URL of a gateway; leave it unset for Discord's own"
    )
    stability_model: ModelName = Field(DEFAULT_MODEL, description=f"one of {', '.join(PAINTERS)}")
    poll_seconds: float = Field(5, ge=0.1, le=300, description="a number of seconds from 0.1 to 300")
    reply_concurrency: int = Field(
        10, ge=1, le=100, description="a number of replies edited at once, from 1 to 100"
    )
