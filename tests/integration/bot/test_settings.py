"""/settings: what a manager changes is saved, counts in the next command, and is in the audit; nobody else may."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.controls.buttons import PRESSES
from core.operations import OPERATIONS
from core.rules import (
    WORDS_MAX,
    Allowance,
    Defaults,
    House,
    Server,
    ServerRules,
    Spoilers,
    WordRule,
    differences,
)
from db.servers import Servers
from sandbox.discord.interactions import COMMAND
from sandbox.discord.rules.permissions import Permission as P
from sandbox.discord.state import Overwrite
from tests.places import Place, command
from tests.settings_panel import SettingsPanel

NOT_FOR_YOU = "Only who may manage this server"
FORM = "form settings:"


@pytest.fixture
async def ada(place: Place) -> SettingsPanel:
    panel = SettingsPanel(place, place.ada)
    await panel.open()
    return panel


async def asked(place: Place, by: str, at: str = "paintings", **options: Any) -> str:
    """All that the bot says to an /imagine; what waits is out of the way."""
    await place.end_waiting()
    return await place.act(COMMAND, command("imagine", **({"prompt": "a fox"} | options)), by, at)


async def audit(place: Place) -> list[tuple[int, dict[str, Any]]]:
    """Who changed what, the newest last."""
    rows = await place.bot.pool.fetch("select member_id, change from audit where guild_id <> 0 order by id")
    return [(row["member_id"], json.loads(row["change"])) for row in rows]


def channel_id(place: Place, name: str) -> int:
    return int(place.channel(name).id)


async def test_where(place: Place, ada: SettingsPanel) -> None:
    paintings, after_dark = channel_id(place, "paintings"), channel_id(place, "after-dark")
    shown = await ada.press("settings:channels", paintings)
    assert f"✅ Saved: Where pictures are asked for: everywhere → <#{paintings}>" in shown
    assert f"but in <#{paintings}>. Whoever manages" in await asked(place, place.ben, "announcements")
    assert "Pictures are not asked for" not in await asked(place, place.ben, "sketches")
    assert (await audit(place))[-1] == (int(place.ada), {"channels": [None, [paintings]]})

    # A channel of another server, and none at all.
    await ada.press("settings:channels", channel_id(place, "attic"), 17)
    assert "Pictures are not asked for" not in await asked(place, place.ben, "announcements")
    await ada.press("settings:channels", channel_id(place, "doomed"))
    came = place.bot.client.wait_for("guild_channel_delete", timeout=10)
    place.bot.server.owner.remove_channel(place.channel("doomed"))
    await came
    assert "1 channel that is gone" in await ada.turn("where")
    await ada.press("settings:everywhere")

    assert "Age-restricted channels only: no → yes" in await ada.press("settings:age:yes")
    assert "age-restricted channels alone" in await asked(place, place.ben)
    assert "age-restricted channels alone" not in await asked(place, place.ben, "after-dark")
    await ada.press("settings:age:no")

    assert f"none → <#{after_dark}>" in await ada.press("settings:log", after_dark)
    bot_id = place.world.bot_id
    await place.changed("announcements", Overwrite(bot_id, 1, deny=P.SEND_MESSAGES))
    await ada.press("settings:log", channel_id(place, "announcements"))
    assert "lacks Send Messages, Attach Files there" in ada.told
    assert "It was like that before." in await ada.press("settings:log", after_dark)


async def test_who_and_how_much(place: Place, ada: SettingsPanel) -> None:
    guild, server = place.world.guild, place.bot.server
    role = server.guilds.add_role(guild, "Patrons", 0)
    server.guilds.set_roles(guild, place.ben, [role.id])
    await ada.turn("who")
    assert "credits_per_day" in await ada.press("settings:allowance:0")
    shown = await ada.fill("settings:allowance:0", at_once="3", credits_per_day="2,5", credits_per_month="")
    assert "✅ Saved: Everybody else: no limit → 3 pictures at once · 2.5 credits a day" in shown
    assert "In this server you have used 0 of 2.5 credits today" in await asked(place, place.ben)
    changed = {"everybody": [None, {"credits_per_day": "2.5", "at_once": 3}]}
    assert (await audit(place))[-1] == (int(place.ada), changed)

    assert "as everybody else" in await ada.press("settings:role", role.id)
    assert '"value": "2.5"' in await ada.press(f"settings:allowance:{role.id}")
    fields: dict[str, Any] = {"models": ["sd3.5-flash"], "operations": ["imagine", "erase"]}
    shown = await ada.fill(f"settings:allowance:{role.id}", **fields)
    assert "models: Stable Diffusion 3.5 Flash · operations: Imagine, Erase" in shown
    assert "You may not use Stable Image Core here" in await asked(place, place.ben)
    assert "You may not use" not in await asked(place, place.ben, model="sd3.5-flash")

    for typed, said in (
        ({"at_once": "-1"}, "Pictures at once: “-1” is no whole number from 0 to 100."),
        ({"at_once": "1.5"}, "“1.5” is no whole number"),
        ({"at_once": "101"}, "“101” is no whole number"),
        ({"credits_per_day": "a lot"}, "Credits a day: “a lot” is no number of credits"),
        ({"credits_per_month": "1.999"}, "Credits a month: “1.999” is no number"),
        ({"credits_per_month": "99999999999"}, "no number of credits from 0 to 1,000,000,000"),
        ({"credits_per_day": "NaN"}, "“NaN” is no number"),
    ):
        await ada.fill("settings:allowance:0", **typed)
        assert said in ada.told
    await ada.press("settings:allowance:17")
    assert ada.told == "This role is gone."

    came = place.bot.client.wait_for("guild_role_delete", timeout=10)
    server.guilds.remove_role(guild, role)
    await came
    assert f"a role that is gone ({role.id})" in await ada.turn("who")
    assert "→ as everybody else" in await ada.press("settings:roles-gone")
    assert (await audit(place))[-1][1][f"roles.{role.id}"][1] is None


async def test_what(place: Place, ada: SettingsPanel) -> None:
    await ada.turn("what")
    word: dict[str, Any] = {"text": "wolf", "kind": ["word"], "then": ["refuse"], "by": ""}
    assert "✅ Saved: “wolf” is refused" in await ada.fill("settings:word-add", **word)
    assert "does not want “wolf” in a prompt" in await asked(place, place.ben, prompt="a WOLF here")
    await ada.fill("settings:word-add", text="c.t", kind=["pattern"], then=["replace"], by="d\\1")
    await asked(place, place.ben, prompt="a cat here")
    assert (await place.newest()).prompt == "a d\\1 here"
    assert len((await audit(place))[-1][1]["words"][1]) == 1

    for prompt, verdict in (
        ("a wolf", "“a wolf” would be refused: “wolf” is refused."),
        ("a fox", "“a fox” would be painted as it is."),
        ("a cat", "“a cat” would be painted as “a d\\\\1”: pattern “c\\.t” becomes “d\\\\1”."),
    ):
        assert f"🧪 {verdict}" in await ada.fill("settings:word-test", text=prompt)
    for text, kind, said in (
        ("(", "pattern", "no pattern that RE2 knows"),
        ("x*", "pattern", "fits every prompt"),
        ("\u200b", "word", "Nothing is left of it"),
    ):
        await ada.fill("settings:word-add", text=text, kind=[kind], then=["refuse"], by="")
        assert said in ada.told
    await ada.fill("settings:word-add", text="a", kind=["word"], then=["refuse"], by="b")
    assert "can only stand in its place" in ada.told

    (menu,) = [one for one in ada.shown["components"][0]["components"] if "Remove a word" in str(one)]
    wolf = menu["components"][0]["options"][0]
    assert wolf["label"] == "wolf"
    assert "no longer: “wolf” is refused" in await ada.press("settings:word-remove:0", wolf["value"])
    assert "does not want" not in await asked(place, place.ben, prompt="a wolf")

    await ada.press("settings:spoilers", "roles")
    role = place.bot.server.guilds.add_role(place.world.guild, "Newcomers too", 0)
    place.bot.server.guilds.set_roles(place.world.guild, place.ben, [role.id])
    await ada.press("settings:spoiler-roles", role.id)
    await asked(place, place.ben)
    assert (await place.newest()).spoiler
    await asked(place, place.ada)
    assert not (await place.newest()).spoiler
    await ada.press("settings:spoilers", "always")
    await asked(place, place.ada)
    assert (await place.newest()).spoiler


async def test_defaults(place: Place, ada: SettingsPanel) -> None:
    await ada.turn("defaults")
    chosen = {"model": "sd3.5-flash", "shape": "tall", "style": "anime", "count": "2"}
    for name, value in chosen.items():
        assert "✅ Saved" in await ada.press(f"settings:default:{name}", value)
    assert "Language of what everybody sees: as the server has it with Discord → Deutsch" in await ada.press(
        "settings:locale", "de"
    )
    assert "📥" not in await ada.fill("settings:reaction", emoji="💾")
    await asked(place, place.ben)
    order = await place.newest()
    assert (order.model, order.size, order.style, order.count) == ("sd3.5-flash", (864, 1536), "anime", 2)
    assert order.locale == "de"
    assert {"defaults.count": [None, 2]} in [change for _by, change in await audit(place)]

    for emoji in ("x", "📥📥", ":tiger:", "<:tiger:17>", "📥 "[:1] + "x", "7"):
        await ada.fill("settings:reaction", emoji=emoji)
        assert "is not one emoji" in ada.told
    for emoji in ("❤️", "👩‍🎨", "👍🏽", "🇩🇪", "1️⃣"):
        assert f"→ {emoji}" in await ada.fill("settings:reaction", emoji=emoji)
    await ada.fill("settings:reaction", emoji="")
    await ada.press("settings:default:model", "ultra; drop table")
    assert ada.told == "This cannot be chosen any more. Use the command once more."
    await ada.press("settings:default:model", "-")
    await asked(place, place.ben)
    assert (await place.newest()).model == "core"


async def test_changes_are_told_by_pages(place: Place, ada: SettingsPanel) -> None:
    assert "Nothing was changed yet." in await ada.turn("changes")
    for number in range(13):
        await ada.press(f"settings:age:{'no' if number % 2 else 'yes'}")
    shown = await ada.turn("changes")
    assert shown.count(f"<@{place.ada}>: Age-restricted channels only") == 10
    (older,) = [
        one["custom_id"]
        for row in ada.shown["components"][0]["components"]
        for one in row.get("components", [])
        if "Older" in str(one)
    ]
    assert (await ada.press(older)).count("Age-restricted channels only") == 3
    assert "Nothing was changed" not in await ada.turn("changes:1")


async def test_nobody_else_presses_anything_of_it(place: Place, ada: SettingsPanel) -> None:
    """Whatever is registered for the panel: Ben forges its custom ids, with and without an argument."""
    ben = SettingsPanel(place, place.ben)
    names = sorted(name for name in PRESSES if "settings:" in name)
    assert len(names) > 20
    for name in names:
        for argument in ("", ":0", ":yes", f":{place.world.guild.id}"):
            if name.startswith(FORM):
                await ben.fill(name.removeprefix("form ") + argument, at_once="0", text="x", emoji="💾")
            else:
                await ben.press(name + argument, "x")
            assert NOT_FOR_YOU in ben.told, name
    await ben.open()
    assert NOT_FOR_YOU in ben.told
    assert await audit(place) == []


async def test_who_may_no_longer_manage_it_changes_nothing(place: Place) -> None:
    guild, guilds = place.world.guild, place.bot.server.guilds
    role = guilds.add_role(guild, "Stewards", int(P.MANAGE_GUILD))
    guilds.set_roles(guild, place.ben, [role.id])
    ben = SettingsPanel(place, place.ben)
    assert "### 📍 Where" in await ben.open()
    assert "✅ Saved" in await ben.press("settings:age:yes")
    guilds.set_roles(guild, place.ben, [])
    await ben.press("settings:age:no")
    assert NOT_FOR_YOU in ben.told
    await ben.fill("settings:word-add", text="fox", kind=["word"], then=["refuse"], by="")
    assert NOT_FOR_YOU in ben.told
    assert len(await audit(place)) == 1


async def test_two_managers_at_once_change_both(
    place: Place, ada: SettingsPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one by another process, just before this one saves."""
    guild_id, servers = int(place.world.guild.id), place.bot.client.services.rules.servers
    other, load = Servers(place.bot.pool, House()), servers.load

    def edit(server: Server) -> Server:
        return replace(
            server, rules=server.rules.but(everybody=Allowance(at_once=5), age_restricted_only=True)
        )

    async def overtaken() -> None:
        await load()
        monkeypatch.setattr(servers, "load", load)
        await other.load()
        await other.edit(guild_id, int(place.ben), {"by": ["another", "process"]}, edit)

    await ada.turn("who")
    monkeypatch.setattr(servers, "load", overtaken)
    await ada.fill("settings:allowance:0", at_once="6")
    assert "It was like that before." in await ada.press("settings:age:yes")
    assert (await audit(place))[-1] == (int(place.ada), {"everybody": [{"at_once": 5}, {"at_once": 6}]})
    await other.load()
    assert other.of(guild_id).rules == ServerRules(everybody=Allowance(at_once=6), age_restricted_only=True)


