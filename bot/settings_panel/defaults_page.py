"""What is meant in this server where nothing is said, what language everybody reads, and the download reaction."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord import ui

from bot.controls.pages import Control, Typed, button, form, rows, select
from bot.messages.rules import TITLES, shape_text, shown_default
from bot.messages.words import Words
from bot.services import Interaction, Services, services_of, words_of
from bot.settings import is_emoji
from bot.settings_panel.panel import Shown, filled, page, pressed, save
from core.errors import InvalidRequest, Term
from core.operations import IMAGINE, SIZES, STYLES, choice_title
from core.policy import may_use
from core.rules import Allowance, Server, ServerRules
from core.validation import on_offer

_DEFAULTS = {name: TITLES[f"defaults.{name}"] for name in ("model", "shape", "style", "count")}
_NONE = "-"  # a value of a menu cannot be empty
_EMOJI_LENGTH_MAX = 40

_SIGN = r"(?:[^\x00-\x7f]\ufe0f?[\U0001f3fb-\U0001f3ff]?)"
_ONE_EMOJI = re.compile(
    rf"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9*#]\ufe0f?\u20e3|{_SIGN}(?:\u200d{_SIGN})*[\U000e0020-\U000e007f]*"
)
"""A flag, a key, or a sign with what belongs to it."""


@page("defaults", "🎛️", Term("Defaults"))
async def DEFAULTS(shown: Shown) -> Sequence[ui.Item[Any]]:
    say, rules, services = shown.say, shown.rules, services_of(shown.interaction)
    names = services.languages.names
    values = dict(rules.defaults)
    language = (
        names.get(rules.locale, rules.locale) if rules.locale else say("as the server has it with Discord")
    )
    told = {
        say(title): shown_default(f"defaults.{name}", values[name], say) for name, title in _DEFAULTS.items()
    }
    told[say("Language of what everybody sees")] = language
    told[say("Download reaction")] = shown_default("reaction", rules.reaction, say)
    lines = [
        say("### 🎛️ Defaults"),
        say("-# What is meant where a member says nothing and wants nothing else."),
        *(f"**{title}:** {value}" for title, value in told.items()),
    ]
    menus = [
        _menu(f"default:{name}", say(_DEFAULTS[name]), options, values[name], say)
        for name, options in _options(services, shown.server, say).items()
    ]
    menus.append(_menu("locale", say("Language"), names, rules.locale, say))
    return [
        ui.TextDisplay("\n".join(lines)),
        *rows(*menus),
        ui.ActionRow(button("settings:reaction", say("Download reaction"), rules.reaction or "📥")),
    ]


def _options(services: Services, server: Server, say: Words) -> dict[str, dict[str, str]]:
    """By the default's name, its values with what they are called."""
    house = services.rules.servers.house
    return {
        "model": {
            name: model.title
            for name, model in on_offer(IMAGINE, services.model).items()
            if may_use(IMAGINE.name, name, house, server, Allowance()) is None
        },
        "shape": {shape: shape_text(shape, say) for shape in SIZES},
        "style": {style: say(choice_title(style)) for style in STYLES},
        "count": {str(count): str(count) for count in range(1, services.count_max + 1)},
    }


def _menu(control: str, title: str, options: Mapping[str, str], now: Any, say: Words) -> Control:
    """Each option says what it is of: what is chosen stands there without a title."""
    none = say("as the server has it with Discord") if control == "locale" else say("as the bot has it")
    chosen = _NONE if now is None else str(now)
    found = [
        discord.SelectOption(label=f"{title}: {label}"[:100], value=value, default=value == chosen)
        for value, label in {_NONE: none, **options}.items()
    ]
    return select(f"settings:{control}", title, found)


@pressed("default")
async def set_default(
    interaction: Interaction, guild: discord.Guild, argument: str, chosen: Sequence[str]
) -> None:
    services = services_of(interaction)
    server = await services.rules.server_of(interaction)
    options = _options(services, server, words_of(interaction)).get(argument)
    value = next(iter(chosen), _NONE)
    if options is None or (value != _NONE and value not in options):
        raise InvalidRequest("This cannot be chosen any more. Use the command once more.")
    known = None if value == _NONE else int(value) if argument == "count" else value

    def edit(rules: ServerRules) -> ServerRules:
        return rules.but(defaults=rules.defaults.but(**{argument: known}))

    await save(interaction, guild, DEFAULTS, edit)


@pressed("locale")
async def set_locale(
    interaction: Interaction, guild: discord.Guild, _argument: str, chosen: Sequence[str]
) -> None:
    names = services_of(interaction).languages.names
    locale = next((one for one in chosen if one in names), None)
    await save(interaction, guild, DEFAULTS, lambda rules: rules.but(locale=locale))


@pressed("reaction")
async def open_reaction(
    interaction: Interaction, _guild: discord.Guild, _argument: str, _chosen: Sequence[str]
) -> None:
    say = words_of(interaction)
    rules = (await services_of(interaction).rules.server_of(interaction)).rules
    field = ui.TextInput[Any](
        custom_id="emoji", default=rules.reaction, required=False, max_length=_EMOJI_LENGTH_MAX
    )
    about = say("An emoji that every server has; empty: the bot's own")
    label = ui.Label[Any](text=say("Download reaction"), description=about, component=field)
    await interaction.response.send_modal(form("settings:reaction", say("Download reaction"), label))


@filled("reaction")
async def set_reaction(interaction: Interaction, guild: discord.Guild, _argument: str, typed: Typed) -> None:
    emoji = "".join(typed.get("emoji", ())).strip()
    if emoji and not (_ONE_EMOJI.fullmatch(emoji) and is_emoji(emoji)):
        raise InvalidRequest(
            "“{text}” is not one emoji that every server has. Type one such as 📥; a server's own do not work.",
            text=emoji,
        )
    await save(interaction, guild, DEFAULTS, lambda rules: rules.but(reaction=emoji or None))
