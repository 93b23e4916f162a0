"""Each thing that is sent of a command is compared: whichever Discord has otherwise, it is sent anew."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.connected import Connected

ADDED = {
    "id",
    "application_id",
    "version",
    "guild_id",
    "type",
    "name_localized",
    "description_localized",
    "dm_permission",
}
"""By Discord, or what tells one command from another."""

NOTHING_BY_DEFAULT = {"name_localizations", "description_localizations", "default_member_permissions"}


def places(sent: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Of a command, its options, and the last choice of each: hundreds are compared in one way."""
    for key, value in sent.items():
        if key not in ADDED:
            yield sent, key
        if key in ("options", "choices"):
            for inner in value if key == "options" else value[-1:]:
                yield from places(inner)


def other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value + "x"
        case [first, *rest]:
            return rest or [first, first]
        case dict() | None:
            return {"de": "anders"}
    raise AssertionError(f"nothing else is known instead of {value!r}")


async def test_whichever_field_is_another_the_commands_are_sent_anew(
    bot: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    registration = bot.client.registration
    await registration.update()
    stored = await registration._stored("")

    async def changed_or_not(_place: str) -> list[dict[str, Any]]:
        return stored

    # Asked of Discord each time, it would take minutes: it limits how often.
    monkeypatch.setattr(registration, "_stored", changed_or_not)
    assert await registration.is_up_to_date()
    tried = set()
    for command in stored:
        tried_here = set()
        for holder, key in list(places(command)):
            # Of what stands in several options, one is enough.
            if (holder[key] is None and key not in NOTHING_BY_DEFAULT) or key in tried_here:
                continue
            tried_here |= {key} if holder is not command else set()
            before = holder[key]
            holder[key] = "8" if key == "default_member_permissions" else other(before)
            assert not await registration.is_up_to_date(), (command["name"], key)
            holder[key] = before
            tried.add(key)
    assert await registration.is_up_to_date()
    assert tried >= {
        "name", "description", "options", "required", "choices", "value", "min_value", "max_value", "max_length",
        "autocomplete", "contexts", "integration_types", "nsfw", *NOTHING_BY_DEFAULT,
    }  # fmt: skip
