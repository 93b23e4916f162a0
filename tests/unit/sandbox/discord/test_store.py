"""The world on disk."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from sandbox.discord.state import Attachment, Interaction, Message, Overwrite, Reaction, World
from sandbox.discord.store import Store


def saved(world: World) -> dict[str, Any]:
    """All of a world but its clock, which is not on disk."""
    kept = ("bot_id", "guilds", "users", "channels", "messages", "commands", "interactions",
            "ephemeral_attachments")  # fmt: skip
    whole = {name: getattr(world, name) for name in kept}
    return {**whole, "last": world.snowflakes.last}


def furnish(world: World) -> None:
    """Something of everything that a world can hold."""
    channel = next(iter(world.channels.values()))
    channel.overwrites.append(Overwrite(world.bot_id, 1, deny=2048))
    world.put_message(
        Message(
            world.snowflakes.next(),
            channel.id,
            world.bot_id,
            "2026-01-01T00:00:00.000000+00:00",
            content="A fox \N{FOX FACE}",
            embeds=[{"title": "x", "image": {"id": "1", "attachment_id": "5"}}],
            components=[{"type": 10, "id": 1, "content": "x"}],
            attachments=[Attachment("5", "a.png", "image/png", 4, 8, 6, "alt")],
            reactions=[Reaction({"id": None, "name": "🎨"}, [world.guild.owner_id])],
            interaction_metadata={"id": "3", "name": "imagine"},
            visible_to=world.guild.owner_id,
        )
    )
    world.commands["6"] = {"id": "6", "name": "imagine", "options": []}
    world.put_ephemeral_attachments([Attachment("7", "b.txt", "text/plain", 4)])
    world.put_interaction(
        Interaction("3", "token", 2, world.guild.owner_id, channel.id, {"name": "imagine"}, 1.5, "en-US")
    )


def test_the_world_is_the_same_after_a_restart(tmp_path: Path) -> None:
    first = Store(tmp_path, time.time)
    furnish(first.world)
    first.put_file("5", b"four")
    first.save()
    second = Store(tmp_path, time.time)
    assert saved(second.world) == saved(first.world)
    assert second.get_file("5") == b"four"
    assert int(second.world.snowflakes.next()) > int(first.world.snowflakes.last)


def test_a_world_of_before_there_were_several_servers_is_read(tmp_path: Path) -> None:
    first = Store(tmp_path, time.time)
    furnish(first.world)
    first.save()
    path = tmp_path / "world.json"
    old = json.loads(path.read_text())
    old["guild"], annex = old.pop("guilds")
    dora = old["users"].pop()
    of_easel = [one for one in old["channels"] if one["guild_id"] in (None, old["guild"]["id"])]
    old["channels"] = [one for one in of_easel if one["recipient_id"] != dora["id"]]
    for channel in old["channels"]:
        del channel["guild_id"]
    path.write_text(json.dumps(old))
    read = Store(tmp_path, time.time).world
    assert saved(read).keys() == saved(first.world).keys()
    assert read.guild == first.world.guild
    assert read.messages == first.world.messages
    # It has the second server now, which it had not.
    assert [guild.name for guild in read.guilds.values()] == ["The Easel", annex["name"]]


def test_a_write_that_breaks_off_leaves_the_old_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path, time.time)
    store.save()
    before = (tmp_path / "world.json").read_bytes()

    def break_off(*_paths: Path) -> None:
        raise OSError("no space left")

    furnish(store.world)
    monkeypatch.setattr("os.replace", break_off)
    with pytest.raises(OSError, match="no space"):
        store.save()
    assert (tmp_path / "world.json").read_bytes() == before


@pytest.mark.parametrize("on_disk", [True, False])
def test_files_are_kept_until_they_are_dropped(tmp_path: Path, on_disk: bool) -> None:
    store = Store(tmp_path if on_disk else None, time.time)
    store.put_file("5", b"x")
    store.put_file("6", b"y")
    store.drop_files(["5", "404"])
    assert [store.get_file(id_) for id_ in ("5", "6", "404")] == [None, b"y", None]


def test_no_name_of_a_file_leads_out_of_the_directory(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        Store(tmp_path, time.time).put_file("../world.json", b"x")


def test_without_a_directory_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store(None, time.time)
    store.put_file("5", b"x")
    store.changed()
    store.save()
    assert list(tmp_path.iterdir()) == []
