"""Who may ask for what, where: each rule by itself, and who is said to have set it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.errors import InvalidRequest, NotAllowed
from core.policy import Asker, Limits, decided, filled_in, limits_of, may_use
from core.rules import (
    Allowance,
    Defaults,
    DirectMessages,
    Granted,
    House,
    Member,
    Server,
    ServerRules,
    Spending,
    Spoilers,
    Wishes,
    WordRule,
    best,
    differences,
)
from tests.orders import request

GUILD, CHANNEL, THREAD, PATRONS, NEWCOMERS = 20, 30, 31, 7, 8
OPEN = Server(GUILD, is_allowed=True, revision=1)
BASE = Limits()


def ruled(**rules: Any) -> Server:
    return replace(OPEN, rules=ServerRules(**rules))


def complaint(
    server: Server = OPEN, house: House | None = None, asker: Asker | None = None, **asked: Any
) -> str:
    """What is said, or nothing where it may be asked for."""
    wanted = (
        request(guild_id=GUILD, channel_id=CHANNEL, **asked) if "guild_id" not in asked else request(**asked)
    )
    try:
        decided(wanted, asker or Asker(), house or House(), server, BASE)
    except NotAllowed as refused:
        return str(refused)
    return ""


def amounts(day: int | None = None, month: int | None = None, **more: Any) -> Allowance:
    values = {"credits_per_day": day, "credits_per_month": month, **more}
    return Allowance(**{name: value for name, value in values.items() if value is not None})


def test_the_best_of_several_roles_counts_each_bound_by_itself() -> None:
    one, other = amounts(5, 100, at_once=1, models=frozenset({"core"})), amounts(9, None, at_once=4)
    assert best([one, other]) == amounts(9, None, at_once=4)
    ultra = amounts(5, 100, at_once=1, models=frozenset({"ultra"}))
    assert best([one, ultra]).models == frozenset({"core", "ultra"})
    assert best([one]) == one


def test_who_has_none_of_the_roles_is_everybody_and_a_role_may_be_stricter() -> None:
    rules = ServerRules(everybody=amounts(10), roles={NEWCOMERS: amounts(3), PATRONS: amounts(50)})
    assert rules.allowance_of({99}) == amounts(10)
    assert rules.allowance_of({NEWCOMERS}) == amounts(3)
    assert rules.allowance_of({NEWCOMERS, PATRONS, 99}) == amounts(50)


def test_what_is_stored_is_what_was_set_and_what_a_newer_version_has_put_there_is_kept() -> None:
    rules = ServerRules(roles={PATRONS: amounts(3)}, words=(WordRule(text="fox", replacement=""),))
    assert ServerRules.model_validate_json(rules.stored()) == rules
    assert ServerRules().stored() == "{}"
    newer = ServerRules.model_validate_json('{"moods": ["calm"]}')
    assert newer.but(log_channel=5).stored() == '{"log_channel":5,"moods":["calm"]}'


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("server", "said"),
    [
        (Server(GUILD, revision=1), "has not let this server in yet"),
        (Server(0), "has not let this server in yet"),
        (
            Server(GUILD, is_allowed=False, shut_reason="spam"),
            r"does not let it paint in this server\. \(spam\)",
        ),
        (Server(GUILD, is_allowed=False, shut_until=datetime.now(UTC) + HOUR), "does not let it paint"),
        (Server(GUILD, is_allowed=False, shut_until=datetime.now(UTC) - HOUR), ""),
        (OPEN, ""),
        (ruled(channels=frozenset({55, 56})), r"but in <#55>, <#56>\. Whoever manages"),
        (ruled(channels=frozenset({CHANNEL})), ""),
        (ruled(age_restricted_only=True), "in age-restricted channels alone. Whoever manages"),
    ],
)
def test_where(server: Server, said: str) -> None:
    found = complaint(server)
    assert re.search(said, found)
    assert bool(said) is bool(found)


def test_a_thread_is_of_its_channel_and_an_age_restricted_channel_may_be_asked_in() -> None:
    assert (
        complaint(
            ruled(channels=frozenset({CHANNEL})), channel_id=THREAD, parent_channel_id=CHANNEL, guild_id=GUILD
        )
        == ""
    )
    assert complaint(ruled(age_restricted_only=True), asker=Asker(is_age_restricted=True)) == ""


@pytest.mark.parametrize(
    ("house", "asker", "said"),
    [
        (House(), Asker(), ""),
        (House(), Asker(is_known=False), "for members of the servers that its owner has let in"),
        (House(direct_messages=DirectMessages.OFF), Asker(), "In direct messages this bot paints nothing"),
    ],
)
def test_in_direct_messages(house: House, asker: Asker, said: str) -> None:
    found = complaint(Server(0), house, asker, guild_id=None)
    assert said in found
    assert bool(said) is bool(found)


@pytest.mark.parametrize(
    ("house", "server", "said"),
    [
        (
            House(each_member=Allowance(models={"core"})),
            OPEN,
            "you may use Stable Image Core. The owner of this bot",
        ),
        (
            House(),
            replace(OPEN, granted=Granted(models={"core"})),
            "you may use Stable Image Core. The owner of this bot",
        ),
        (
            House(),
            ruled(everybody=Allowance(models={"core"})),
            "you may use Stable Image Core. Whoever manages",
        ),
        (
            House(each_member=Allowance(operations={"vary"})),
            OPEN,
            "You may not use “Imagine” here. The owner",
        ),
        (House(), ruled(everybody=Allowance(operations={"vary"})), "“Imagine” here. Whoever manages"),
        (House(), ruled(everybody=Allowance(operations={"vary"}), roles={PATRONS: Allowance()}), ""),
    ],
)
def test_what_is_on_offer(house: House, server: Server, said: str) -> None:
    found = complaint(server, house, Asker(frozenset({PATRONS})), model="ultra")
    assert said in found
    assert bool(said) is bool(found)
    is_free = may_use("imagine", "ultra", house, server, server.rules.allowance_of({PATRONS})) is None
    assert is_free is (not said)


WORDS = (
    WordRule(text="dragon"),
    WordRule(text="b[ao]d+", is_pattern=True),
    WordRule(text="fox", replacement="wolf"),
)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"prompt": "a DRAGON."}, "does not want “dragon”"),
        ({"prompt": "dragons, not one"}, ""),
        ({"prompt": "x", "negative_prompt": "a bodd thing"}, "does not want “what you wrote”"),
        ({"prompt": "x", "style": "anime"}, ""),
    ],
)
def test_words_refuse_wherever_they_are_typed(asked: dict[str, Any], said: str) -> None:
    found = complaint(ruled(words=WORDS), **asked)
    assert said in found
    assert bool(said) is bool(found)


def test_words_are_replaced_and_what_is_left_is_a_prompt() -> None:
    wanted = request(prompt="a Fox, fox fox", negative_prompt="no fox", guild_id=GUILD)
    now, _ = decided(wanted, Asker(), House(), ruled(words=WORDS), BASE)
    assert (now.prompt, now.negative_prompt) == ("a wolf, wolf wolf", "no wolf")
    gone = WordRule(text="-", is_pattern=True, replacement="")
    assert "does not want “dragon”" in complaint(ruled(words=(*WORDS, gone)), prompt="a drag-on")
    longer = ruled(words=(WordRule(text="fox", replacement="w" * 200),))
    asked = request(
        operation="replace", model="search-and-replace", params={"target": "a fox"}, guild_id=GUILD
    )
    with pytest.raises(InvalidRequest, match="it may have 200"):
        decided(asked, Asker(), House(), longer, BASE)
    blank = ruled(words=(WordRule(text="fox", replacement=""),))
    with pytest.raises(InvalidRequest, match="blank"):
        decided(request(prompt="fox", guild_id=GUILD), Asker(), House(), blank, BASE)


@pytest.mark.parametrize(
    ("rules", "covered"),
    [
        ({}, False),
        ({"spoilers": Spoilers.ALWAYS}, True),
        ({"spoilers": Spoilers.ROLES, "spoiler_roles": {PATRONS}}, True),
        ({"spoilers": Spoilers.ROLES, "spoiler_roles": {NEWCOMERS}}, False),
    ],
)
def test_spoilers(rules: dict[str, Any], covered: bool) -> None:
    asker = Asker(frozenset({PATRONS}))
    for asked in (False, True):
        now, _ = decided(request(spoiler=asked, guild_id=GUILD), asker, House(), ruled(**rules), BASE)
        assert now.spoiler is (covered or asked)


def test_the_limits_are_those_of_all_of_the_server_and_of_the_member_here() -> None:
    house = House(
        in_all=Spending(credits_per_day=1, credits_per_month=2),
        each_server=Spending(credits_per_day=3, credits_per_month=4),
        each_member=amounts(5, 6, at_once=30),
    )
    found = limits_of(
        house, replace(OPEN, granted=Granted(credits_per_month=40)), amounts(7, 8, at_once=2), BASE
    )
    assert found == Limits(
        jobs_here=2, all_day=Decimal(1), all_month=Decimal(2), server_day=Decimal(3), server_month=Decimal(40),
        member_day=Decimal(5), member_month=Decimal(6), here_day=Decimal(7), here_month=Decimal(8),
    )  # fmt: skip
    assert limits_of(House(each_member=amounts(at_once=3)), OPEN, Allowance(), BASE) == Limits(
        jobs_per_member=3
    )


OFFERED = ("core", "ultra")
UNSAID = frozenset({"model", "shape", "style", "count", "private"})


@pytest.mark.parametrize(
    ("wishes", "server", "expected"),
    [
        ({}, {}, ("core", (1024, 1024), None, 1)),
        (
            {},
            {"model": "ultra", "shape": "tall", "style": "anime", "count": 2},
            ("ultra", (864, 1536), "anime", 2),
        ),
        ({"model": "core", "count": 4}, {"model": "ultra", "count": 2}, ("core", (1024, 1024), None, 3)),
        # What is not on offer any more is ignored.
        ({"model": "gone", "shape": "round", "style": "nice"}, {}, ("core", (1024, 1024), None, 1)),
        # And so is what this member may not use here.
        ({"model": "sd3.5-large"}, {"model": "ultra"}, ("ultra", (1024, 1024), None, 1)),
    ],
)
def test_what_nobody_said_is_as_the_member_wants_it_or_the_server(
    wishes: dict[str, Any], server: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    member = Member(Wishes(defaults=Defaults(**wishes)), 1)
    asked = replace(request(guild_id=GUILD), unsaid=UNSAID)
    now = filled_in(
        asked, ruled(defaults=Defaults(**server)), member, offered=OFFERED, model="core", count_max=3
    )
    assert (now.model, now.size, now.style, now.count) == expected
    said = replace(asked, unsaid=frozenset())
    assert (
        filled_in(
            said, ruled(defaults=Defaults(**server)), member, offered=OFFERED, model="core", count_max=3
        )
        == said
    )


@pytest.mark.parametrize(
    ("private", "rules", "wishes", "locale"),
    [
        (False, {}, {}, "en-US"),
        (False, {}, {"locale": "fr"}, "fr"),
        (False, {"locale": "de"}, {"locale": "fr"}, "de"),
        (True, {"locale": "de"}, {"locale": "fr"}, "fr"),
        (True, {"locale": "de"}, {}, "en-US"),
    ],
)
def test_what_everybody_sees_is_in_the_server_s_language(
    private: bool, rules: dict[str, str], wishes: dict[str, str], locale: str
) -> None:
    asked = request(private=private, guild_id=GUILD)
    now = filled_in(
        asked, ruled(**rules), Member(Wishes(**wishes)), offered=OFFERED, model="core", count_max=4
    )
    assert now.locale == locale


def test_who_wants_to_be_private_is_unless_it_was_said() -> None:
    member = Member(Wishes(private=True))
    asked = replace(request(guild_id=GUILD), unsaid=frozenset({"private"}))
    assert filled_in(asked, OPEN, member, offered=OFFERED, model="core", count_max=4).private
    assert not filled_in(
        request(guild_id=GUILD), OPEN, member, offered=OFFERED, model="core", count_max=4
    ).private


def test_a_change_is_told_by_what_differs_alone() -> None:
    fox, wolf = WordRule(text="fox"), WordRule(text="wolf", replacement="dog")
    many = frozenset({"core", "ultra", "sd3.5-flash"})
    before = ServerRules(
        channels=frozenset({7, 5}),
        roles={1: amounts(3), 2: amounts(models=many)},
        words=(fox,),
        log_channel=9,
    )
    after = before.but(
        channels=frozenset({9, 5}),
        roles={2: amounts(models=many), 3: Allowance()},
        words=(wolf,),
        log_channel=None,
        defaults=Defaults(count=2),
    )
    assert differences(before, after) == {
        "channels": [[5, 7], [5, 9]],
        "roles.1": [{"credits_per_day": "3"}, None],
        "roles.3": [None, {}],
        "words": [[{"text": "fox"}], [{"text": "wolf", "replacement": "dog"}]],
        "log_channel": [9, None],
        "defaults.count": [None, 2],
    }
    assert differences(after, after.but()) == {}
