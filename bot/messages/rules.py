"""What a server's managers have set, and what was changed of it, in words. Pure."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from discord.utils import format_dt

from bot.messages.failures import said
from bot.messages.prompts import escape
from bot.messages.verbs import price
from bot.messages.words import Words
from core.operations import MODELS, OPERATIONS, SIZES, Model
from core.rules import Allowance, Spoilers, WordRule

WORD_LENGTH_MAX = 80
"""Of a word or a pattern in a list."""

_NAMED_MAX = 3  # of a longer list the number is said

TITLES = {
    "channels": said("Where pictures are asked for"),
    "log_channel": said("Channel for reports and changes"),
    "age_restricted_only": said("Age-restricted channels only"),
    "everybody": said("Everybody else"),
    "spoilers": said("Pictures as spoilers"),
    "spoiler_roles": said("Roles whose pictures are spoilers"),
    "locale": said("Language of what everybody sees"),
    "reaction": said("Download reaction"),
    "is_allowed": said("Let in by the owner of this bot"),
    "shut_reason": said("Reason"),
    "shut_until": said("Until"),
    "defaults.model": said("Model"),
    "defaults.shape": said("Shape"),
    "defaults.style": said("Style"),
    "defaults.count": said("Count"),
}

SPOILERS = {
    Spoilers.ASKED: said("never, unless asked for"),
    Spoilers.ROLES: said("for some roles"),
    Spoilers.ALWAYS: said("always"),
}

CHOOSABLE: dict[str, Model] = {
    name: model
    for operation in OPERATIONS.values()
    if len(operation.models) > 1
    for name, model in operation.models.items()
}
"""The models among which there is a choice; the others come with their operation."""


def allowance_text(allowance: Allowance, say: Words) -> str:
    parts = []
    if allowance.at_once is not None:
        parts.append(say.plural("{count} picture at once", "{count} pictures at once", allowance.at_once))
    if allowance.credits_per_day is not None:
        parts.append(say("{price} a day", price=price(allowance.credits_per_day, say)))
    if allowance.credits_per_month is not None:
        parts.append(say("{price} a month", price=price(allowance.credits_per_month, say)))
    if allowance.models is not None:
        titles = [model.title for name, model in CHOOSABLE.items() if name in allowance.models]
        parts.append(say("models: {names}", names=_named(titles, say)))
    if allowance.operations is not None:
        titles = [say(one.title) for name, one in OPERATIONS.items() if name in allowance.operations]
        parts.append(say("operations: {names}", names=_named(titles, say)))
    return " · ".join(parts) or say("no limit")


def _named(titles: Collection[str], say: Words) -> str:
    if len(titles) > _NAMED_MAX:
        return say("{count} of them", count=len(titles))
    return ", ".join(titles) or say("none")


def word_text(rule: WordRule, say: Words) -> str:
    text = escape(rule.text, WORD_LENGTH_MAX)
    shown = say("pattern “{text}”", text=text) if rule.is_pattern else say("“{text}”", text=text)
    if rule.replacement is None:
        return say("{word} is refused", word=shown)
    if not rule.replacement:
        return say("{word} is left out", word=shown)
    return say("{word} becomes “{text}”", word=shown, text=escape(rule.replacement, WORD_LENGTH_MAX))


def change_lines(change: Mapping[str, Any], say: Words, languages: Mapping[str, str]) -> list[str]:
    """Of `core.rules.differences`; of any other change its names as they are. `languages` are by Discord's names."""
    lines: list[str] = []
    for name, values in change.items():
        match name, values:
            case "words", [gone, come]:
                rules = [[WordRule.model_validate(one) for one in some] for some in (gone, come)]
                lines += [say("no longer: {rule}", rule=word_text(one, say)) for one in rules[0]]
                lines += [word_text(one, say) for one in rules[1]]
            case "blocked", what:
                lines.append(_blocked(*what, say=say))
            case "lifted", member_id:
                lines.append(say("{member} is not blocked any more", member=f"<@{member_id}>"))
            case _, [was, now]:
                value = partial(_value, name, say=say, languages=languages)
                lines.append(f"{_title(name, say)}: {value(was)} → {value(now)}")
            case _:
                lines.append(name)
    return lines


def _blocked(member_id: str, reason: str, until: str | None, *, say: Words) -> str:
    member, why = f"<@{member_id}>", f" ({escape(reason, WORD_LENGTH_MAX)})" if reason else ""
    if until is None:
        return say("{member} is blocked for good{why}", member=member, why=why)
    date = format_dt(datetime.fromisoformat(until), "f")
    return say("{member} is blocked until {date}{why}", member=member, date=date, why=why)


def _title(name: str, say: Words) -> str:
    kind, _, key = name.partition(".")
    if kind == "roles":
        return f"<@&{key}>"
    return say(TITLES[name]) if name in TITLES else name


def _value(name: str, value: Any, *, say: Words, languages: Mapping[str, str]) -> str:
    match name.partition(".")[0]:
        case "everybody":
            return allowance_text(Allowance.model_validate(value or {}), say)
        case "roles":
            return (
                say("as everybody else")
                if value is None
                else allowance_text(Allowance.model_validate(value), say)
            )
        case "channels":
            return say("everywhere") if value is None else mentions("#", value)
        case "log_channel":
            return say("none") if value is None else mentions("#", [value])
        case "spoiler_roles":
            return mentions("@&", value or ()) or say("none")
        case "spoilers":
            return say(SPOILERS[Spoilers(value or Spoilers.ASKED)])
        case "age_restricted_only" | "is_allowed":
            return say("yes") if value else say("no")
        case "shut_reason" | "shut_until":
            return say("none") if value is None else escape(str(value), WORD_LENGTH_MAX)
        case "locale":
            return say("as the server has it with Discord") if value is None else languages.get(value, value)
    return shown_default(name, value, say)


def shown_default(name: str, value: Any, say: Words) -> str:
    """A default or the reaction as it is shown; also whatever has no words of its own."""
    if value is None:
        return say("as the bot has it")
    match name:
        case "defaults.model":
            return MODELS[value].title if value in MODELS else str(value)
        case "defaults.style":
            return say(value)
        case "defaults.shape":
            return shape_text(value, say) if value in SIZES else str(value)
    return escape(str(value), WORD_LENGTH_MAX)


def shape_text(shape: str, say: Words) -> str:
    width, height = SIZES[shape]
    return say(f"{shape.capitalize()}, {width} × {height}")


def mentions(sign: str, ids: Iterable[int]) -> str:
    return ", ".join(f"<{sign}{one}>" for one in ids)
