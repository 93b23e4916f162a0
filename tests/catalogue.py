"""All that is said to members, gathered from the sources and the commands, and the catalogues made of it.

`python -m tests.catalogue` adds what is new to each translation and compiles it; then fill in what is empty.
"""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from discord import app_commands

from bot.client import commands
from bot.commands.apps import context_menus
from bot.commands.imagine import model_choice
from bot.controls.buttons import LOOKS as BUTTON_LOOKS
from bot.controls.page_controls import LOOKS as PAGE_LOOKS
from bot.messages.words import DOMAIN, LOCALE_DIRECTORY
from core.operations import MODELS, OPERATIONS, PAINTERS, choice_title

ROOT = Path(__file__).parents[1]

KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "say": None,
    "plural": (1, 2),
    "InvalidRequest": None,
    "LimitReached": None,
    "NotAllowed": None,
    "Term": None,
    "said": None,
}
"""The functions whose first argument is said to a member."""


def messages() -> Catalog:
    catalogue = Catalog(domain=DOMAIN, fuzzy=False)
    for room in ("bot", "core", "ops"):
        for file, _line, message, _comments, _context in extract_from_dir(
            str(ROOT / room), [("**.py", "python")], keywords=KEYWORDS
        ):
            # Without the line: a catalogue should not change whenever a line is added somewhere.
            catalogue.add(message, locations=[(f"{room}/{file}", 0)])
    for text in (*_labels(), *_registered()):
        catalogue.add(text)
    return catalogue


def translations() -> dict[str, Path]:
    """The .po file of each language."""
    return {file.parts[-3]: file for file in LOCALE_DIRECTORY.glob(f"*/LC_MESSAGES/{DOMAIN}.po")}


def read(language: str, file: Path) -> Catalog:
    with file.open("rb") as source:
        return read_po(source, locale=language, domain=DOMAIN)


def _labels() -> list[str]:
    looks = [look[1] for look in (*BUTTON_LOOKS.values(), *PAGE_LOOKS.values())]
    for operation in OPERATIONS.values():
        looks += [operation.title, operation.about, operation.asks]
        looks += [
            text
            for param in operation.params
            for text in (param.title, param.about, *map(choice_title, param.choices))
        ]
        if operation.inputs and len(operation.models) > 1:
            looks += [model.good_at for model in operation.models.values()]
    return looks


def _registered() -> list[str]:
    """Names and descriptions of the commands, their options and choices."""
    # A model that is not on the menu is a choice where the owner has set it.
    found: list[object] = [model_choice(model)._locale_name for model in PAINTERS.values()]
    found += [menu._locale_name for menu in context_menus()]
    groups = [command for command in commands() if isinstance(command, app_commands.Group)]
    found += [text for group in groups for text in (group._locale_name, group._locale_description)]
    plain = [command for command in commands() if isinstance(command, app_commands.Command)]
    titles = {model.title for model in MODELS.values()}
    for command in (*plain, *(command for group in groups for command in group.walk_commands())):
        found += [command._locale_name, command._locale_description]
        for parameter in command.parameters if isinstance(command, app_commands.Command) else ():
            found += [parameter.locale_name, parameter.locale_description]
            # The names of models are the same in every language.
            found += [choice._locale_name for choice in parameter.choices if choice.name not in titles]
    return [text.message for text in found if isinstance(text, app_commands.locale_str)]


def update() -> None:
    for language, file in translations().items():
        catalogue = read(language, file)
        catalogue.update(messages(), no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        with file.open("wb") as target:
            write_po(target, catalogue, width=110, include_lineno=False, sort_output=True)
        with file.with_suffix(".mo").open("wb") as target:
            write_mo(target, catalogue)


if __name__ == "__main__":
    update()
