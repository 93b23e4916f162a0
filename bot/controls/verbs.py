"""What can be done with a picture, as buttons and menus. What was chosen so far is in their custom ids."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlencode

import discord
from discord import ui

from bot.controls.buttons import PRESSES, Say
from core.validation import fields_in


class Step(StrEnum):
    """What a press asks for: the names of these controls among PRESSES. Their presses get the verb."""

    VERB = "verb"  # go on with it: what it still needs is asked, else it is ordered
    SURE = "sure"  # the same, now that the price is known
    FILL = "fill"  # open its form, also where nothing is missing
    REOPEN = "retype"  # the same, with what was typed and refused
    FIELDS = "fields"  # show these fields
    FORM = "change"  # the form itself


_TEMPLATE = (
    r"(?P<step>{steps}):(?P<operation>[a-z-]{{0,20}}):(?P<model>[a-z0-9.-]{{0,40}}):(?P<source>-?[0-9]{{1,18}}):"
    r"(?P<given>[A-Za-z0-9_=&.-]{{0,60}})"
)
FORM_ID = re.compile(_TEMPLATE.format(steps=Step.FORM))
_CHOSEN = re.compile(_TEMPLATE.format(steps=Step.VERB))


@dataclass(frozen=True, slots=True)
class Verb:
    """An operation on the picture or upload with this id. Without an operation one is still to be chosen, and without
    a model it is the usual one. `given` are parameters that were chosen already, as texts by their names."""

    operation: str
    source_id: int
    model: str = ""
    given: Mapping[str, str] = field(default_factory=dict)

    def custom_id(self, step: Step) -> str:
        return f"{step}:{self.operation}:{self.model}:{self.source_id}:{urlencode(self.given)}"


def verb_of(match: re.Match[str]) -> Verb:
    given = dict(parse_qsl(match["given"]))
    return Verb(match["operation"], int(match["source"]), match["model"], given)


def chosen_fields(verb: Verb) -> list[int]:
    return fields_in(verb.given.get("fields", ""))


class VerbButton(
    ui.DynamicItem[ui.Button[Any]],
    template=_TEMPLATE.format(steps="|".join((Step.VERB, Step.SURE, Step.FILL, Step.REOPEN))),
):
    def __init__(
        self,
        step: Step,
        verb: Verb,
        label: str = "-",
        emoji: str | None = None,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        super().__init__(ui.Button(label=label, emoji=emoji, style=style, custom_id=verb.custom_id(step)))
        self._step, self._verb = step, verb

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(Step(match["step"]), verb_of(match))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await PRESSES[self._step](interaction, self._verb)


@dataclass(frozen=True, slots=True)
class Option:
    verb: Verb
    label: str
    about: str | None = None
    emoji: str | None = None


class VerbSelect(ui.DynamicItem[ui.Select[Any]], template=r"verbs"):
    """The values of its options are what a button's custom id would be."""

    def __init__(self, placeholder: str, options: Iterable[Option]) -> None:
        found = [
            discord.SelectOption(
                label=one.label,
                value=one.verb.custom_id(Step.VERB),
                description=one.about,
                emoji=one.emoji,
            )
            for one in options
        ]
        super().__init__(ui.Select(custom_id="verbs", placeholder=placeholder, options=found))

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: ui.Item[Any], _match: re.Match[str], /
    ) -> Self:
        select = cls("-", [])
        select.item = cast(ui.Select[Any], item)
        return select

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        match = _CHOSEN.fullmatch("".join(self.item.values))
        # No picture has the id 0, so it is answered like one that was deleted.
        await PRESSES[Step.VERB](interaction, Verb("", 0) if match is None else verb_of(match))


class FieldSelect(ui.DynamicItem[ui.Select[Any]], template=_TEMPLATE.format(steps=Step.FIELDS)):
    """Of the nine fields, several."""

    def __init__(self, verb: Verb, placeholder: str = "-", names: Iterable[str] = (), say: Say = str) -> None:
        chosen = chosen_fields(verb)
        options = [
            discord.SelectOption(
                label=str(number), value=str(number), description=say(name), default=number in chosen
            )
            for number, name in enumerate(names, start=1)
        ]
        super().__init__(
            ui.Select(
                custom_id=replace(verb, given={}).custom_id(Step.FIELDS),
                placeholder=placeholder,
                options=options,
                max_values=max(1, len(options)),
            )
        )
        self._verb = verb

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        select = cls(verb_of(match))
        select.item = cast(ui.Select[Any], item)
        return select

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        given = {"fields": "-".join(sorted(self.item.values))}
        await PRESSES[Step.FIELDS](interaction, replace(self._verb, given=given))
