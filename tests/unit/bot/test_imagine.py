"""What /imagine offers: what is on the menu, and the owner's own model beside it."""

import pytest

from bot.client import commands
from core.operations import DEFAULT_MODEL, PAINTERS

ON_MENU = [model.name for model in PAINTERS.values() if model.on_menu]
OFF_MENU = [model.name for model in PAINTERS.values() if not model.on_menu]


def offered(default_model: str) -> list[object]:
    (imagine,) = (command for command in commands(default_model) if command.name == "imagine")
    model = imagine.get_parameter("model")
    assert model is not None
    return [choice.value for choice in model.choices]


def test_a_new_installation_offers_what_is_on_the_menu() -> None:
    assert offered(DEFAULT_MODEL) == ON_MENU


@pytest.mark.parametrize("name", OFF_MENU)
def test_the_owner_s_own_model_is_offered_beside_the_menu(name: str) -> None:
    assert sorted(map(str, offered(name))) == sorted([*ON_MENU, name])
    # Another client's commands are as they were.
    assert offered(DEFAULT_MODEL) == ON_MENU
