"""Whom a message pings: what its text names, as far as `allowed_mentions` lets it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.discord.rules.form import Node
from sandbox.discord.state import Guild, User

_CODE = re.compile(r"```.*?```|``.*?``|`[^`\n]*`", re.DOTALL)
_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(?:everyone|here)\b")

IDS_MAX = 100


@dataclass(frozen=True, slots=True)
class AllowedMentions:
    """`None` in place of ids: all of them."""

    users: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    everyone: bool = True
    replied_user: bool = True


@dataclass(frozen=True, slots=True)
class Mentions:
    user_ids: list[str]
    role_ids: list[str]
    everyone: bool


def read_allowed_mentions(body: Node) -> AllowedMentions:
    """Without the field, everything that is named is pinged."""
    if not body.has("allowed_mentions"):
        return AllowedMentions()
    node = body.child("allowed_mentions")
    node.only("parse", "users", "roles", "replied_user")
    parse = [item.value for item in node.items("parse", maximum=3)]
    for index, kind in enumerate(parse):
        if kind not in ("users", "roles", "everyone"):
            node.error(
                "BASE_TYPE_CHOICES", "Value must be one of ('users', 'roles', 'everyone').", "parse", index
            )
    ids: dict[str, frozenset[str] | None] = {}
    for key in ("users", "roles"):
        named = frozenset(str(item.value) for item in node.items(key, maximum=IDS_MAX))
        if named and key in parse:
            node.error("MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", f'parse:["{key}"] and {key}: [ids...] are '
                       "mutually exclusive.")  # fmt: skip
        ids[key] = None if key in parse else named
    return AllowedMentions(ids["users"], ids["roles"], "everyone" in parse, node.boolean("replied_user"))


def find_mentions(
    texts: Iterable[str],
    allowed: AllowedMentions,
    *,
    guild: Guild | None,
    users: dict[str, User],
    may_mention_everyone: bool,
) -> Mentions:
    """`guild` is None in direct messages, where there are no roles."""
    text = _CODE.sub("", "\n".join(texts))
    named_users = dict.fromkeys(_USER.findall(text))
    named_roles = dict.fromkeys(_ROLE.findall(text)) if guild else {}
    return Mentions(
        [id_ for id_ in named_users if id_ in users and (allowed.users is None or id_ in allowed.users)],
        [
            id_
            for id_ in named_roles
            # No role of this server is mentionable by everyone.
            if guild and id_ in guild.roles and may_mention_everyone
            if allowed.roles is None or id_ in allowed.roles
        ],
        allowed.everyone and may_mention_everyone and bool(_EVERYONE.search(text)),
    )
