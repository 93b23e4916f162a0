"""What is not to be asked for: words and patterns, which can be tried out, and which pictures are spoilers."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import discord
from discord import ui

from bot.controls.pages import Control, Typed, button, form, ids, role_select, rows, select
from bot.mentions import spelled_out
from bot.messages.prompts import escape
from bot.messages.rules import SPOILERS, mentions, word_text
from bot.messages.words import Words
from bot.services import Interaction, services_of, words_of
from bot.settings_panel.panel import Shown, filled, page, pressed, save, show
from core.errors import InvalidRequest, Term
from core.operations import PROMPT_LENGTH_MAX
from core.rules import ROLES_MAX, WORD_LENGTH_MAX, WORDS_MAX, ServerRules, Spoilers, WordRule
from core.validation import clean
from core.words import check_word, replaced, unwanted

_ON_A_PAGE = 10
_SHOWN_LENGTH_MAX = 200  # of a text that is tried out
_OPTION_LENGTH_MAX = 100

_REFUSE, _REPLACE = "refuse", "replace"
_WORD, _PATTERN = "word", "pattern"


@page("what", "🧹", Term("What"))
async def WHAT(shown: Shown) -> Sequence[ui.Item[Any]]:
    say, rules, words = shown.say, shown.rules, shown.rules.words
    last = max(0, len(words) - 1) // _ON_A_PAGE
    number = min(next(iter(ids([shown.argument])), 0), last)
    here = words[number * _ON_A_PAGE :][:_ON_A_PAGE]
    lines = [
        say("### 🧹 What"),
        say("**Words and patterns:** {count} of {most}", count=len(words), most=WORDS_MAX),
        *(f"{place}. {word_text(one, say)}" for place, one in enumerate(here, start=number * _ON_A_PAGE + 1)),
        say("**Pictures as spoilers:** {when}", when=say(SPOILERS[rules.spoilers])),
    ]
    if rules.spoilers is Spoilers.ROLES:
        lines.append(mentions("@&", sorted(rules.spoiler_roles)) or say("none"))
    row = [
        button("settings:word-add", say("Add a word"), "✍️", disabled=len(words) >= WORDS_MAX),
        button("settings:word-test", say("Try a prompt"), "🧪"),
    ]
    if last:
        row += [
            button(f"settings:words:{number - 1}", say("Previous"), "◀️", disabled=number == 0),
            button(f"settings:words:{number + 1}", say("Next"), "▶️", disabled=number == last),
        ]
    controls = [_spoilers(rules, say)]
    if rules.spoilers is Spoilers.ROLES:
        there = sorted(one for one in rules.spoiler_roles if shown.guild.get_role(one))
        chosen = say("Roles whose pictures are spoilers")
        controls.append(role_select("settings:spoiler-roles", chosen, there, least=0, most=ROLES_MAX))
    removal = rows(_removal(number, here, say)) if here else []
    return [ui.TextDisplay("\n".join(lines)), ui.ActionRow(*row), *removal, *rows(*controls)]


def _removal(number: int, here: Sequence[WordRule], say: Words) -> Control:
    options = [
        discord.SelectOption(label=one.text[:_OPTION_LENGTH_MAX], value=_key(one), emoji="🗑️") for one in here
    ]
    return select(f"settings:word-remove:{number}", say("Remove a word"), options)


def _spoilers(rules: ServerRules, say: Words) -> Control:
    options = [
        discord.SelectOption(
            label=say("Spoilers: {when}", when=say(text)), value=when, default=when == rules.spoilers
        )
        for when, text in SPOILERS.items()
    ]
    return select("settings:spoilers", say("Pictures as spoilers"), options)


def _key(rule: WordRule) -> str:
    """By its place another one could be meant by now."""
    return sha256(f"{rule.is_pattern} {rule.text}".encode()).hexdigest()[:16]


@pressed("words")
async def turn_words(
    interaction: Interaction, guild: discord.Guild, argument: str, _chosen: Sequence[str]
) -> None:
    await show(interaction, guild, WHAT, argument)


@pressed("word-add")
async def open_word(
    interaction: Interaction, _guild: discord.Guild, _argument: str, _chosen: Sequence[str]
) -> None:
    say = words_of(interaction)

    def choice(name: str, *options: tuple[str, str]) -> ui.Select[Any]:
        found = [
            discord.SelectOption(label=label, value=value, default=number == 0)
            for number, (value, label) in enumerate(options)
        ]
        return ui.Select[Any](custom_id=name, options=found)

    text = ui.TextInput[Any](custom_id="text", max_length=WORD_LENGTH_MAX)
    kind = choice("kind", (_WORD, say("Word, or several words")), (_PATTERN, say("Pattern (RE2)")))
    then = choice("then", (_REFUSE, say("Refuse the prompt")), (_REPLACE, say("Put something in its place")))
    by = ui.TextInput[Any](custom_id="by", required=False, max_length=WORD_LENGTH_MAX)
    modal = form(
        "settings:word-add",
        say("Add a word"),
        ui.Label(text=say("Word or pattern"), description=say("Large and small letters are alike"), component=text),
        ui.Label(text=say("What it is"), component=kind),
        ui.Label(text=say("What happens"), component=then),
        ui.Label(text=say("In its place"), description=say("Empty: it is left out"), component=by),
    )  # fmt: skip
    await interaction.response.send_modal(modal)


@filled("word-add")
async def add_word(interaction: Interaction, guild: discord.Guild, _argument: str, typed: Typed) -> None:
    text, kind, then, by = (clean("".join(typed.get(name, ()))) for name in ("text", "kind", "then", "by"))
    if not text:
        raise InvalidRequest("Nothing is left of it that can be seen. Type a word or a pattern.")
    if by and then != _REPLACE:
        raise InvalidRequest(
            "“{text}” can only stand in its place if you choose that something is put there.", text=by
        )
    rule = WordRule(
        text=text[:WORD_LENGTH_MAX],
        is_pattern=kind == _PATTERN,
        replacement=by[:WORD_LENGTH_MAX] if then == _REPLACE else None,
    )
    check_word(rule)

    def edit(rules: ServerRules) -> ServerRules:
        others = tuple(one for one in rules.words if _key(one) != _key(rule))
        if len(others) >= WORDS_MAX:
            raise InvalidRequest(
                "There are {most} already, and no more can be. Remove one first.", most=WORDS_MAX
            )
        return rules.but(words=(*others, rule))

    # Where the new one is.
    await save(interaction, guild, WHAT, edit, str(WORDS_MAX))


@pressed("word-remove")
async def remove_word(
    interaction: Interaction, guild: discord.Guild, argument: str, chosen: Sequence[str]
) -> None:
    def edit(rules: ServerRules) -> ServerRules:
        return rules.but(words=tuple(one for one in rules.words if _key(one) not in chosen))

    await save(interaction, guild, WHAT, edit, argument)


@pressed("word-test")
async def open_test(
    interaction: Interaction, _guild: discord.Guild, _argument: str, _chosen: Sequence[str]
) -> None:
    say = words_of(interaction)
    style = discord.TextStyle.paragraph
    field = ui.TextInput[Any](custom_id="text", style=style, max_length=PROMPT_LENGTH_MAX)
    label = ui.Label[Any](
        text=say("A prompt"),
        description=say("Nothing is painted, and nothing costs anything"),
        component=field,
    )
    await interaction.response.send_modal(form("settings:word-test", say("Try a prompt"), label))


@filled("word-test")
async def test(interaction: Interaction, guild: discord.Guild, _argument: str, typed: Typed) -> None:
    say, server = words_of(interaction), await services_of(interaction).rules.server_of(interaction)
    text = spelled_out(interaction, "".join(typed.get("text", ())))
    await show(interaction, guild, WHAT, note=f"🧪 {_verdict(server.rules.words, text, say)}")


def _verdict(rules: Sequence[WordRule], text: str, say: Words) -> str:
    shown = escape(text, _SHOWN_LENGTH_MAX)
    if rule := unwanted(rules, text):
        return say("“{text}” would be refused: {rule}.", text=shown, rule=word_text(rule, say))
    done, used = text, []
    for rule in rules:
        try:
            changed = replaced([rule], done)
        except InvalidRequest as error:
            return say("“{text}” would be refused: {rule}.", text=shown, rule=say(error.text, **error.values))
        if changed != done:
            used.append(word_text(rule, say))
        done = changed
    if not used:
        return say("“{text}” would be painted as it is.", text=shown)
    return say(
        "“{text}” would be painted as “{done}”: {rules}.",
        text=shown,
        done=escape(done, _SHOWN_LENGTH_MAX),
        rules="; ".join(used),
    )


@pressed("spoilers")
async def set_spoilers(
    interaction: Interaction, guild: discord.Guild, _argument: str, chosen: Sequence[str]
) -> None:
    when = next((one for one in Spoilers if one in chosen), Spoilers.ASKED)
    await save(interaction, guild, WHAT, lambda rules: rules.but(spoilers=when))


@pressed("spoiler-roles")
async def set_spoiler_roles(
    interaction: Interaction, guild: discord.Guild, _argument: str, chosen: Sequence[str]
) -> None:
    roles = frozenset(one for one in ids(chosen) if guild.get_role(one))
    await save(interaction, guild, WHAT, lambda rules: rules.but(spoiler_roles=roles))
