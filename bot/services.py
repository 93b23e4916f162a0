"""What commands, buttons and reactions work with; the client carries it to them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

import discord

from bot.gateway.registration import Registration
from bot.messages.words import Languages, Words
from db.copies import Copies
from db.downloads import Downloads
from db.erasure import Erasure
from db.favourites import Favourites
from db.orders import Jobs
from db.picture_store import Pictures
from db.pictures import Gallery
from db.replies import Replies
from ops.storage_checks import Doctor
from ops.tracing.traces import Traces

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.controls.job_buttons import Press
    from bot.messages.gallery_page import Turn
    from bot.rights.command_permissions import CommandPermissions

    Open: TypeAlias = Callable[["Interaction", int], Awaitable[None]]

Interaction: TypeAlias = "discord.Interaction[Any]"


@dataclass(frozen=True, slots=True)
class Services:
    """`model` is the one that /imagine uses unless another is named.

    `wake` has the keeper look for replies that are behind.
    `press`, `turn` and `open` do what the buttons of a job, those of a gallery page and its menu are for:
    the controls are on the messages, and the messages are made by what happens on a press.
    """

    jobs: Jobs
    replies: Replies
    gallery: Gallery
    favourites: Favourites
    downloads: Downloads
    copies: Copies
    erasure: Erasure
    pictures: Pictures
    languages: Languages
    model: str
    wake: "Callable[[], None]"
    doctor: Doctor
    registration: Registration
    traces: Traces
    command_permissions: "CommandPermissions"
    press: "Press"
    turn: "Turn"
    open: "Open"


class _HasServices(Protocol):
    services: Services


def services_of(interaction: Interaction) -> Services:
    return cast(_HasServices, interaction.client).services


def words_of(interaction: Interaction) -> Words:
    return services_of(interaction).languages.of(interaction.locale.value)
