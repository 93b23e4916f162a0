"""docs/PRIVACY.md names whatever of a member's is stored, and docs/DATABASE.md each table."""

import re
from pathlib import Path

from db.pool import Pool

DOCS = Path(__file__).parents[3] / "docs"
_ROW = re.compile(r"^\| (`\w+`(?:, `\w+`)*) \| (`.*) \|$", re.MULTILINE)
_NAME = re.compile(r"`(\w+)`")

OF_NO_MEMBER = {
    "alarms": "*",
    "balances": "*",
    "daily_tasks": "*",
    "ended_alarms": "*",
    "migrations": "*",
    "rate_limit_slots": "*",
    "removals": "*",
    "servers": "*",
    "orders": "id key traceparent erased_at",
    "jobs": "id order_id provider turn run_after refused_at state attempt faults worker lease_until generation",
    "pictures": "id order_id attempt seconds bytes expired_at erased_at",
    "uploads": "id key erased_at",
    "replies": """order_id application_id token_expires_at ephemeral revision shown_revision given_up_revision due_at
        shown_place shown_pause estimate_over_at ping_at""",
    "copies": "due_at due_since",
    "calls": "job_id attempt provider outcome",
    "usage": "month scope part",
    "usage_days": "day scope part",
    "usage_keys": "month",
    "spill": "picture_id spilled_at upload_at",
    "members": "revision",
    "reports": "id tell_at",
    "audit": "id told_at tell_at",
}
"""Tells nothing of anybody, or only which row belongs to which. What is a member's is not put here."""


async def test_each_column_is_on_the_privacy_page_or_tells_of_nobody(pool: Pool) -> None:
    rows = await pool.fetch(
        """
        select table_name, column_name from information_schema.columns join information_schema.tables
        using (table_schema, table_name) where table_schema = 'public' and table_type = 'BASE TABLE'
        """
    )
    named = {
        (table, column)
        for tables, columns in _ROW.findall((DOCS / "PRIVACY.md").read_text())
        for table in _NAME.findall(tables)
        for column in _NAME.findall(columns)
    }
    stored = {(row["table_name"], row["column_name"]) for row in rows}
    quiet = {one for one in stored if one[1] in OF_NO_MEMBER.get(one[0], "").split()}
    quiet |= {one for one in stored if OF_NO_MEMBER.get(one[0]) == "*"}
    assert stored - quiet - named == set(), "say in docs/PRIVACY.md what is stored of a member"
    assert named - stored == set()
    assert named & quiet == set()
    described = re.findall(r"^\| `(\w+)` \|", (DOCS / "DATABASE.md").read_text(), re.MULTILINE)
    assert set(described) == {table for table, _column in stored}
