"""Who owns the bot, and whom the owner is told to have invited it."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.owner.admission import Admission
from bot.owner.owners import owner_id_of, owner_ids_of

BOT, ADA, DORA = 1, 2, 3


def in_team(id_: int, state: str = "accepted", role: str = "developer") -> Any:
    return SimpleNamespace(
        id=id_,
        membership_state=discord.TeamMembershipState[state],
        role=discord.TeamMemberRole[role],
    )


def test_of_a_team_whoever_may_change_the_application_owns_it_and_its_owner_is_told() -> None:
    team = SimpleNamespace(
        owner_id=5,
        members=[in_team(5, role="admin"), in_team(6), in_team(7, "invited"), in_team(8, role="read_only")],
    )
    of_team: Any = SimpleNamespace(team=team, owner=SimpleNamespace(id=99))
    assert (owner_id_of(of_team), owner_ids_of(of_team)) == (5, frozenset({5, 6}))
    alone: Any = SimpleNamespace(team=None, owner=SimpleNamespace(id=99))
    assert (owner_id_of(alone), owner_ids_of(alone)) == (99, frozenset({99}))


@pytest.mark.parametrize(
    ("may_read", "added", "found"),
    [
        (True, [(DORA, BOT)], DORA),
        (True, [(ADA, 77), (DORA, BOT)], DORA),
        (True, [(ADA, 77)], None),
        (True, discord.ClientException("no answer"), None),
        (False, [(DORA, BOT)], None),
    ],
)
async def test_who_has_invited_it_is_told_where_the_audit_log_is_open_to_it(
    may_read: bool, added: Any, found: int | None
) -> None:
    async def audit_logs(**_more: Any) -> AsyncIterator[Any]:
        if isinstance(added, Exception):
            raise added
        for by, whom in added:
            yield SimpleNamespace(user=SimpleNamespace(id=by), target=discord.Object(whom))

    me = SimpleNamespace(id=BOT, guild_permissions=discord.Permissions(view_audit_log=may_read))
    guild: Any = SimpleNamespace(me=me, audit_logs=audit_logs)
    nothing = cast(Any, None)
    invited_by = await Admission(nothing, nothing, nothing, nothing, nothing, ())._invited_by(guild)
    assert (invited_by and invited_by.id) == found
