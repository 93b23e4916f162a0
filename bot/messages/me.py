"""What a member has set for themselves, as a panel, and what is said of everything that is theirs. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

import discord
from discord import ui

from bot.controls.edit_modal import priced
from bot.controls.pages import button, select
from bot.messages.content import Content, File, notice, view_of
from bot.messages.failures import said
from bot.messages.words import Languages, Words
from core.operations import SIZES, STYLES, Model, choice_title
from core.rules import Wishes

NOTHING = "-"
"""Is chosen where nothing is to be set."""

MODEL, SHAPE, STYLE, COUNT, LANGUAGE = "model", "shape", "style", "count", "language"
DEFAULTS = (MODEL, SHAPE, STYLE, COUNT)

_TITLES = {
    MODEL: said("Model"),
    SHAPE: said("Shape"),
    STYLE: said("Style"),
    COUNT: said("Pictures"),
    LANGUAGE: said("Language"),
}
_LABEL_LENGTH_MAX = 100


def choices(
    models: Iterable[Model], count_max: int, languages: Languages, say: Words
) -> dict[str, dict[str, str]]:
    """What can be chosen of each, and how it is called."""
    return {
        MODEL: {model.name: say(priced(model)) for model in models},
        SHAPE: {
            name: say(f"{name.capitalize()}, {width} × {height}") for name, (width, height) in SIZES.items()
        },
        STYLE: {style: say(choice_title(style)) for style in STYLES},
        COUNT: {str(count): str(count) for count in range(1, count_max + 1)},
        LANGUAGE: languages.names,
    }


def me_panel(wishes: Wishes, offered: Mapping[str, Mapping[str, str]], say: Words) -> ui.LayoutView:
    chosen = {name: getattr(wishes.defaults, name) for name in DEFAULTS} | {LANGUAGE: wishes.locale}
    head = say(
        "### ⚙️ Your own settings\nWhat you leave out with `/imagine` is as you choose it here, else as the server "
        "has it. The language is that of what you alone see."
    )
    gone = [
        say(
            "⚠️ {what}: “{value}” is not on offer here, and is passed over.",
            what=say(_TITLES[name]),
            value=str(value),
        )
        for name, value in chosen.items()
        if value is not None and str(value) not in offered[name]
    ]
    items: list[ui.Item[Any]] = [ui.TextDisplay("\n".join([head, *gone]))]
    # What there is no choice of is not asked, but to take back what was chosen before.
    names = [name for name in chosen if len(offered[name]) > 1 or chosen[name] is not None]
    items += [ui.ActionRow(_menu(name, chosen[name], offered[name], say)) for name in names]
    items.append(ui.ActionRow(*_switches(wishes, say)))
    items.append(
        ui.ActionRow(
            button("me:export", say("Send me everything of mine"), "📦"),
            button("me:forget", say("Forget me…"), "🗑️"),
        )
    )
    return view_of(ui.Container(*items))


def _menu(name: str, value: str | int | None, offered: Mapping[str, str], say: Words) -> ui.Item[Any]:
    title = say(_TITLES[name])
    nothing = say("as in Discord") if name == LANGUAGE else say("as the server has it")
    found = {NOTHING: nothing} | dict(offered)
    current = NOTHING if value is None else str(value)
    options = [
        discord.SelectOption(label=f"{title}: {label}"[:_LABEL_LENGTH_MAX], value=one, default=one == current)
        for one, label in found.items()
    ]
    return select(f"me:{name}", title, options)


def _switches(wishes: Wishes, say: Words) -> list[ui.Item[Any]]:
    """Each says how it is, and sets what it is not: pressed twice at once, it is set once."""
    private = say("Private: on") if wishes.private else say("Private: off")
    ping = say("Ping after a minute: on") if wishes.ping else say("Ping after a minute: off")
    return [
        _switch("me:private", private, "🔒", wishes.private),
        _switch("me:ping", ping, "🔔", wishes.ping),
    ]


def _switch(custom_id: str, label: str, emoji: str, is_on: bool) -> ui.Item[Any]:
    style = discord.ButtonStyle.success if is_on else discord.ButtonStyle.secondary
    return button(f"{custom_id}:{not is_on:d}", label, emoji, style)


def export_content(file: File, *, is_whole: bool, has_pictures: bool, has_links: bool, say: Words) -> Content:
    text = [say("### 📦 Everything of yours")]
    if has_pictures:
        text.append(say("Your pictures are in it."))
    if has_links:
        text.append(
            say(
                "Your pictures are more than fit into one file, so it has links to them. These end in time, and you "
                "can ask for new ones."
            )
        )
    if not is_whole:
        text.append(say("It is cut: what is oldest did not fit into one file."))
    view = view_of(ui.TextDisplay("\n".join(text)), ui.File(f"attachment://{file.name}"))
    return Content(view, (file,))


def export_sent(say: Words) -> ui.LayoutView:
    return notice(say("📦 It is in your direct messages."))
