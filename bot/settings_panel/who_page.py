"""Who may paint how much, and by what: everybody, and each role that has an allowance of its own."""

import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

import discord
from discord import ui

from bot.controls.pages import Typed, button, form, ids, role_select, rows
from bot.messages.rules import CHOOSABLE, allowance_text, credits_text
from bot.messages.words import Words
from bot.services import Interaction, services_of, words_of
from bot.settings_panel.panel import Shown, filled, page, pressed, save, show
from core.errors import InvalidRequest, Term
from core.operations import MODELS, OPERATIONS, Model
from core.rules import ROLES_MAX, Allowance, ServerRules

_EVERYBODY = 0
_AT_ONCE_MAX = 100
_CREDITS_MAX = Decimal(1_000_000_000)
_NUMBER_LENGTH_MAX = 13
_LINES_LENGTH_MAX = 2700  # of a message's 4,000 characters; a role's own page has the whole of it
_WHOLE = re.compile("[0-9]{1,4}")
_CREDITS = re.compile(r"[0-9]{1,11}(?:[.,][0-9]{1,2})?")

_FIELDS = {
    "at_once": Term("Pictures at once"),
    "credits_per_day": Term("Credits a day"),
    "credits_per_month": Term("Credits a month"),
}


@page("who", "👥", Term("Who and how much"))
async def WHO(shown: Shown) -> Sequence[ui.Item[Any]]:
    role_id = _role_id(shown.argument)
    return _one(shown, role_id) if role_id != _EVERYBODY else _all(shown)


def _all(shown: Shown) -> list[ui.Item[Any]]:
    say, rules, guild = shown.say, shown.rules, shown.guild
    gone = [role_id for role_id in rules.roles if guild.get_role(role_id) is None]
    length_max = _LINES_LENGTH_MAX // (1 + len(rules.roles))
    of_roles = [
        say("**{role}:** {allowance}", role=_name(guild, role_id, say), allowance=allowance_text(one, say))
        for role_id, one in rules.roles.items()
    ]
    everybody = say("**Everybody else:** {allowance}", allowance=allowance_text(rules.everybody, say))
    lines = [
        say("### 👥 Who and how much"),
        *(one if len(one) <= length_max else f"{one[: length_max - 1]}…" for one in (everybody, *of_roles)),
        say(
            "-# Who has several of these roles may what the best of them allows. "
            "The owner of this bot sets limits as well."
        ),
    ]
    buttons = [button("settings:allowance:0", say("Everybody else"), "✏️")]
    if gone:
        buttons.append(button("settings:roles-gone", say("Remove roles that are gone"), "🧹"))
    select = role_select("settings:role", say("Add a role, or change one"))
    return [ui.TextDisplay("\n".join(lines)), *rows(select), ui.ActionRow(*buttons)]


def _one(shown: Shown, role_id: int) -> list[ui.Item[Any]]:
    say, allowance = shown.say, shown.rules.roles.get(role_id)
    name = _name(shown.guild, role_id, say)
    text = say("as everybody else") if allowance is None else allowance_text(allowance, say)
    buttons = [button(f"settings:allowance:{role_id}", say("Change"), "✏️")]
    if allowance is not None:
        buttons.append(button(f"settings:role-remove:{role_id}", say("Remove"), "🗑️"))
    lines = [say("### 👥 Who and how much"), say("**{role}:** {allowance}", role=name, allowance=text)]
    return [ui.TextDisplay("\n".join(lines)), ui.ActionRow(*buttons)]


def _role_id(argument: str) -> int:
    """Everybody's where it is no id."""
    return next(iter(ids([argument])), _EVERYBODY)


def _name(guild: discord.Guild, role_id: int, say: Words) -> str:
    if guild.get_role(role_id) is None:
        return say("a role that is gone ({id})", id=str(role_id))
    return f"<@&{role_id}>"


def _require_role(guild: discord.Guild, rules: ServerRules, role_id: int) -> None:
    if guild.get_role(role_id) is None and role_id not in rules.roles:
        raise InvalidRequest("This role is gone.")
    if role_id not in rules.roles and len(rules.roles) >= ROLES_MAX:
        raise InvalidRequest(
            "{most} roles have an allowance of their own, and no more can. Remove one first.", most=ROLES_MAX
        )


@pressed("role")
async def choose_role(
    interaction: Interaction, guild: discord.Guild, _argument: str, chosen: Sequence[str]
) -> None:
    # The role of this id is everybody's.
    role_id = next((one for one in ids(chosen) if one != guild.id), _EVERYBODY)
    await show(interaction, guild, WHO, str(role_id or ""))


