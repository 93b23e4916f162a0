"""`python -m bot doctor`: all checks, without starting anything."""

from bot.client import Client
from bot.gateway.endpoints import point_at
from bot.messages.words import Languages, Translator
from bot.owner.doctor import BotDoctor
from bot.settings import BotSettings
from db.bucket.client import open_bucket
from db.pool import open_pool
from ops.checks import Finding
from ops.storage_checks import Doctor


class _Patient(Client):
    """The bot's client, which logs in and changes nothing."""

    async def setup_hook(self) -> None:
        await self.tree.set_translator(Translator(Languages()))


async def examine_bot(settings: BotSettings, channel_id: int | None) -> list[Finding]:
    point_at(settings.discord_api_base, settings.discord_gateway_url)
    async with (
        open_pool(settings, name="doctor") as pool,
        open_bucket(settings) as bucket,
        _Patient(
            commands_guild_id=settings.commands_guild_id,
            proxy=settings.proxy_for(settings.discord_api_base),
        ) as client,
    ):
        bot = BotDoctor(client, client.registration, token=settings.discord_token.get_secret_value())
        lacking = (lambda: bot.lacking_in(channel_id)) if channel_id is not None else None
        return await Doctor(settings, pool, bucket).examine(bot.checks(lacking))
