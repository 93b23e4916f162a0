import pytest

from sandbox.discord.rules.permissions import ALL, Permission, permissions_in
from sandbox.discord.state import DIRECT_MESSAGE, GUILD_TEXT, Channel, Guild, Member, Overwrite, Role

P = Permission
OWNER, ADMIN, MEMBER, BOT, STRANGER = "1", "2", "3", "4", "5"
GUILD, ADMINS, FIRST, SECOND = "10", "11", "12", "13"
BASE = P.VIEW_CHANNEL | P.SEND_MESSAGES | P.ATTACH_FILES | P.ADD_REACTIONS


def permissions(user_id: str, *overwrites: Overwrite, base: Permission = BASE) -> Permission:
    roles = [
        Role(GUILD, "@everyone", base, 0),
        Role(ADMINS, "Admins", P.ADMINISTRATOR, 3),
        Role(FIRST, "First", P.EMBED_LINKS, 1),
        Role(SECOND, "Second", 0, 2),
    ]
    members = [Member(OWNER, [], ""), Member(ADMIN, [ADMINS], ""), Member(MEMBER, [FIRST, SECOND], "")]
    guild = Guild(GUILD, "x", OWNER, {r.id: r for r in roles}, {m.user_id: m for m in members})
    return permissions_in(guild, Channel("20", GUILD_TEXT, overwrites=list(overwrites)), user_id, bot_id=BOT)


def test_roles_add_up() -> None:
    assert permissions(MEMBER) == BASE | P.EMBED_LINKS


@pytest.mark.parametrize("user_id", [OWNER, ADMIN])
def test_owner_and_administrators_may_do_everything_everywhere(user_id: str) -> None:
    assert permissions(user_id, Overwrite(GUILD, 0, deny=ALL), base=P(0)) == ALL


def test_who_is_not_in_the_server_may_do_nothing() -> None:
    assert permissions(STRANGER) == P(0)


@pytest.mark.parametrize(
    ("overwrites", "may_react"),
    [
        ([Overwrite(GUILD, 0, deny=P.ADD_REACTIONS)], False),
        ([Overwrite(GUILD, 0, deny=P.ADD_REACTIONS), Overwrite(FIRST, 0, allow=P.ADD_REACTIONS)], True),
        # Among roles, what one allows stands against what another denies, whatever their order.
        ([Overwrite(SECOND, 0, deny=P.ADD_REACTIONS), Overwrite(FIRST, 0, allow=P.ADD_REACTIONS)], True),
        ([Overwrite(FIRST, 0, allow=P.ADD_REACTIONS), Overwrite(SECOND, 0, deny=P.ADD_REACTIONS)], True),
        ([Overwrite(FIRST, 0, allow=P.ADD_REACTIONS), Overwrite(MEMBER, 1, deny=P.ADD_REACTIONS)], False),
        ([Overwrite(MEMBER, 1, allow=P.ADD_REACTIONS), Overwrite(GUILD, 0, deny=P.ADD_REACTIONS)], True),
        ([Overwrite(ADMINS, 0, deny=P.ADD_REACTIONS)], True),
    ],
)
def test_a_channels_overwrites_go_from_the_general_to_the_particular(
    overwrites: list[Overwrite], may_react: bool
) -> None:
    assert (P.ADD_REACTIONS in permissions(MEMBER, *overwrites)) is may_react


def test_who_cannot_see_a_channel_can_do_nothing_in_it() -> None:
    assert permissions(MEMBER, Overwrite(GUILD, 0, deny=P.VIEW_CHANNEL)) == P(0)


def test_who_cannot_write_cannot_attach_either() -> None:
    left = permissions(MEMBER, Overwrite(GUILD, 0, deny=P.SEND_MESSAGES))
    assert left == P.VIEW_CHANNEL | P.ADD_REACTIONS


def test_direct_messages_are_for_the_two_alone() -> None:
    guild = Guild(GUILD, "x", OWNER, {}, {})
    channel = Channel("21", DIRECT_MESSAGE, recipient_id=MEMBER)
    assert {
        user_id: P.SEND_MESSAGES in permissions_in(guild, channel, user_id, bot_id=BOT)
        for user_id in (MEMBER, BOT, OWNER)
    } == {MEMBER: True, BOT: True, OWNER: False}
