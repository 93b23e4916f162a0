"""`.env.example` names every variable that is read, and none that is not."""

import re
from pathlib import Path

from bot.settings import BotSettings
from worker.settings import WorkerSettings

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def test_it_names_exactly_the_settings() -> None:
    named = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", EXAMPLE.read_text(), re.MULTILINE))
    read = {name.upper() for settings in (BotSettings, WorkerSettings) for name in settings.model_fields}
    assert named == read


def test_the_defaults_it_shows_are_the_real_ones() -> None:
    shown = dict(re.findall(r"^#([A-Z][A-Z0-9_]+)=(.+)$", EXAMPLE.read_text(), re.MULTILINE))
    for settings in (BotSettings, WorkerSettings):
        for name, field in settings.model_fields.items():
            if name.upper() in shown:
                assert shown[name.upper()] == str(field.default), name
