"""What commands, buttons and reactions work with; the client carries it to them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, cast

import discord

from bot.gateway.command_permissions import CommandPermissions
from bot.instruments import Instruments
from bot.messages.words import Languages, Words
from bot.owner.doctor import BotDoctor
from bot.rules import RulesAtHand
from db.audit import Audit
from db.blocks import Blocks
from db.copies import Copies
from db.downloads import Downloads
from db.erasure import Erasure
from db.favourites import Favourites
from db.orders import Orders
from db.picture_store import PictureStore
from db.pictures import Pictures
from db.replies import Replies
from db.reports import Reports
from db.uploads import Uploads

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
    audit: Audit
    reports: Reports


class _HasServices(Protocol):
    services: Services


def services_of(interaction: Interaction) -> Services:
    return cast(_HasServices, interaction.client).services


def words_of(interaction: Interaction) -> Words:
    return services_of(interaction).languages.of(interaction.locale.value)
