"""What commands, buttons and reactions work with; the client carries it to them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, cast

import discord

from bot.export import Exports
from bot.gateway.command_permissions import CommandPermissions
from bot.held_bytes import HeldBytes
from bot.instruments import Instruments
from bot.messages.words import Languages, Words
from bot.owner.doctor import BotDoctor
from bot.rules import RulesAtHand
from db.audit import Audit
from db.blocks import Blocks
from db.copies import Copies
from db.dashboard import Dashboard
from db.downloads import Downloads
from db.erasure import Erasure
from db.favourites import Favourites
from db.ledger import Ledger
from db.orders import Orders
from db.picture_store import PictureStore
from db.pictures import Pictures
from db.replies import Replies
from db.reports import Reports
from db.uploads import Uploads
from ops.signing import Signer

Interaction: TypeAlias = "discord.Interaction[Any]"


@dataclass(frozen=True, slots=True)
class Services:
    """`model` is what /imagine uses unless another is named, `count_max` how many pictures one command may ask for;
    `wake` is the reconciler's."""

    orders: Orders
    replies: Replies
    pictures: Pictures
    picture_store: PictureStore
    uploads: Uploads
    favourites: Favourites
    downloads: Downloads
    copies: Copies
    erasure: Erasure
    blocks: Blocks
    languages: Languages
    model: str
    count_max: int
    wake: Callable[[], None]
    doctor: BotDoctor
    command_permissions: CommandPermissions
    instruments: Instruments
    rules: RulesAtHand
    ledger: Ledger
    exports: Exports
    audit: Audit
    dashboard: Dashboard
    reports: Reports
    held_bytes: HeldBytes
    signer: Signer | None = None


class _HasServices(Protocol):
    services: Services


def services_of(interaction: Interaction) -> Services:
    return cast(_HasServices, interaction.client).services


def words_of(interaction: Interaction) -> Words:
    """For what the member alone sees."""
    services = services_of(interaction)
    wished = services.rules.members.known(interaction.user.id).wishes.locale
    return services.languages.of(wished or interaction.locale.value)


def public_words_of(interaction: Interaction) -> Words:
    """For what everybody sees there."""
    services = services_of(interaction)
    locale = services.rules.servers.of(interaction.guild_id).rules.locale
    if locale is None and interaction.guild_locale is not None:
        locale = interaction.guild_locale.value
    return services.languages.of(locale) if locale else words_of(interaction)