async def test_whatever_is_set_its_pages_fit_into_a_message(place: Place, ada: SettingsPanel) -> None:
    """The local Discord refuses what the real one would. Every role and channel of these is gone."""
    most = Allowance(
        at_once=100,
        credits_per_day=Decimal("999999999.99"),
        credits_per_month=Decimal("999999999.99"),
        models=frozenset({"ultra", "sd3.5-large-turbo", "stable-diffusion-xl-1024-v1-0"}),
        operations=frozenset(OPERATIONS) - {"imagine"},
    )
    ids = range(10**18, 10**18 + 25)
    rules = ServerRules(
        channels=frozenset(ids),
        log_channel=10**18,
        age_restricted_only=True,
        everybody=most,
        roles=dict.fromkeys(ids, most),
        words=tuple(WordRule(text=f"{n}" + "*" * 190, replacement="_" * 200) for n in range(WORDS_MAX)),
        spoilers=Spoilers.ROLES,
        spoiler_roles=frozenset(ids),
        defaults=Defaults(model="gone", shape="gone", style="gone", count=4),
        locale="xx",
        reaction="👩‍🎨",
    )
    servers = place.bot.client.services.rules.servers
    change = differences(ServerRules(), rules)
    for _ in range(11):
        await servers.edit(
            int(place.world.guild.id), int(place.ada), change, lambda one: replace(one, rules=rules)
        )
    for name in ("where", "who", f"who:{10**18}", "what", "defaults", "changes"):
        assert "###" in await ada.turn(name)
    assert "100. “99" in await ada.press("settings:words:9")
    assert "100 of 100" in await ada.press("settings:word-remove:9", "x")
    for forged in ("settings:allowance:0", f"settings:allowance:{10**18}", "settings:reaction"):
        assert "custom_id" in await ada.press(forged)
    await ada.press("settings:role", place.world.guild.id)
    await ada.fill(f"settings:allowance:{place.world.guild.id}", at_once="1")
    assert "no more can" in ada.told or "This role" in ada.told
    await ada.fill("settings:word-add", text="one more", kind=["word"], then=["refuse"], by="")
    assert "There are 100 already" in ada.told
