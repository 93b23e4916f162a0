"""What was changed in a server, as it is written into its channel for that. Pure."""

from collections.abc import Mapping, Sequence

import discord

from bot.messages.content import Content, notice
from bot.messages.rules import change_lines
from bot.messages.words import Words
from db.audit import Change

ENTRY_LENGTH_MAX = 320
_ENTRIES_MAX = 11  # of Discord's 4,000 characters


def changes_content(changes: Sequence[Change], say: Words, languages: Mapping[str, str]) -> Content:
    """The oldest first; of many the last ones."""
    shown = changes[-_ENTRIES_MAX:]
    lines = [say("### ⚙️ Changed"), *(change_entry(one, say, languages) for one in shown)]
    if left := len(changes) - len(shown):
        text = say.plural(
            "{count} change before these: `/settings` has all of them.",
            "{count} changes before these: `/settings` has all of them.",
            left,
        )
        lines.append(f"-# {text}")
    return Content(notice("\n".join(lines)))


def change_entry(change: Change, say: Words, languages: Mapping[str, str]) -> str:
    by = f"<@{change.member_id}>" if change.member_id else say("somebody")
    lines = "; ".join(change_lines(change.what, say, languages))
    line = f"{discord.utils.format_dt(change.changed_at, 'R')} {by}: {lines}"
    return line if len(line) <= ENTRY_LENGTH_MAX else f"{line[: ENTRY_LENGTH_MAX - 1]}…"