@pressed("allowance")
async def open_form(
    interaction: Interaction, guild: discord.Guild, argument: str, _chosen: Sequence[str]
) -> None:
    services, say, role_id = services_of(interaction), words_of(interaction), _role_id(argument)
    rules = (await services.rules.server_of(interaction)).rules
    if role_id == _EVERYBODY:
        title, allowance = say("Everybody else"), rules.everybody
    else:
        _require_role(guild, rules, role_id)
        role = guild.get_role(role_id)
        title, allowance = role.name if role else say("Role"), rules.roles.get(role_id, rules.everybody)
    modal = form(f"settings:allowance:{role_id}", title[:45], *_fields(allowance, services.model, say))
    await interaction.response.send_modal(modal)


def _fields(allowance: Allowance, default_model: str, say: Words) -> list[ui.Label[Any]]:
    def text(name: str, value: str) -> ui.Label[Any]:
        field = ui.TextInput[Any](
            custom_id=name, default=value or None, required=False, max_length=_NUMBER_LENGTH_MAX
        )
        return ui.Label(text=say(_FIELDS[name]), description=say("Empty: no limit"), component=field)

    def menu(name: str, title: str, names: dict[str, str], chosen: Collection[str] | None) -> ui.Label[Any]:
        options = [
            discord.SelectOption(label=label, value=value, default=chosen is not None and value in chosen)
            for value, label in names.items()
        ]
        field = ui.Select[Any](
            custom_id=name, options=options, required=False, min_values=0, max_values=len(options)
        )
        return ui.Label(text=title, description=say("Nothing chosen: all of them"), component=field)

    models = {one.name: one.title for one in _choosable(default_model)}
    operations = {one.name: say(one.title) for one in OPERATIONS.values()}
    at_once = "" if allowance.at_once is None else str(allowance.at_once)
    return [
        text("at_once", at_once),
        text("credits_per_day", credits_text(allowance.credits_per_day)),
        text("credits_per_month", credits_text(allowance.credits_per_month)),
        menu("models", say("Models"), models, allowance.models),
        menu("operations", say("What can be done"), operations, allowance.operations),
    ]


def _choosable(default_model: str) -> list[Model]:
    return [model for model in CHOOSABLE.values() if model.on_menu or model.name == default_model]


@filled("allowance")
async def set_allowance(interaction: Interaction, guild: discord.Guild, argument: str, typed: Typed) -> None:
    role_id, model = _role_id(argument), services_of(interaction).model
    allowance = _typed_allowance(typed, {one.name for one in _choosable(model)})

    def edit(rules: ServerRules) -> ServerRules:
        if role_id == _EVERYBODY:
            return rules.but(everybody=allowance)
        _require_role(guild, rules, role_id)
        return rules.but(roles={**rules.roles, role_id: allowance})

    await save(interaction, guild, WHO, edit)


def _typed_allowance(typed: Typed, choosable: set[str]) -> Allowance:
    """Raises InvalidRequest."""
    at_once, *credits = ("".join(typed.get(name, ())).strip() for name in _FIELDS)
    if at_once and (_WHOLE.fullmatch(at_once) is None or int(at_once) > _AT_ONCE_MAX):
        raise InvalidRequest(
            "{field}: “{text}” is no whole number from 0 to {most}.",
            field=_FIELDS["at_once"],
            text=at_once,
            most=_AT_ONCE_MAX,
        )
    values = {name: _credits(name, text) for name, text in zip(list(_FIELDS)[1:], credits, strict=True)}
    models = choosable & set(typed.get("models", ()))
    operations = OPERATIONS.keys() & set(typed.get("operations", ()))
    # What comes with its operation is not asked for.
    others = MODELS.keys() - CHOOSABLE.keys()
    return Allowance(
        at_once=int(at_once) if at_once else None,
        models=frozenset(models | others) if models and models != choosable else None,
        operations=frozenset(operations) if operations and operations != OPERATIONS.keys() else None,
        **values,
    )


def _credits(name: str, text: str) -> Decimal | None:
    if not text:
        return None
    value = Decimal(text.replace(",", ".")) if _CREDITS.fullmatch(text) else None
    if value is None or value > _CREDITS_MAX:
        raise InvalidRequest(
            "{field}: “{text}” is no number of credits from 0 to {most}, with two decimals at most.",
            field=_FIELDS[name],
            text=text,
            most=int(_CREDITS_MAX),
        )
    return value


@pressed("role-remove")
async def remove_role(
    interaction: Interaction, guild: discord.Guild, argument: str, _chosen: Sequence[str]
) -> None:
    await _remove(interaction, guild, [_role_id(argument)])


@pressed("roles-gone")
async def remove_gone(
    interaction: Interaction, guild: discord.Guild, _argument: str, _chosen: Sequence[str]
) -> None:
    rules = (await services_of(interaction).rules.server_of(interaction)).rules
    await _remove(interaction, guild, [one for one in rules.roles if guild.get_role(one) is None])


async def _remove(interaction: Interaction, guild: discord.Guild, role_ids: Collection[int]) -> None:
    def edit(rules: ServerRules) -> ServerRules:
        return rules.but(roles={one: value for one, value in rules.roles.items() if one not in role_ids})

    await save(interaction, guild, WHO, edit)
