"""Whom a picture would be shown to that could not see it: held against trying everybody there could be."""

from itertools import chain, combinations
from typing import Any

import discord
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rights.audience import may_all_read
from sandbox.discord.rules.permissions import Permission as P
from sandbox.discord.rules.permissions import permissions_in
from sandbox.discord.state import GUILD_TEXT, Channel, Guild, Member, Overwrite, Role

GUILD, OWNER, NAMED, ROLES = "10", "1", "2", ("21", "22", "23")
BITS = (P.VIEW_CHANNEL, P.READ_MESSAGE_HISTORY)
NEEDED = P.VIEW_CHANNEL | P.READ_MESSAGE_HISTORY

bits = st.lists(st.sampled_from(BITS), unique=True).map(lambda chosen: P(sum(chosen)))
targets = [(GUILD, 0), *((role, 0) for role in ROLES), (NAMED, 1)]


def _overwrite(target: tuple[str, int], allow: P, deny: P) -> Overwrite:
    return Overwrite(*target, int(allow), int(deny & ~allow))


overwrites = st.lists(
    st.builds(_overwrite, st.sampled_from(targets), bits, bits),
    max_size=4,
    unique_by=lambda overwrite: overwrite.id,
)
STATE = discord.Client(intents=discord.Intents.none())._connection


@settings(max_examples=150, deadline=None)
@given(here=overwrites, there=overwrites, everyone=bits, of_roles=st.tuples(bits, bits, bits))
def test_it_is_all_where_nobody_can_be_found_of_whom_it_is_not_true(
    here: list[Overwrite], there: list[Overwrite], everyone: P, of_roles: tuple[P, P, P]
) -> None:
    roles = {id_: Role(id_, id_, given, 1) for id_, given in zip(ROLES, of_roles, strict=True)}
    roles[GUILD] = Role(GUILD, "@everyone", everyone, 0)
    channels = [Channel(id_, GUILD_TEXT, id_, overwrites=o) for id_, o in (("31", here), ("32", there))]
    subsets = chain.from_iterable(combinations(ROLES, count) for count in range(len(ROLES) + 1))
    people = [Member(user, list(held), "") for held in subsets for user in (NAMED, "3")]
    found = []
    for person in people:
        guild = Guild(GUILD, "x", OWNER, roles, {person.user_id: person})
        sees, reads = (permissions_in(guild, one, person.user_id, bot_id="4") for one in channels)
        found += [person] if P.VIEW_CHANNEL in sees and NEEDED not in reads else []
    guild_of = _guild(roles, channels)
    first, second = (guild_of.get_channel(int(one.id)) for one in channels)
    assert first is not None
    assert second is not None
    assert may_all_read(second, first) is (not found)


def _guild(roles: dict[str, Role], channels: list[Channel]) -> discord.Guild:
    """As discord.py makes it of what the gateway tells."""
    data: dict[str, Any] = {
        "id": GUILD,
        "name": "x",
        "owner_id": OWNER,
        "roles": [
            {"id": r.id, "name": r.name, "permissions": str(int(r.permissions)), "position": r.position,
             "color": 0, "colors": {"primary_color": 0}, "hoist": False, "managed": False,
             "mentionable": False}
            for r in roles.values()
        ],
        "channels": [
            {"id": c.id, "type": c.type, "name": c.name, "position": 0,
             "permission_overwrites": [
                 {"id": o.id, "type": o.type, "allow": str(int(o.allow)), "deny": str(int(o.deny))}
                 for o in c.overwrites
             ]}
            for c in channels
        ],
    }  # fmt: skip
    return discord.Guild(data=data, state=STATE)  # type: ignore[arg-type] # as much as is read
