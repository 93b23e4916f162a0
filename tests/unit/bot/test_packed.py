"""Channels and roles are objects only while their server is in use, and are what the gateway told last."""

from typing import Any

import discord
import pytest
from discord.user import ClientUser

from bot.client import Client
from bot.gateway.packed import IN_USE_MAX, Packed
from bot.messages.words import Languages

SERVER, CHANNEL, ROLE, VOICE = 1 << 22, 11, 12, 13


@pytest.fixture
async def client() -> Client:
    client = Client(Languages())
    state = client._connection
    me: Any = {"id": "5", "username": "me", "global_name": None, "discriminator": "0", "avatar": None}
    state.user, state.shard_count = ClientUser(state=state, data=me), 1
    state.dispatch = lambda *_event: None
    return client


def tell(client: Client, kind: str, **data: Any) -> None:
    client._connection.parsers[kind]({"guild_id": str(SERVER), **data})


def created(client: Client, guild_id: int = SERVER, **more: Any) -> discord.Guild:
    roles = [role(guild_id, "@everyone"), role(ROLE, "Painters")]
    told = {
        "id": str(guild_id),
        "name": "A server",
        "roles": roles,
        "channels": [channel("paintings")],
        **more,
    }
    tell(client, "GUILD_CREATE", **told)
    guild = client.get_guild(guild_id)
    assert guild is not None
    return guild


def channel(name: str, id_: int = CHANNEL, type_: int = 0, **more: Any) -> dict[str, Any]:
    hidden = {"id": str(ROLE), "type": 0, "allow": "0", "deny": "1024"}
    told = {"id": str(id_), "name": name, "type": type_, "position": 0, "permission_overwrites": [hidden]}
    return {**told, **more}


def role(id_: int, name: str) -> dict[str, Any]:
    return {"id": str(id_), "name": name, "permissions": "1024", "position": 1, "tags": {}}


def channels_of(guild: discord.Guild) -> list[str]:
    return [one.name for one in guild.channels]


def roles_of(guild: discord.Guild) -> list[str]:
    return sorted(one.name for one in guild.roles)


def parts(client: Client) -> list[Packed]:
    kept = ((guild._channels, guild._roles) for guild in client.guilds)
    return [part for both in kept for part in both]  # type: ignore[misc]  # dictionaries, as mypy knows them


async def test_what_nobody_asks_for_is_no_object(client: Client) -> None:
    guilds = [created(client, number << 22) for number in range(1, IN_USE_MAX + 50)]
    assert not any(part._made or part._payloads for part in parts(client))
    for guild in guilds:
        assert (channels_of(guild), roles_of(guild)) == (["paintings"], ["@everyone", "Painters"])
    assert sum(bool(part._made or part._payloads) for part in parts(client)) == IN_USE_MAX
    # The first was in use the longest time ago, and is made once more.
    assert channels_of(guilds[0]) == ["paintings"]


async def test_an_object_is_as_discord_py_makes_it(client: Client) -> None:
    guild = created(
        client, channels=[channel("paintings"), channel("voice", VOICE, 2, bitrate=64000, user_limit=0)]
    )
    text, voice = guild.channels
    assert isinstance(text, discord.TextChannel)
    assert isinstance(voice, discord.VoiceChannel)
    painters = guild.get_role(ROLE)
    assert painters is not None
    assert text.overwrites_for(painters).view_channel is False
    assert text is guild.get_channel(CHANNEL)
    assert guild.default_role.permissions.view_channel


@pytest.mark.parametrize("is_in_use", [True, False])
async def test_a_change_is_seen_in_a_server_in_use_and_in_any_other(client: Client, is_in_use: bool) -> None:
    guild = created(client)

    def told(kind: str, **data: Any) -> None:
        if is_in_use:
            assert guild.channels
            assert guild.roles
        tell(client, kind, **data)
        for part in parts(client):
            part.forget()

    told("CHANNEL_CREATE", **channel("sketches", VOICE))
    assert channels_of(guild) == ["paintings", "sketches"]
    told("CHANNEL_UPDATE", **channel("drafts", VOICE, nsfw=True))
    assert channels_of(guild) == ["paintings", "drafts"]
    told("CHANNEL_DELETE", **channel("paintings"))
    assert channels_of(guild) == ["drafts"]
    told("GUILD_ROLE_CREATE", role=role(14, "Guests"))
    told("GUILD_ROLE_UPDATE", role=role(ROLE, "Keepers"))
    assert roles_of(guild) == ["@everyone", "Guests", "Keepers"]
    told("GUILD_ROLE_DELETE", role_id=str(ROLE))
    told("GUILD_ROLE_DELETE", role_id="404")
    assert roles_of(guild) == ["@everyone", "Guests"]
    told("GUILD_UPDATE", id=str(SERVER), name="Another name", roles=[role(SERVER, "@everyone")])
    assert (guild.name, roles_of(guild), channels_of(guild)) == ("Another name", ["@everyone"], ["drafts"])


async def test_what_cannot_be_read_is_left_out(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    odd = [{"id": "15"}, {"name": "no id"}, "text", channel("of a new type", 16, 99)]
    guild = created(client, channels=[*odd, channel("paintings")], roles=None)
    assert (channels_of(guild), roles_of(guild)) == (["paintings"], [])
    assert guild.get_channel(15) is None
    assert caplog.text.count("could not be read") == 1


async def test_what_the_bot_does_not_look_at_is_not_kept(client: Client) -> None:
    voice = {"user_id": "6", "channel_id": str(CHANNEL), "session_id": "s"}
    guild = created(client, voice_states=[voice], stage_instances=[{}], soundboard_sounds=[{}])
    assert not guild._voice_states
    assert not guild.stage_instances
    assert not guild.soundboard_sounds
